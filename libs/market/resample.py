"""Coarser candles out of finer ones: arrays in, arrays out, the same in training and in serving.

A coarser bar holds the finer ones that close after its open and up to its close, by the calendar: it never reaches from one session into
the next. A bar of which a finer one is missing is left out: the first and the last that are not whole, and those with a hole in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.contracts.own_candles import TIMEFRAMES
from libs.market.sessions import bars_of, sessions_of
from libs.quant.candles import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Candles without their symbol, oldest first. `time` is each one's close; columns and arrays are of one length."""

    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    segment: NDArray[np.int32]
    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.time)


def can_make(timeframe: str, *, of: str) -> bool:
    """Tell whether bars of a timeframe can be made of those of another one, which is the same or finer."""
    order: tuple[str, ...] = TIMEFRAMES
    return timeframe in order and of in order and order.index(of) <= order.index(timeframe)


def resample(bars: Bars, *, calendar: str, of: str, timeframe: str) -> Bars:
    """Return the bars of the coarser `timeframe` that are whole, made of bars of the timeframe `of`.

    A bar opens with its first part's open and closes with its last one's; its segment and its further columns are those of the last part.
    Bars outside of the calendar's sessions are in none. Raise `ValueError` for a timeframe that is finer, and `InvalidError` for an unknown
    calendar.
    """
    if not can_make(timeframe, of=of):
        message = f"bars of {timeframe} cannot be made of bars of {of}"
        raise ValueError(message)
    if timeframe == of:
        return bars
    return divided(put_together(bars, calendar=calendar, of=of, timeframe=timeframe), calendar=calendar, timeframe=timeframe)


def put_together(bars: Bars, *, calendar: str, of: str, timeframe: str) -> Bars:
    """Return the bars as `resample` does, but for their segments: these are still those of their parts.

    For bars that come piece by piece, each cut where a coarser bar ends; `divided` tells the segments of all of them.
    """
    if not len(bars):
        return bars
    first = int(bars.time[0])
    coarse, fine = bars_of(calendar, timeframe, first=first), bars_of(calendar, of, first=first)
    chosen = np.isin(bars.time, fine.ends) if fine.length is None else sessions_of(calendar, first=first).inside(bars.time - 1)
    bars = _only(bars, chosen)
    number = coarse.before(bars.time - 1)  # the coarser bar that each is in
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    lasts = np.append(starts[1:], len(bars))[: len(starts)] - 1
    closes = coarse.closes(number[starts])
    # Whole: as many parts as it should have, none missing between them, and the last one ends it.
    due = fine.before(closes) - fine.before(coarse.closes(np.maximum(number[starts] - 1, 0)))
    whole = (lasts - starts + 1 == due) & (bars.segment[starts] == bars.segment[lasts]) & (bars.time[lasts] == closes)
    opens, ends = starts[whole], lasts[whole]
    return Bars(
        time=closes[whole],
        open=bars.open[opens],
        high=_of_each(np.maximum, bars.high, first=opens, last=ends),
        low=_of_each(np.minimum, bars.low, first=opens, last=ends),
        close=bars.close[ends],
        volume=_of_each(np.add, bars.volume, first=opens, last=ends),
        segment=bars.segment[ends],
        columns={name: column[ends] for name, column in bars.columns.items()},
    )


def divided(bars: Bars, *, calendar: str, timeframe: str) -> Bars:
    """Return all bars of a series, which have their parts' segments, with their own: one ends where those do or a bar is left out."""
    if not len(bars):
        return bars
    numbers = bars_of(calendar, timeframe, first=int(bars.time[0])).before(bars.time)
    ended = (np.diff(bars.segment) != 0) | (np.diff(numbers) > 1)
    return replace(bars, segment=np.cumsum(np.concatenate([bars.segment[:1], ended]), dtype=np.int32))


def _only(bars: Bars, chosen: NDArray[np.bool_]) -> Bars:
    if chosen.all():
        return bars
    arrays = {each.name: getattr(bars, each.name)[chosen] for each in fields(bars) if each.name != "columns"}
    return Bars(**arrays, columns={name: column[chosen] for name, column in bars.columns.items()})


def _of_each(reduce: np.ufunc, values: Floats, *, first: Integers, last: Integers) -> Floats:
    """Reduce the values of every bar, from its first part to its last."""
    if not len(first):
        return values[:0]
    # In turn the bars and what lies between them; the last edge may be the end of all.
    edges = np.stack([first, last + 1], axis=1).ravel()
    return np.asarray(reduce.reduceat(values, edges[:-1] if edges[-1] == len(values) else edges)[::2])
