"""The rows that a generator is fitted to: the columns that the recipe reads, those that learn and those that are held out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.manifests.manifest import Manifest
from libs.contracts.shipped_data.families import ROLES, SHIPPED_DATA, why_not_shipped
from libs.contracts.synthetic_rows import GenerateSpec
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.recipes.data import passing, table_of
from services.training.recipes.reading import read_rows
from services.training.recipes.shipped.sources import fingerprint, read_shipped
from services.training.synthetic.generator import ROWS_FEWEST

FIT_MOST: Final = 50_000
HELD_MOST: Final = 5_000
HELD_OUT: Final = 0.2
SPLIT_SEED: Final = 11
"""Of which rows are held out: the same for all seeds, so that what they draw is fitted to the same rows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """Rows of data in their own columns. `roles` are the columns by the role that they play, `kinds` the kinds of these."""

    fit: pd.DataFrame
    held_out: pd.DataFrame
    roles: dict[str, str]
    kinds: dict[str, str]
    rows: int
    sha256: str
    licence: str
    synthetic: bool


def read_source(spec: GenerateSpec, manifest: Manifest, *, artifacts: Artifacts, folder: Path) -> Source:
    """Return the rows that the manifest's source names, split at random. Raise TrainingRefusedError or NotEnoughDataError, in words."""
    name, licence, synthetic = manifest.data.place[1], "", False
    columns = dict(manifest.data.columns)
    if spec.data is None:
        if why := why_not_shipped(name, family=spec.family):
            raise TrainingRefusedError(why, details={"generate.fit_to": [why]})
        about, frame = SHIPPED_DATA[name], read_shipped(name)
        columns, licence, synthetic = about.roles | columns, about.licence, about.synthetic
        sha256 = fingerprint(frame)
    else:
        path = folder / "data"
        artifacts.fetch(spec.data.artifact.sha256, path)
        frame, sha256 = read_rows(path, name=spec.data.path, format=spec.data.format), spec.data.artifact.sha256
        path.unlink()
    table = table_of(frame, columns=columns, manifest=manifest, family=spec.family)
    read = [each for each in frame.columns if each in {*table.columns.values(), *table.features.columns}]
    # A column that is filtered by has one side of its bound alone: it is drawn, too, where the recipe reads it.
    frame = frame.loc[passing(frame, manifest.data.filters), read].reset_index(drop=True)
    shuffled = np.random.default_rng(SPLIT_SEED).permutation(len(frame))
    held = max(1, round(HELD_OUT * len(frame)))
    if len(frame) - held < ROWS_FEWEST:
        message = f"The data have {len(frame):,} rows that the recipe reads; a generator is fitted to {ROWS_FEWEST} beside those held out."
        raise NotEnoughDataError(message, details={"generate.fit_to": [message]})
    kinds: dict[str, str] = {columns[role.name]: role.kind for role in ROLES[spec.family] if role.name in table.columns}
    return Source(
        fit=frame.iloc[np.sort(shuffled[held:][:FIT_MOST])].reset_index(drop=True),
        held_out=frame.iloc[np.sort(shuffled[:held][:HELD_MOST])].reset_index(drop=True),
        roles=dict(table.columns),
        kinds=kinds,
        rows=len(frame),
        sha256=sha256,
        licence=licence,
        synthetic=synthetic,
    )
