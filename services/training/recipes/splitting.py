"""Which rows are learned from and which are measured on: by time, at random, by groups or by blocks of space."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.contracts.manifests.manifest import Manifest
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.recipes.table import Rows, Table

AREA = "area"
"""What a family of places derives to say which area each row lies in; it is no role of a column."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Rows that are learned from and rows that are measured on; the moments are None where the split is not through time."""

    train: Rows
    test: Rows
    train_end: str | None = None
    test_start: str | None = None
    test_end: str | None = None


def hold_out(table: Table, *, manifest: Manifest, time: str | None, group: str | None, place: tuple[str, str] | None) -> Parts:
    """Return the split that the manifest asks for; `time`, `group` and `place` are the roles that tell rows apart.

    Through time the latest share of the moments is held out, not of the rows, so that no moment is on both sides. Raise
    TrainingRefusedError where the method has nothing to go by, and NotEnoughDataError where a side would be empty.
    """
    split = manifest.split
    if split.method == "time":
        moments, at = _moments(table, time)
        cut = len(moments) - max(1, round(split.test_fraction * len(moments)))
        return _through_time(moments, at, cut=cut, end=len(moments))
    units = _units(table, method=split.method, group=group, place=place)
    drawn = np.random.default_rng(manifest.seed).permutation(int(units.max()) + 1)
    held = drawn[: max(1, round(split.test_fraction * len(drawn)))]
    return _apart(np.isin(units, held))


def rolling(table: Table, *, manifest: Manifest, time: str | None, group: str | None, place: tuple[str, str] | None) -> Sequence[Parts]:
    """Return the splits of a backtest: origins that go on through time and learn from all before them, or folds without a time.

    Through time the moments are cut into one block more than there are folds, of equal length: the first is only learned from.
    """
    split = manifest.split
    if split.method == "time":
        moments, at = _moments(table, time)
        cuts = np.linspace(0, len(moments), split.folds + 2).round().astype(int)[1:]
        if len(set(cuts.tolist())) <= split.folds:
            message = f"There are {len(moments):,} moments, too few for {split.folds} origins."
            raise NotEnoughDataError(message, details={"manifest.split.folds": [message]})
        return [_through_time(moments, at, cut=int(cut), end=int(end)) for cut, end in pairwise(cuts)]
    units = _units(table, method=split.method, group=group, place=place)
    drawn = np.random.default_rng(manifest.seed).permutation(int(units.max()) + 1)
    return [_apart(np.isin(units, held)) for held in _dealt(drawn, split.folds)]


def _dealt(drawn: NDArray[Any], folds: int) -> Iterator[NDArray[Any]]:
    if len(drawn) < folds:
        message = f"There are {len(drawn):,} groups or blocks, too few for {folds} folds."
        raise NotEnoughDataError(message, details={"manifest.split.folds": [message]})
    for fold in range(folds):
        yield drawn[fold::folds]


def _moments(table: Table, time: str | None) -> tuple[NDArray[np.datetime64], NDArray[np.int64]]:
    """Return the moments there are, ascending, and which of them each row is of."""
    if time is None or not table.has(time):
        message = "split.method is `time`, and the data have no column that plays the role `time`: name one in data.columns."
        raise TrainingRefusedError(message, details={"manifest.split.method": [message]})
    return np.unique(table.times(time), return_inverse=True)


def _through_time(moments: NDArray[np.datetime64], at: NDArray[np.int64], *, cut: int, end: int) -> Parts:
    if not 0 < cut < end:
        message = f"There are {len(moments):,} moments, too few to hold some of them out."
        raise NotEnoughDataError(message, details={"manifest.split.test_fraction": [message]})
    return Parts(
        train=np.flatnonzero(at < cut),
        test=np.flatnonzero((at >= cut) & (at < end)),
        train_end=_written(moments[cut - 1]),
        test_start=_written(moments[cut]),
        test_end=_written(moments[end - 1]),
    )


def _written(moment: np.datetime64) -> str:
    """Return a moment as text: a day alone where it is midnight."""
    return str(moment.astype("datetime64[s]")).removesuffix("T00:00:00")


def _units(table: Table, *, method: str, group: str | None, place: tuple[str, str] | None) -> NDArray[np.int64]:
    """Return which row stays with which: the number of its group, its block, or its own."""
    if method == "random":
        return np.arange(len(table), dtype=np.int64)
    if method == "groups":
        if group is None or not table.has(group):
            message = f"split.method is `groups`, and no column plays the role {group or 'of a group'!r}: name one in data.columns."
            raise TrainingRefusedError(message, details={"manifest.split.method": [message]})
        return np.asarray(np.unique(table.words(group).astype(str), return_inverse=True)[1], dtype=np.int64)
    if place is None or not table.has(AREA):
        message = "split.method is `spatial_blocks`, and rows of this family lie in no area: take another method."
        raise TrainingRefusedError(message, details={"manifest.split.method": [message]})
    return np.asarray(np.unique(table.numbers(AREA), return_inverse=True)[1], dtype=np.int64)


def _apart(held: NDArray[np.bool_]) -> Parts:
    train, test = np.flatnonzero(~held), np.flatnonzero(held)
    if not len(train) or not len(test):
        message = "A side of the split would have no rows: there are too few rows, groups or blocks."
        raise NotEnoughDataError(message, details={"manifest.split.test_fraction": [message]})
    return Parts(train=train, test=test)
