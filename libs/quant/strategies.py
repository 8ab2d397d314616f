"""Strategies by rules: which position is wanted after each bar."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.backtest import Positions
from libs.quant.candles import Candles, Floats, Integers
from libs.quant.features import compute_features


def rsi_of(candles: Candles, *, period: int) -> Floats:
    """Return Wilder's relative strength index (Wilder 1978, `indicators/oscillators.py`) at each bar, 0 to 100; NaN while it warms up."""
    return compute_features(candles, [f"rsi_{period}"])[:, 0]


def crossings(index: Floats, segment: NDArray[np.integer], *, low: float, high: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell of each bar whether the index comes from `low` or below to above it there, and whether from `high` or above to below it.

    A bar without a value crosses nothing, and neither does the first bar of a segment.
    """
    before = np.concatenate([[np.nan], index[:-1]])
    before[_begins(segment)] = np.nan
    # Comparisons with NaN are false.
    return (before <= low) & (index > low), (before >= high) & (index < high)


def crossing_positions(index: Floats, segment: NDArray[np.integer], *, low: float, high: float, first: int = 0) -> Positions:
    """Return the position (0 or 1) wanted after each bar from `first` on: long from a way up through `low` to a way down through `high`.

    It begins flat: a crossing before `first` is not traded. After the first bar of a segment everything is flat again.
    """
    enters, leaves = (each[first:] for each in crossings(index, segment, low=low, high=high))
    begins = _begins(segment)[first:]
    decided: Integers = np.where(enters | leaves | begins, np.arange(len(enters)), 0)
    return np.asarray(enters[np.maximum.accumulate(decided)], dtype=np.int8) if len(enters) else np.zeros(0, dtype=np.int8)


def _begins(segment: NDArray[np.integer]) -> NDArray[np.bool_]:
    return np.concatenate([[True], np.diff(segment) != 0])
