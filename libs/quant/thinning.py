"""Fewer points of a long curve, with its shape and its extremes."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def thinned(values: NDArray[np.float64], *, most: int) -> NDArray[np.intp]:
    """Return the places of `most` (8 or more) of a curve's points, in order; all of them where there are no more.

    Kept are the first and the last point, the peak and the trough of the deepest drawdown, and of each stretch of equal length the lowest
    and the highest point: so the whole curve's lowest and highest points and its largest drawdown are the same as before.
    """
    if len(values) <= most:
        return np.arange(len(values))
    trough = int(np.argmax(1 - values / np.maximum.accumulate(values)))
    peak = int(np.argmax(values[: trough + 1]))
    edges = np.linspace(0, len(values), (most - 4) // 2 + 1).astype(int)
    stretches = [(int(start), values[start:end]) for start, end in pairwise(edges)]
    extremes = [start + int(place(part)) for start, part in stretches for place in (np.argmin, np.argmax)]
    kept = np.unique([0, peak, trough, len(values) - 1, *extremes])
    left = np.ones(len(values), dtype=np.bool_)
    left[kept] = False
    others = np.flatnonzero(left)
    # Where one point is several of these there is room for more.
    more = others[np.linspace(0, len(others) - 1, most - len(kept)).astype(int)]
    return np.sort(np.concatenate((kept, more)))
