"""The splits that a training is validated by, as its configuration asks, and what the signals of all of them make along paths of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from libs.contracts.training_config import CheckedConfig
from libs.contracts.validation import HELD_SHARE, ValidationRule
from libs.quant.candles import Floats, Integers
from libs.quant.cpcv import combinatorial_folds, paths_of
from libs.quant.splits import Split, chronological_split, purged_folds
from services.training.learners.table import Table

NO_SHARPE: Final = "The returns of a path do not vary: nothing was traded on it, as where no position follows from what is predicted."


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """A split, and which groups of time it tests on, counted from 0, each with its first and its last close (nanoseconds)."""

    split: Split
    groups: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What signals made of a group of time: bars, the sum of their returns and of their squares, and the whole return."""

    group: int
    bars: int
    total: float
    squares: float
    earned: float


def rule_of(config: CheckedConfig) -> ValidationRule | None:
    """Return how a training is validated; None for one that is not."""
    if config.validation is not None:
        return config.validation
    folds = config.cross_validation_folds
    return ValidationRule(method="purged_kfold", folds=folds) if folds else None


def tested_of(table: Table, *, rule: ValidationRule | None, horizon: int) -> list[Tested]:
    """Return the splits of these rows, of a training as of a search, purged; none without a rule.

    The embargo is the target's `horizon` (bars) where none is asked for. What is played of a group is the time of its tested rows. Raise
    ValueError for a split that cannot be made.
    """
    if rule is None:
        return []
    where: dict[str, Any] = {
        "embargo": horizon if rule.embargo is None else rule.embargo,
        "begins": table.begins,
        "symbol": table.symbol,
    }
    match rule.method:
        case "holdout":
            return [_tested(chronological_split(table.time, table.known, train_share=1.0 - HELD_SHARE, **where), table)]
        case "cpcv":
            made = list(combinatorial_folds(table.time, table.known, groups=rule.groups, test_groups=rule.test_groups, **where))
            borders = [int(part[0]) for part in np.array_split(np.unique(table.time), rule.groups)]
            return [Tested(split, chosen, _spans(split, table, borders=borders, groups=chosen)) for chosen, split in made]
        case "walk_forward":
            # The first stretch has nothing before it to learn from.
            splits = list(purged_folds(table.time, table.known, folds=rule.folds + 1, **where))[1:]
            return [_tested(_learning_before(each, table), table, group=place) for place, each in enumerate(splits)]
        case _:
            splits = list(purged_folds(table.time, table.known, folds=rule.folds, **where))
            return [_tested(each, table, group=place) for place, each in enumerate(splits)]


def _tested(split: Split, table: Table, *, group: int = 0) -> Tested:
    return Tested(split, (group,), (_span(table.time[split.test], otherwise=split.cut),))


def _spans(split: Split, table: Table, *, borders: Sequence[int], groups: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return the time that each of these groups is tested on; `borders` are the first times of all groups."""
    times = table.time[split.test]
    owners = np.searchsorted(borders, times, side="right") - 1
    return tuple(_span(times[owners == group], otherwise=borders[group]) for group in groups)


def _span(times: Integers, *, otherwise: int) -> tuple[int, int]:
    # A group that is shorter than a window has no row: nothing is played of it but a moment.
    return (int(times.min()), int(times.max())) if len(times) else (otherwise, otherwise)


def _learning_before(split: Split, table: Table) -> Split:
    return Split(split.train[table.time[split.train] < split.cut], split.test, split.purged, split.embargoed, split.cut)


def stretch_of(returns: Floats, *, group: int) -> Stretch:
    """Return what simple returns, bar by bar, come to."""
    return Stretch(group, len(returns), float(returns.sum()), float((returns**2).sum()), float(np.prod(1.0 + returns) - 1.0))


def card_of_paths(tested: Sequence[Sequence[Stretch]], *, rule: ValidationRule, bars_per_year: float, horizon: int) -> dict[str, Any]:
    """Return what the run card says of the validation: how it was done, and each path's return and annual Sharpe ratio.

    A path is the tests of all groups, one after the other; a Sharpe ratio is the mean return of its bars over their sample deviation, by
    the root of the bars in a year, without a risk-free rate. `horizon` (bars) is the embargo where none was asked for.
    """
    found = [
        _path([next(each for each in tested[split] if each.group == group) for group, split in enumerate(path)], bars_per_year)
        for path in paths_of([[each.group for each in stretches] for stretches in tested])
    ]
    sharpes = [each["sharpe_ratio"] for each in found if each["sharpe_ratio"] is not None]
    spread = None
    if sharpes:
        spread = {
            "mean": float(np.mean(sharpes)),
            "standard_deviation": float(np.std(sharpes, ddof=1)) if len(sharpes) > 1 else None,
            "least": min(sharpes),
            "most": max(sharpes),
            "share_below_zero": float(np.mean(np.asarray(sharpes) < 0)),
        }
    told = {**rule.model_dump(), "embargo": horizon if rule.embargo is None else rule.embargo, "splits": rule.splits, "paths": found}
    lacking = len(sharpes) < len(found)
    return {**told, "sharpe_ratio": spread, "reasons": {"sharpe_ratio": NO_SHARPE} if lacking else {}}


def _path(stretches: Sequence[Stretch], bars_per_year: float) -> dict[str, float | None]:
    bars, total = sum(each.bars for each in stretches), sum(each.total for each in stretches)
    earned = float(np.prod([1.0 + each.earned for each in stretches]) - 1.0)
    variance = (sum(each.squares for each in stretches) - total**2 / bars) / (bars - 1) if bars > 1 else 0.0
    sharpe = total / bars / np.sqrt(variance) * np.sqrt(bars_per_year) if variance > 0 else None
    return {"total_return": earned, "sharpe_ratio": None if sharpe is None else float(sharpe), "bars": bars}
