"""What the job kind `predict_recipe` runs: a version is opened, asked about rows, and its answers are kept as files."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.families import read_manifest
from libs.contracts.manifests.manifest import Manifest
from libs.contracts.recipe_predictions import (
    CSV,
    JSONL,
    ROWS_MOST,
    SHOWN_BYTES,
    SHOWN_MOST,
    PredictRecipeResult,
    PredictRecipeSpec,
)
from libs.contracts.recipe_runs import RecipeModelManifest
from libs.contracts.training import Artifact
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.progress import Report
from services.training.recipes.answers import Answers, columns_of, flat
from services.training.recipes.asked_rows import Asked, asked_rows
from services.training.recipes.families import family_of
from services.training.recipes.family import Family, Model
from services.training.recipes.going_on import LOOK_BACK, gone_on
from services.training.recipes.learned_from import LearnedFrom
from services.training.recipes.reading import read_rows
from services.training.recipes.saving import open_model
from services.training.recipes.table import Table
from services.training.recipes.telling import Teller

STAGES: Final = 4
GONE: Final = "{path} is no longer there: name another file, or send it again."
TOO_MANY: Final = "{path} has {count:,} rows; {most:,} are the most that are asked about at once."
UNUSED: Final = "{count:,} of {all:,} rows could not be used, the first of them row {row}: {field}: {why}"
SHOWN: Final = "The first {shown:,} of {all:,} rows stand here; the files have all."
TARGET: Final = "target"


def run(spec: PredictRecipeSpec, *, artifacts: Artifacts, report: Report, **_: object) -> PredictRecipeResult:
    """Answer. The same spec gives the same bytes, so that one who is cut off begins anew.

    Raise InvalidError, which names the field, for rows that lack what the version reads, and files that are gone or cannot be read.
    """
    teller = Teller(report, stages=STAGES)
    with tempfile.TemporaryDirectory(prefix="modelbourse-predictions-") as folder:
        teller.begin("Opening", f"Opening version {spec.version}")
        family = family_of(spec.family)
        kept, files = open_model(Artifact(uri="", sha256=spec.artifact, size=0), family=spec.family, artifacts=artifacts)
        model, manifest = family.restore(kept, files=files), read_manifest(kept.manifest, family=spec.family)
        teller.begin("Reading", "Reading the rows")
        frame = _frame(spec, artifacts=artifacts, folder=Path(folder))
        asked = None
        if len(frame) or spec.family not in LOOK_BACK:
            asked = asked_rows(frame, kept, levels=model.reads, source=spec.data.path if spec.data else "")
        teller.begin("Asking", f"Asking version {spec.version} about {len(frame):,} rows")
        if spec.family in LOOK_BACK:
            table = _after_own(asked, LearnedFrom(kept, family, artifacts, Path(folder)), family=family, manifest=manifest)
            answers = family.answer(model, table, manifest=manifest)
            rows = answers.rows
        else:
            assert asked is not None
            answers, rows = _row_by_row(asked, family, model, manifest=manifest)
    teller.begin("Saving", f"Writing {len(rows):,} rows")
    return _result(rows, answers, asked, family=family, kept=kept, artifacts=artifacts)


def _frame(spec: PredictRecipeSpec, *, artifacts: Artifacts, folder: Path) -> pd.DataFrame:
    if spec.data is None:
        frame = pd.DataFrame(list(spec.rows), dtype=object)
        # Cells stay as they were sent beside an empty one, so that a number that names something is no fraction.
        return frame.assign(**{name: frame[name].infer_objects() for name in frame.columns if frame[name].notna().all()})
    path = folder / "rows"
    try:
        artifacts.fetch(spec.data.artifact.sha256, path)
    except ArtifactMissingError as error:
        message = GONE.format(path=spec.data.path)
        raise TrainingRefusedError(message, details={"data": [message]}) from error
    frame = read_rows(path, name=spec.data.path, format=spec.data.format)
    if len(frame) > ROWS_MOST:
        message = TOO_MANY.format(path=spec.data.path, count=len(frame), most=ROWS_MOST)
        raise TrainingRefusedError(message, details={"data": [message]})
    return frame


def _after_own(asked: Asked | None, learned: LearnedFrom, *, family: Family, manifest: Manifest) -> Table:
    """Return the rows that a version was made of, and behind them those that it is asked about."""
    own = learned.own_table(manifest)
    if asked is None or not len(asked.table):
        return own
    since = asked.table if asked.table.has(TARGET) else asked.table.with_role(TARGET, np.full(len(asked.table), np.nan))
    return gone_on(own, since, time=family.keys.time)


def _row_by_row(asked: Asked, family: Family, model: Model, *, manifest: Manifest) -> tuple[Answers, list[JsonObject]]:
    """Return the answers, and with them one for each row that was asked about, null where it cannot be used."""
    answers = family.answer(model, asked.table, manifest=manifest) if len(asked.table) else Answers()
    by_place = dict(zip(asked.places.tolist(), answers.rows, strict=True))
    rows: list[JsonObject] = []
    for place in range(asked.count):
        found = by_place.get(place)
        if found is None:
            whys = asked.lacking[place]
            why = " ".join(f"{field}: {text}" for field, text in whys.items())
            found = {**dict.fromkeys(family.answered), "reasons": dict.fromkeys(family.answered, why) | whys, "notes": []}
        rows.append({"row": place, **found, "notes": [*asked.said.get(place, ()), *found["notes"]]})
    return answers, rows


def _result(
    rows: list[JsonObject], answers: Answers, asked: Asked | None, *, family: Family, kept: RecipeModelManifest, artifacts: Artifacts
) -> PredictRecipeResult:
    columns = columns_of(rows)
    shown = _shown(rows)
    notes = [*(() if asked is None else _notes(asked)), *answers.notes]
    if len(shown) < len(rows):
        notes.append(SHOWN.format(shown=len(shown), all=len(rows)))
    return PredictRecipeResult(
        columns=columns,
        rows=tuple(shown),
        total=len(rows),
        unanswered=sum(row[family.answered[0]] is None for row in rows),
        synthetic=kept.synthetic,
        notes=tuple(dict.fromkeys(notes)),
        files={
            CSV: artifacts.put(_as_csv(rows, columns)),
            JSONL: artifacts.put("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()),
        },
    )


def _notes(asked: Asked) -> Iterator[str]:
    yield from asked.notes
    if asked.lacking:
        row, whys = min(asked.lacking.items())
        field, why = next(iter(whys.items()))
        yield UNUSED.format(count=len(asked.lacking), all=asked.count, row=row, field=field, why=why)


def _shown(rows: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the first rows, as many as an event has room for."""
    shown, size = [], 0
    for row in rows[:SHOWN_MOST]:
        size += len(json.dumps(row, ensure_ascii=False).encode())
        if size > SHOWN_BYTES:
            break
        shown.append(row)
    return shown


def _as_csv(rows: Sequence[JsonObject], columns: Sequence[str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat(row) for row in rows)
    return text.getvalue().encode()
