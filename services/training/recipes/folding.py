"""What the folds of a backtest say together: means, their spread, and what could not be computed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import sqrt
from typing import Final

import numpy as np
from scipy.stats import t as student

from libs.contracts.recipe_runs import RecipeFold, RecipeInterval, RecipeMetrics
from services.training.recipes.family import Measured
from services.training.recipes.splitting import Parts

METHOD: Final = "t interval over folds"
FEWEST: Final = 2


def fold_of(measured: Measured, parts: Parts, *, number: int) -> RecipeFold:
    """Return what was measured on one fold."""
    return RecipeFold(
        fold=number,
        train_rows=len(parts.train),
        test_rows=len(parts.test),
        train_end=parts.train_end,
        test_start=parts.test_start,
        test_end=parts.test_end,
        metrics=measured.metrics,
        baseline=measured.baseline,
    )


def mean_of(folds: Sequence[RecipeFold], *, last: Measured, level: float) -> Measured:
    """Return the means over the folds that have a figure, with Student's interval over them; tables and curves are those of the last.

    Folds through time learn from rows that overlap, so the interval is narrower than it should be: a note says so.
    """
    metrics = _means([fold.metrics for fold in folds])
    intervals, reasons = {}, {}
    for name, value in metrics.items():
        some = [each for fold in folds if (each := fold.metrics.get(name)) is not None]
        if value is None:
            reasons[name] = last.reasons.get(name, "No fold has it.")
        elif len(some) >= FEWEST:
            half = float(student.ppf(0.5 + level / 2, len(some) - 1)) * float(np.std(some, ddof=1)) / sqrt(len(some))
            intervals[name] = RecipeInterval(low=value - half, high=value + half, level=level, method=METHOD)
    baseline = {name: _means([fold.baseline.get(name, {}) for fold in folds]) for name in last.baseline}
    note = "Intervals are over the folds, whose training rows overlap: they are narrower than they should be."
    return replace(last, metrics=metrics, intervals=intervals, reasons=reasons, baseline=baseline, notes=(*last.notes, note))


def _means(told: Sequence[RecipeMetrics]) -> RecipeMetrics:
    """Return the mean of each figure over those that have it; None where none has."""
    return {name: _mean(each for metrics in told if (each := metrics.get(name)) is not None) for name in told[-1]}


def _mean(values: Iterable[float]) -> float | None:
    some = list(values)
    return float(np.mean(some)) if some else None
