"""What a sweep's surface says of its best point: whether it stands on a plateau, or is a spike that its neighbours do not share."""

from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

import numpy as np

from libs.quant.candles import Floats

NEAR: Final = 0.7
"""Neighbours on a plateau keep so much of the best score, at the median."""
FEWEST_NEIGHBOURS: Final = 2


@dataclass(frozen=True, slots=True)
class SweepSurface:
    """The best point of a grid and what is around it.

    `best` is its place on each axis (None where no point has a score); `neighbours` counts the points with a score that are at most one
    step away from it on every axis, `neighbour_median` is their median score, `ratio` that over the best score, and `near` the share of
    them that keep `NEAR` of it. `at_edge` tells that the best point lies on the grid's border, where the surface may go on rising outside.
    `positive` is the share of all points with a score above 0, `median` the median of all. `verdict` is None, with a `reason`, where
    nothing can be said.
    """

    best: tuple[int, ...] | None
    score: float | None
    neighbours: int
    neighbour_median: float | None
    ratio: float | None
    near: float | None
    at_edge: bool
    positive: float | None
    median: float | None
    verdict: Literal["plateau", "spike"] | None
    reason: str | None = None


NOTHING: Final = SweepSurface(
    best=None, score=None, neighbours=0, neighbour_median=None, ratio=None, near=None, at_edge=False, positive=None, median=None,
    verdict=None, reason="no point of the grid has a score",
)  # fmt: skip


def judge_surface(scores: Floats) -> SweepSurface:
    """Judge a grid of scores, an axis for each parameter (the values of each in order), NaN where a combination cannot be played.

    More is better. Parameters that work because of something in the market work nearly as well a step away, and what only fits the noise
    does not (Pardo 2008, "The Evaluation and Optimization of Trading Strategies", second edition, on robust optima). So the best point is
    on a `plateau` when the median of its neighbours keeps at least `NEAR` of its score, else it is a `spike`: half of the neighbours then
    earn less than 70 % of it. A best score that is not above 0, or fewer than `FEWEST_NEIGHBOURS` neighbours, gives no verdict. Where
    several points are the best, the one with the best neighbours is taken, then the first.
    """
    known = np.isfinite(scores)
    if not known.any():
        return NOTHING
    top = float(scores[known].max())
    peaks = [tuple(map(int, place)) for place in np.argwhere(known & (scores == top))]
    # A level top is judged where it is broadest; thousands of equal points need no search among them all.
    best = max(peaks[:100], key=lambda place: _median(_neighbours(scores, place)))
    around = _neighbours(scores, best)
    middle = float(np.median(around)) if len(around) else None
    ratio = middle / top if middle is not None and top > 0 else None
    reason = None
    if top <= 0:
        reason = "the best score is not above 0"
    elif len(around) < FEWEST_NEIGHBOURS:
        reason = f"the best point has fewer than {FEWEST_NEIGHBOURS} neighbours with a score"
    verdict: Literal["plateau", "spike"] | None = None if reason or ratio is None else "plateau" if ratio >= NEAR else "spike"
    return SweepSurface(
        best=best,
        score=top,
        neighbours=len(around),
        neighbour_median=middle,
        ratio=ratio,
        near=float((around >= NEAR * top).mean()) if len(around) and top > 0 else None,
        at_edge=any(size > 1 and at in {0, size - 1} for at, size in zip(best, scores.shape, strict=True)),
        positive=float((scores[known] > 0).mean()),
        median=float(np.median(scores[known])),
        verdict=verdict,
        reason=reason,
    )


def _neighbours(scores: Floats, place: tuple[int, ...]) -> Floats:
    """Return the scores of the points that are at most one step away on every axis, without those that have none."""
    spans = (range(max(at - 1, 0), min(at + 2, size)) for at, size in zip(place, scores.shape, strict=True))
    found = np.array([scores[other] for other in product(*spans) if other != place], dtype=np.float64)
    return found[np.isfinite(found)]


def _median(values: Floats) -> float:
    return float(np.median(values)) if len(values) else -np.inf
