"""Qini and uplift curves of a ranking: what is gained by treating the first so many, told from treated and untreated rows.

Rows are ranked by a score, the highest first. With cumulated sums over the first rows of treated (t) and untreated (c) ones:
the Qini curve is Yt - Yc Nt / Nc (Radcliffe 2007, Using control groups to target on predicted lift), here by all treated rows;
the uplift curve is (Yt / Nt - Yc / Nc)(Nt + Nc) (Gutierrez and Gérardy 2017, Causal inference and uplift modelling), here by all rows.
Rows may have weights (one by their propensity), which stand for so many rows each, along the curve as in its sums. Rows of one score are
taken together. Neither is normalised further, by a perfect ranking or otherwise.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.training.recipes.table import Floats

POINTS: Final = 101


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Curves:
    """Shares of rows by their weights (points,), from 0 to 1, and what is gained by then."""

    share: Floats
    qini: Floats
    uplift: Floats

    @property
    def qini_area(self) -> float:
        """The Qini coefficient: area between the curve and a line straight to its end, in outcomes a treated row."""
        return float(np.trapezoid(self.qini, self.share) - self.qini[-1] / 2)

    @property
    def auuc(self) -> float:
        """Area under the uplift curve, in outcomes a row. A random ranking has half of the mean effect."""
        return float(np.trapezoid(self.uplift, self.share))

    def points(self, which: Floats) -> tuple[tuple[float, float], ...]:
        """Return at most POINTS points of one of the two."""
        shares = np.linspace(0, 1, min(POINTS, len(self.share)))
        return tuple(zip(shares.tolist(), np.interp(shares, self.share, which).tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Ranking:
    """Rows in the order of their score, those of one score ending at `ends`; `order` says where each stood before."""

    order: NDArray[np.int64]
    treated: Floats
    outcome: Floats
    weight: Floats
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, score: Floats, *, treated: NDArray[np.bool_], outcome: Floats, weights: Floats | None = None) -> "Ranking":
        """Return the ranking of rows by score, the highest first (all are (rows,))."""
        order = np.argsort(-score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[order]) != 0), len(score) - 1)
        weight = np.ones(len(score)) if weights is None else weights[order]
        return cls(order=order, treated=treated[order].astype(np.float64), outcome=outcome[order], weight=weight, ends=ends)

    def curves(self, *, drawn: Floats | None = None) -> Curves | None:
        """Return the curves, of rows that are there so many times (`drawn`, (rows,), as they stood before); None without both kinds."""
        weight = self.weight if drawn is None else self.weight * drawn[self.order]
        own, other = weight * self.treated, weight * (1 - self.treated)
        sums = (np.cumsum(each)[self.ends] for each in (own, other, own * self.outcome, other * self.outcome))
        treated, others, treated_sum, others_sum = sums
        if treated[-1] <= 0 or others[-1] <= 0:
            return None
        share = (treated + others) / (treated[-1] + others[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(others > 0, treated / others, 0.0)
            qini = (treated_sum - others_sum * ratio) / treated[-1]
            means = np.where((treated > 0) & (others > 0), treated_sum / treated - others_sum / others, 0.0)
        return Curves(share=np.append(0.0, share), qini=np.append(0.0, qini), uplift=np.append(0.0, means * share))


def curves(score: Floats, *, treated: NDArray[np.bool_], outcome: Floats, weights: Floats | None = None) -> Curves | None:
    """Return the curves of a ranking (all are (rows,)); None unless there are treated and untreated rows."""
    return Ranking.of(score, treated=treated, outcome=outcome, weights=weights).curves() if len(score) else None
