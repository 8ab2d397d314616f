"""What prices would have earned on days that were not learned from, had they been charged: off-policy evaluation.

Prices by a product's usual one fall into bins. Where the price that was charged lies in the bin of the one that is evaluated, what was
earned tells of it, the more the rarer that was. The estimate is doubly robust (Dudík, Langford and Li 2011) with weights that sum to one:
it holds if either the model of demand or that of what was charged does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.training.recipes.resampling import cluster_sums, interval, resampled
from services.training.recipes.table import Floats

PRIOR: Final = 20.0
"""Rows that a product's shares of bins are drawn to those of all products by (a Dirichlet prior)."""
CLEAR: Final = 3.0
"""Standard errors that what was earned has to be above zero by, for a fraction of it to be told (Fieller 1954)."""
PROPENSITY_MODEL: Final = "shares of a product's prices by bin, over all days, drawn to those of all products"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a policy is worth beside what was charged: `gain` in money a row, `change` as a fraction of what was earned, with intervals.

    A change is None where what was earned is not clearly above zero: the ratio's draws would leap between signs, and tell nothing.
    `effective` is Kish's effective sample size, `support` the share of rows at which what is evaluated was charged often enough.
    """

    gain: float
    gain_interval: tuple[float, float]
    change: float | None
    interval: tuple[float, float] | None
    logged: float
    policy: float
    by_weights: float
    """In money a row, by self-normalised inverse propensities alone."""
    effective: float
    support: float


def propensities(bins: NDArray[np.int64], product: NDArray[np.int64], *, bin_count: int) -> Floats:
    """Return the chance of each bin for each product (products, bins), from the bins that prices fell into."""
    products = int(product.max()) + 1
    counts = np.zeros((products, bin_count))
    np.add.at(counts, (product, bins), 1.0)
    of_all = (counts.sum(axis=0) + 1.0) / (counts.sum() + bin_count)
    return np.asarray((counts + PRIOR * of_all) / (counts.sum(axis=1, keepdims=True) + PRIOR), dtype=np.float64)


def effective_rows(weights: Floats) -> float:
    """Return Kish's effective sample size: (sum of weights)² by the sum of their squares; 0 without any."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def evaluate(
    earned: Floats,
    *,
    expected: Floats,
    expected_policy: Floats,
    weights: Floats,
    supported: NDArray[np.bool_],
    clusters: NDArray[np.int64],
    confidence: float,
    resamples: int,
    seed: int,
) -> Value | None:
    """Return the worth of a policy; None where no supported row has a weight.

    All are (rows,): what was earned, what the model expects of the price charged and of the policy's, 1 / propensity where both lie in
    one bin and else 0, and which rows may be used. Intervals are a bootstrap by cluster.
    """
    used = np.where(supported, 1.0, 0.0)
    earned, expected, expected_policy = (np.where(supported, values, 0.0) for values in (earned, expected, expected_policy))
    each = np.stack(
        [used, used * earned, used * expected_policy, used * weights, used * weights * (earned - expected), used * weights * earned]
    )
    parts = cluster_sums(each, np.unique(clusters, return_inverse=True)[1])
    rows, logged, direct, weight, corrected, weighed = parts.sum(axis=1)
    if rows == 0 or weight <= 0:
        return None
    drawn = resampled(parts[:5], resamples=resamples, seed=seed).T
    gain = float(_gain(*(np.array([part]) for part in (rows, logged, direct, weight, corrected)))[0])
    gains, was = _gain(*drawn), drawn[1] / drawn[0]
    is_clear = bool(logged > 0 and was.min() > 0 and logged / rows > CLEAR * was.std())
    return Value(
        gain=gain,
        gain_interval=interval(gains, confidence=confidence),
        change=gain / float(logged / rows) if is_clear else None,
        interval=interval(gains / was, confidence=confidence) if is_clear else None,
        logged=float(logged / rows),
        policy=float(logged / rows) + gain,
        by_weights=float(weighed / weight),
        effective=effective_rows(np.where(supported, weights, 0.0)),
        support=float(supported.mean()),
    )


def _gain(rows: Floats, logged: Floats, direct: Floats, weight: Floats, corrected: Floats) -> Floats:
    """Return the doubly robust worth less what was earned, a row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(direct / rows + corrected / weight - logged / rows, dtype=np.float64)
