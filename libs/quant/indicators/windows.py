"""Statistics over a moving window, each computed from its own window alone.

So a value is the same, to the last digit, wherever the series starts or ends. Values are taken relative to the window's first one,
which makes a flat window exactly flat (running sums leave dust there). The first `window - 1` values are NaN.
"""

import numpy as np

from libs.quant.candles import Floats
from libs.quant.compiled import compiled


@compiled
def window_mean(values: Floats, window: int) -> Floats:
    """Return the mean of the last `window` values."""
    out = np.full(len(values), np.nan)
    for end in range(window - 1, len(values)):
        first = values[end - window + 1]
        total = 0.0
        for i in range(end - window + 1, end + 1):
            total += values[i] - first
        out[end] = first + total / window
    return out


@compiled
def window_std(values: Floats, window: int, ddof: int) -> Floats:
    """Return the standard deviation of the last `window` values, divided by `window - ddof`."""
    out = np.full(len(values), np.nan)
    for end in range(window - 1, len(values)):
        first = values[end - window + 1]
        total = 0.0
        for i in range(end - window + 1, end + 1):
            total += values[i] - first
        mean = total / window
        squares = 0.0
        for i in range(end - window + 1, end + 1):
            squares += (values[i] - first - mean) ** 2
        out[end] = np.sqrt(squares / (window - ddof))
    return out


@compiled
def window_highest(values: Floats, window: int) -> Floats:
    """Return the highest of the last `window` values."""
    out = np.full(len(values), np.nan)
    for end in range(window - 1, len(values)):
        best = values[end]
        for i in range(end - window + 1, end):
            best = max(best, values[i])
        out[end] = best
    return out


def window_lowest(values: Floats, window: int) -> Floats:
    """Return the lowest of the last `window` values."""
    return -window_highest(-values, window)


@compiled
def window_slope(values: Floats, window: int) -> Floats:
    """Return the slope per step of the least-squares line through the last `window` values."""
    out = np.full(len(values), np.nan)
    middle = (window - 1) / 2.0
    spread = window * (window * window - 1) / 12.0
    for end in range(window - 1, len(values)):
        start = end - window + 1
        total = 0.0
        for i in range(window):
            total += (i - middle) * (values[start + i] - values[start])
        out[end] = total / spread
    return out


@compiled
def window_moment(values: Floats, window: int, power: int) -> Floats:
    """Return the mean of (value - mean) ** `power` over the last `window` values."""
    out = np.full(len(values), np.nan)
    for end in range(window - 1, len(values)):
        first = values[end - window + 1]
        total = 0.0
        for i in range(end - window + 1, end + 1):
            total += values[i] - first
        mean = total / window
        powers = 0.0
        for i in range(end - window + 1, end + 1):
            powers += (values[i] - first - mean) ** power
        out[end] = powers / window
    return out
