"""Bootstraps by cluster: sums over clusters that are drawn again and again, in memory that does not grow with the draws."""

import numpy as np
from numpy.typing import NDArray

from services.training.recipes.table import Floats


def cluster_sums(values: Floats, clusters: NDArray[np.int64]) -> Floats:
    """Return the sums of values (..., rows) by cluster (..., clusters); clusters number from 0."""
    count = int(clusters.max(initial=-1)) + 1
    flat = np.atleast_2d(values)
    sums = np.stack([np.bincount(clusters, each, minlength=count) for each in flat])
    return np.asarray(sums.reshape(*values.shape[:-1], count), dtype=np.float64)


def resampled(sums: Floats, *, resamples: int, seed: int) -> Floats:
    """Return totals (resamples, figures) of sums by cluster (figures, clusters), of as many clusters drawn with replacement each time."""
    count = sums.shape[1]
    rng, even = np.random.default_rng(seed), np.full(count, 1 / count)
    return np.stack([sums @ rng.multinomial(count, even) for _ in range(resamples)])


def interval(values: Floats, *, confidence: float) -> tuple[float, float]:
    """Return the quantiles between which so large a share of finite values lies."""
    low, high = np.quantile(values[np.isfinite(values)], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
