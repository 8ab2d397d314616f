"""How far rows in a row say the same: what a share or a mean of them is worth in rows that would be independent."""

from typing import Final

import numpy as np

from libs.quant.candles import Floats

LONGEST: Final = 65_536
"""Rows that it is told from; of more, the last ones."""
FEWEST: Final = 8


def autocorrelation_time(values: Floats) -> float:
    """Return how many rows in order of time (rows,) say as much as one that is independent: 1 for noise, never less.

    1 + 2 times the sum of the autocorrelations, up to where a pair of neighbours no longer sums to more than 0: the initial positive
    sequence (Geyer 1992, "Practical Markov chain Monte Carlo"). A row without a value counts as the mean.
    """
    some = np.asarray(values[-LONGEST:], dtype=np.float64)
    known = np.isfinite(some)
    if int(known.sum()) < FEWEST:
        return 1.0
    centred = np.where(known, some, 0.0) - float(some[known].mean()) * known
    rows = len(centred)
    spectrum = np.fft.rfft(centred, n=1 << (2 * rows - 1).bit_length())
    covariances = np.fft.irfft(spectrum * spectrum.conj())[:rows]
    if covariances[0] <= 0:
        return 1.0
    pairs = (covariances / covariances[0])[: rows // 2 * 2].reshape(-1, 2).sum(axis=1)
    ended = np.flatnonzero(pairs <= 0)
    positive = pairs[: int(ended[0])] if len(ended) else pairs
    return float(max(1.0, 2 * positive.sum() - 1))
