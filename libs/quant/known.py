"""What was known of a column at each bar's close: the last value whose time had come, never one from later."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers

NEVER_SAID = np.iinfo(np.int64).min
"""A `known_at` that is not there: the value was known when its bar closed."""


def known_at_close(values: Floats, *, time: Integers, segment: NDArray[np.int32], known_at: Integers | None = None) -> Floats:
    """Return the column as of each bar's close, NaN before the first value of a segment; all arrays are (bars,).

    A bar without a value (NaN) has the last one known in its segment. A value counts from its own bar's close on, and with `known_at`
    (nanoseconds since 1970; `NEVER_SAID` for none) from the first close at or after that: never before either.
    """
    out = np.full(len(values), np.nan)
    edges = np.flatnonzero(np.diff(segment)) + 1
    for rows in np.split(np.arange(len(values)), edges):
        if len(rows):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            out[part] = _known(values[part], time[part], None if known_at is None else known_at[part])
    return out


def lagged(values: Floats, *, bars: int) -> Floats:
    """Return the values so many bars ago; NaN in the first bars."""
    if not bars:
        return values
    out = np.full(len(values), np.nan)
    out[bars:] = values[:-bars]
    return out


def _known(values: Floats, time: Integers, known_at: Integers | None) -> Floats:
    """Return one segment's values: at each bar the newest row among those that are known by then."""
    given = np.flatnonzero(np.isfinite(values))
    since = given if known_at is None else np.maximum(given, np.searchsorted(time, known_at[given], side="left"))
    newest = np.full(len(values), -1, dtype=np.int64)
    inside = since < len(values)
    np.maximum.at(newest, since[inside], given[inside])
    newest = np.maximum.accumulate(newest)
    return np.where(newest < 0, np.nan, values[np.maximum(newest, 0)])
