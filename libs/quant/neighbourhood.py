"""Whether the best of many trials stands on a plateau of good ones, or is a spike that its neighbours do not share.

`sweep_surface` says the same of a grid, whose points have neighbours a step away; here the points lie anywhere.
"""

from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats

Verdict = Literal["plateau", "spike", "inconclusive"]
NEAR: Final = 0.7
"""Neighbours on a plateau keep so much of what the best has beyond a poor trial, at the median; as in `sweep_surface`."""
POOR: Final = 0.1
"""A poor trial is at this quantile: the worst of all may be far off for reasons of its own."""
FEWEST_NEIGHBOURS: Final = 3
FEWEST_TRIALS: Final = 10
NEIGHBOURS_SHARE: Final = 0.1
FARTHEST: Final = 0.35
"""Of a parameter's whole range: what lies farther away is no neighbour."""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The best trial and what is around it.

    `score` is how much the median of its `neighbours` nearest trials keeps of what the best has beyond a poor one: 1 is as good as the
    best, 0 as a poor one. None, with a `reason`, where nothing can be said; the verdict is then `inconclusive`.
    """

    best: int | None
    score: float | None
    verdict: Verdict
    neighbours: int
    reason: str | None = None


def judge_neighbourhood(places: Floats, scores: Floats, *, ordered: NDArray[np.bool_]) -> Neighbourhood:
    """Judge trials at `places` (trials, parameters) in the unit cube by their `scores` (trials,), more being better.

    Parameters that work because of something in the market work nearly as well nearby, and what only fits the noise does not (Pardo 2008,
    "The Evaluation and Optimization of Trading Strategies", second edition, on robust optima). Neighbours are the nearest tenth of the
    trials, three at least, no parameter of which is farther away than `FARTHEST`; a parameter that is not `ordered` (parameters,) has to be
    the same. On pure noise the score is near 0.4, whatever the sampler, as neighbours are then like all others.
    """
    known = np.flatnonzero(np.isfinite(scores))
    if not len(known):
        return Neighbourhood(None, None, "inconclusive", 0, "no trial has a score")
    best = int(known[scores[known].argmax()])
    if len(known) < FEWEST_TRIALS:
        return Neighbourhood(best, None, "inconclusive", 0, f"there are fewer than {FEWEST_TRIALS} trials with a score")
    top, poor = float(scores[best]), float(np.quantile(scores[known], POOR))
    others = known[known != best]
    apart = np.abs(places[others] - places[best])
    same = (apart[:, ~ordered] == 0).all(axis=1)
    distance = apart[:, ordered].max(axis=1, initial=0.0)
    near = others[same & (distance <= FARTHEST)]
    order = np.argsort(distance[same & (distance <= FARTHEST)], kind="stable")
    near = near[order][: max(FEWEST_NEIGHBOURS, ceil(NEIGHBOURS_SHARE * len(known)))]
    if len(near) < FEWEST_NEIGHBOURS:
        words = f"the best trial has fewer than {FEWEST_NEIGHBOURS} neighbours"
        return Neighbourhood(best, None, "inconclusive", len(near), words)
    if top <= poor:
        return Neighbourhood(best, None, "inconclusive", len(near), "the trials do not differ")
    score = float((np.median(scores[near]) - poor) / (top - poor))
    return Neighbourhood(best, score, "plateau" if score >= NEAR else "spike", len(near))
