"""Whether a model can tell the current rows from the reference's: drift of all columns together, and which of them give it away."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from libs.quant.candles import Floats, Integers
from libs.quant.drift.boosting import FOLDS, fit_trees, said_by, stretches
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.ranking import area_under_curve

FEWEST_ROWS: Final = 50
MOST_ROWS: Final = 10_000
"""Rows of each side that are looked at; of more, evenly spaced ones."""
NORMAL: Final = 1.959964
TOO_FEW: Final = "Of one side there are {rows} rows; it takes {least} to tell the sides apart."
METHOD: Final = "mean over 5 folds, DeLong's variance"


@dataclass(frozen=True, slots=True)
class DomainDrift:
    """How well the sides are told apart: the area under the ROC curve, 0.5 for not at all, its 95 % interval, each column's share."""

    auc: float | None
    lower: float | None = None
    upper: float | None = None
    importance: tuple[float, ...] = ()
    reason: str | None = None


def domain_drift(reference: Floats, current: Floats, *, seed: int = 0, ordered: bool = False) -> DomainDrift:
    """Learn to tell rows (rows, columns) of the reference from current ones, and judge on rows that were not learned from.

    A classifier two-sample test (Lopez-Paz and Oquab 2017; Rabanser, Günnemann and Lipton 2019 on drift). Folds are stretches of either
    side, so that in rows in order of time no neighbour gives the side away; with `ordered`, the interval is as wide as neighbours make it
    that are alike, by the mean of the columns. `importance` (columns,) is each column's share of what the splits gain.
    """
    sides = [rows[evenly(len(rows))] for rows in (reference, current)]
    fewest = min(len(rows) for rows in sides)
    if fewest < FEWEST_ROWS:
        return DomainDrift(None, reason=TOO_FEW.format(rows=fewest, least=FEWEST_ROWS))
    areas, variances, gains = [], [], np.zeros(reference.shape[1])
    folds = zip(*(stretches(len(rows)) for rows in sides), strict=True)
    for number, ((learned, judged), (learned_now, judged_now)) in enumerate(folds):
        rows = np.concatenate([sides[0][learned], sides[1][learned_now]])
        is_now = np.arange(len(rows)) >= len(learned)
        trees = fit_trees(rows, is_now.astype(np.float64), objective="binary", seed=seed + number)
        asked = np.concatenate([sides[0][judged], sides[1][judged_now]])
        area, error = area_under_curve(np.arange(len(asked)) >= len(judged), said_by(trees, asked))
        areas.append(area)
        variances.append(error**2)
        gains += trees.feature_importance(importance_type="gain")
    worth = float(np.mean([autocorrelation_time(column) for column in sides[0].T])) if ordered else 1.0
    area, reach = float(np.mean(areas)), NORMAL * float(np.sqrt(worth * np.sum(variances))) / FOLDS
    total = float(gains.sum())
    shares = tuple((gains / total).tolist()) if total > 0 else (0.0,) * len(gains)
    return DomainDrift(area, max(0.0, area - reach), min(1.0, area + reach), shares)


def evenly(rows: int) -> Integers:
    """Return the places of the rows that are looked at of so many: all, or evenly spaced ones."""
    return np.arange(rows) if rows <= MOST_ROWS else np.linspace(0, rows - 1, MOST_ROWS).astype(np.int64)
