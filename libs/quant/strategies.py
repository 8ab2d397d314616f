"""Strategies by rules: which position is wanted after each bar."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Positions
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.features import compute_features


def rsi_of(candles: Candles, *, period: int) -> Floats:
    """Return Wilder's relative strength index (Wilder 1978, `indicators/oscillators.py`) at each bar, 0 to 100; NaN while it warms up."""
    return compute_features(candles, [f"rsi_{period}"])[:, 0]


def crossing_positions(index: Floats, segment: NDArray[np.integer], *, low: float, high: float, first: int = 0) -> Positions:
    """Return the position (0 or 1) wanted after each bar from `first` on.

    Long from a bar at which the index comes from `low` or below to above it, until one at which it comes from `high` or above to below it.
    It begins flat: a crossing before `first` is not traded. A bar without a value crosses nothing, and neither does the first bar of a
    segment, after which everything is flat again.
    """
    before = np.concatenate([[np.nan], index[:-1]])
    begins = np.concatenate([[True], np.diff(segment) != 0])
    before[begins] = np.nan
    # Comparisons with NaN are false.
    enters, leaves = (before <= low) & (index > low), (before >= high) & (index < high)
    enters, leaves, begins = enters[first:], leaves[first:], begins[first:]
    decided: Integers = np.where(enters | leaves | begins, np.arange(len(enters)), 0)
    return np.asarray(enters[np.maximum.accumulate(decided)], dtype=np.int8) if len(enters) else np.zeros(0, dtype=np.int8)
