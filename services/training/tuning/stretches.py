"""The folds that every trial is judged by: what it learns from, and the stretches of time that it is tested and played on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from typing import Any, Final

import numpy as np

from libs.quant.candles import Integers
from libs.quant.splits import Split, chronological_split, purged_folds
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.table import Table

HELD_SHARE: Final = 0.2
FOLDS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """One fold: rows to learn from and to be judged on, and the stretches of time to play, each a (group, first, last) of closes.

    Groups are numbered in time; folds that play the same group are of different paths through time.
    """

    train: Integers
    test: Integers
    played: tuple[tuple[int, int, int], ...]


def stretches_of(table: Table, *, validation: Mapping[str, Any], horizon: int) -> tuple[Stretch, ...]:
    """Return the folds of the searched rows, purged, with an embargo of the label's horizon where none is asked.

    `holdout` tests on the last fifth, `purged_kfold` on each stretch once, `walk_forward` on each stretch but the first with nothing
    learned from later on, `cpcv` on every choice of `test_groups` of `groups` stretches (López de Prado 2018, chapter 12). Raise
    NotEnoughDataError for a split that cannot be made.
    """
    embargo = horizon if validation.get("embargo") is None else int(validation["embargo"])
    method, folds = validation["method"], int(validation.get("folds") or FOLDS)
    try:
        if method == "holdout":
            made = chronological_split(
                table.time, table.known, train_share=1.0 - HELD_SHARE, embargo=embargo, begins=table.begins, symbol=table.symbol
            )
            return (_stretch(table, made.train, tests=[made], groups=[0]),)
        count = {"walk_forward": folds + 1, "cpcv": int(validation.get("groups") or 0)}.get(method, folds)
        groups = list(purged_folds(table.time, table.known, folds=count, embargo=embargo, begins=table.begins, symbol=table.symbol))
    except ValueError as error:
        msg = f"The folds cannot be made: {error}. Ask for fewer folds, or for more days or symbols"
        raise NotEnoughDataError(msg, details={"validation": [msg]}) from error
    if method == "walk_forward":
        return tuple(
            _stretch(table, each.train[table.time[each.train] < each.cut], tests=[each], groups=[group])
            for group, each in enumerate(groups)
            if group
        )
    at_once = int(validation.get("test_groups") or 1) if method == "cpcv" else 1
    return tuple(_together(table, groups, chosen) for chosen in combinations(range(len(groups)), at_once))


def _together(table: Table, groups: Sequence[Split], chosen: Sequence[int]) -> Stretch:
    """Return the fold that tests on these groups, and learns from what each of them leaves to learn from."""
    tests = [groups[group] for group in chosen]
    return _stretch(table, reduce(np.intersect1d, [each.train for each in tests]), tests=tests, groups=chosen)


def _stretch(table: Table, train: Integers, *, tests: Sequence[Split], groups: Sequence[int]) -> Stretch:
    played = []
    for group, each in zip(groups, tests, strict=True):
        if len(each.test):
            times = table.time[each.test]
            played.append((group, int(times.min()), int(times.max())))
    return Stretch(train, np.concatenate([each.test for each in tests]), tuple(played))
