"""What was known of a column at each bar's close: the last value whose time had come, never one from later."""

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats, Integers

_LONG_AGO = np.iinfo(np.int64).min


def known_at_close(values: Floats, *, time: Integers, segment: NDArray[np.int32], known_at: Integers | None = None) -> Floats:
    """Return the column as of each bar's close, NaN before the first value of a segment; all arrays are (bars,).

    A bar without a value (NaN) has the last one known in its segment. A value counts from its own bar's close on, and with `known_at`
    (nanoseconds since 1970) from the first close at or after that: never before either.
    """
    return KnownColumn().read(values, time=time, segment=segment, known_at=known_at)


def lagged(values: Floats, *, bars: int) -> Floats:
    """Return the values so many bars ago; NaN in the first bars."""
    if not bars:
        return values
    out = np.full(len(values), np.nan)
    out[bars:] = values[:-bars]
    return out


class KnownColumn:
    """A column that is read a part after the other, oldest first: however it is cut, what is known at a bar is the same."""

    def __init__(self) -> None:
        self._segment: int | None = None
        # Rows that still count, in order: the newest that is known, and those after it that are not known yet.
        self._values: Floats = np.zeros(0)
        self._known: Integers = np.zeros(0, dtype=np.int64)

    def read(self, values: Floats, *, time: Integers, segment: NDArray[np.int32], known_at: Integers | None) -> Floats:
        """Return the next bars as of their closes."""
        out = np.full(len(values), np.nan)
        known = time if known_at is None else np.maximum(time, known_at)
        starts = np.flatnonzero(np.diff(segment, prepend=segment[:1] - 1))
        for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(values)], strict=True):
            if self._segment != int(segment[start]):
                self._segment, self._values, self._known = int(segment[start]), np.zeros(0), np.zeros(0, dtype=np.int64)
            part = slice(start, stop)
            out[part] = self._read(values[part], known[part], time[part])
        return out

    def _read(self, values: Floats, known: Integers, time: Integers) -> Floats:
        given = np.isfinite(values)
        rows, since = np.concatenate([self._values, values[given]]), np.concatenate([self._known, known[given]])
        newest = np.full(len(time), -1, dtype=np.int64)
        first = np.searchsorted(time, since, side="left")
        there = first < len(time)
        np.maximum.at(newest, first[there], np.flatnonzero(there))
        newest = np.maximum.accumulate(newest)
        last = int(newest[-1])
        self._values, self._known = rows[max(last, 0) :], since[max(last, 0) :].copy()
        if last >= 0:
            self._known[0] = _LONG_AGO
        if not len(rows):
            return np.full(len(time), np.nan)
        return np.where(newest < 0, np.nan, rows[np.maximum(newest, 0)])
