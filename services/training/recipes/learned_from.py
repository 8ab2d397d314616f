"""Which rows a version has learned from, so that an evaluation measures it on others alone: also by another split, or on newer rows."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.chassis.stores.artifacts import ArtifactMissingError, Artifacts
from libs.contracts.manifests.families import read_manifest
from libs.contracts.manifests.manifest import SHIPPED, Manifest
from libs.contracts.recipe_runs import RecipeData, RecipeModelManifest
from libs.contracts.training import Artifact
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.recipes.data import file_table, shipped_table
from services.training.recipes.family import Family
from services.training.recipes.splitting import Parts, hold_out
from services.training.recipes.table import Table

OWN_SETTINGS: Final = ("learner", "features", "objective")
"""What a version is made by: it is measured with its own, whatever the manifest that is asked says."""
GONE: Final = (
    "Which rows the version has learned from cannot be told: its own data are no longer there. Send them again as they were, or train "
    "the model anew."
)
ALL_LEARNED: Final = (
    "The version has learned from every row that would be measured on: name newer rows, or the split that it was trained by."
)
LEFT_OUT: Final = "{count:,} of {all:,} rows of the hold-out were left out: the version has learned from them, or from their group."
MOVED: Final = "The hold-out begins after {day}: the version has learned from what was before."


def as_made(asked: Manifest, kept: RecipeModelManifest) -> Manifest:
    """Return the manifest that is asked, with what the version was made by."""
    own = read_manifest(kept.manifest, family=kept.family)
    return asked.model_copy(update={name: getattr(own, name) for name in OWN_SETTINGS})


@dataclass(frozen=True, slots=True)
class LearnedFrom:
    """What a version has learned from. `folder` is for its file on the way."""

    kept: RecipeModelManifest
    family: Family
    artifacts: Artifacts
    folder: Path

    def without(self, parts: Parts, table: Table, *, manifest: Manifest) -> tuple[Parts, tuple[str, ...]]:
        """Return the split with no row measured that the version has learned from, and what is to be said of it.

        Raise TrainingRefusedError where its own rows are gone, and NotEnoughDataError where no row is left.
        """
        own = read_manifest(self.kept.manifest, family=self.kept.family)
        if self.kept.data.get("sha256") == table.sha256 and _which(own) == _which(manifest):
            return parts, ()
        before, keys = self.own_table(own), self.family.keys
        learned = hold_out(before, manifest=own, time=keys.time, group=keys.group, place=keys.place)
        if learned.train_end is not None and parts.train_end is not None and keys.time is not None:
            return _after(parts, table.times(keys.time), end=before.times(keys.time)[learned.train].max())
        seen = np.isin(_marks(table, like=before)[parts.test], _marks(before, like=table)[learned.train])
        if own.split.method == "groups" and keys.group is not None and table.has(keys.group) and before.has(keys.group):
            seen |= np.isin(table.words(keys.group)[parts.test].astype(str), before.words(keys.group)[learned.train].astype(str))
        if seen.all():
            raise NotEnoughDataError(ALL_LEARNED, details={"manifest.split": [ALL_LEARNED]})
        notes = (LEFT_OUT.format(count=int(seen.sum()), all=len(seen)),) if seen.any() else ()
        return replace(parts, test=parts.test[~seen]), notes

    def own_table(self, own: Manifest) -> Table:
        """Return the rows that it was made of, by its own manifest. Raise TrainingRefusedError where they are gone."""
        kind, name = own.data.place
        table = shipped_table(own, family=self.kept.family) if kind == SHIPPED else self._own_file(own, name=name)
        if table.sha256 != self.kept.data.get("sha256"):
            raise TrainingRefusedError(GONE, details={"artifact": [GONE]})
        return self.family.prepare(table, manifest=own)

    def _own_file(self, own: Manifest, *, name: str) -> Table:
        sha256, place = str(self.kept.data.get("sha256", "")), self.folder / "learned"
        try:
            self.artifacts.fetch(sha256, place)
        except (ArtifactMissingError, ValueError) as error:
            raise TrainingRefusedError(GONE, details={"artifact": [GONE]}) from error
        data = RecipeData(path=name, artifact=Artifact(uri="", sha256=sha256, size=place.stat().st_size))
        table = file_table(place, data=data, manifest=own, family=self.kept.family)
        place.unlink()
        return table


def _which(manifest: Manifest) -> tuple[object, ...]:
    """Return what decides which rows are held out, beside the rows themselves."""
    return manifest.data, manifest.split, manifest.seed


def _after(parts: Parts, times: NDArray[np.datetime64], *, end: np.datetime64) -> tuple[Parts, tuple[str, ...]]:
    """Return the split through time with nothing measured up to a moment."""
    late = times[parts.test] > end
    if late.all():
        return parts, ()
    if not late.any():
        raise NotEnoughDataError(ALL_LEARNED, details={"manifest.split": [ALL_LEARNED]})
    train, test = np.concatenate([parts.train, parts.test[~late]]), parts.test[late]
    day = str(end.astype("datetime64[s]")).removesuffix("T00:00:00")
    moved = replace(parts, train=np.sort(train), test=test, train_end=day, test_start=str(times[test].min().astype("datetime64[s]")))
    return moved, (MOVED.format(day=day),)


def _marks(table: Table, *, like: Table) -> NDArray[np.uint64]:
    """Return a mark of each row (rows,): the same for the same cells of the columns that both tables have of their data."""
    roles = [role for role in table.columns if role in like.columns]
    names = [name for name in table.features.columns if name in like.features.columns]
    cells = pd.concat([table.roles[roles].add_prefix("role:"), table.features[names]], axis=1)
    plain = pd.DataFrame({name: _plain(cells[name]) for name in cells.columns})
    return np.asarray(pd.util.hash_pandas_object(plain, index=False).to_numpy(), dtype=np.uint64)


def _plain(column: "pd.Series[float] | pd.Series[str]") -> "pd.Series[float] | pd.Series[str]":
    """Return a column whose equal cells are marked alike in both tables, whatever they were read as."""
    return column.astype("float64") if pd.api.types.is_numeric_dtype(column) else column.astype("str")
