"""The folds that every trial is judged by: what it learns from, and the stretches of time that it is tested and played on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from libs.quant.candles import Integers
from libs.quant.splits import Split, chronological_split, purged_folds
from services.training.learners.errors import NotEnoughDataError
from services.training.learners.table import Table

HELD_SHARE: Final = 0.2


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

    Raise NotEnoughDataError for a split that cannot be made.
    """
    asked = {"embargo": validation.get("embargo") if validation.get("embargo") is not None else horizon}
    where: dict[str, Any] = {"begins": table.begins, "symbol": table.symbol, **asked}
    try:
        match validation["method"]:
            case "holdout":
                splits = [chronological_split(table.time, table.known, train_share=1.0 - HELD_SHARE, **where)]
            case _:
                splits = list(purged_folds(table.time, table.known, folds=int(validation.get("folds") or 5), **where))
    except ValueError as error:
        msg = f"The folds cannot be made: {error}. Ask for fewer folds, or for more days or symbols"
        raise NotEnoughDataError(msg, details={"validation": [msg]}) from error
    return tuple(_one(table, each, group=group) for group, each in enumerate(splits))


def _one(table: Table, made: Split, *, group: int) -> Stretch:
    """Return a fold that is tested on one stretch of time."""
    if not len(made.test):
        return Stretch(made.train, made.test, ())
    times: npt.NDArray[np.int64] = table.time[made.test]
    return Stretch(made.train, made.test, ((group, int(times.min()), int(times.max())),))
