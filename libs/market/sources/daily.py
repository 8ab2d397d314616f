"""Turns a table of daily prices into candles that close when New York's exchanges do."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from libs.market.sources.package import Columns, Raw, floats
from libs.quant.candles import Integers

Days = NDArray[np.datetime64]
_BELL: Final = time(16, tzinfo=ZoneInfo("America/New_York"))
_DAY: Final = 86_400
_CHANGES: Final = -1  # in place of the bell's second, where clocks are changed within the month


def iso_days(texts: Sequence[str]) -> Days:
    """Read days that are written as in 2012-12-31."""
    return np.array(texts, dtype="datetime64[D]")


def month_first(texts: Sequence[str]) -> Days:
    """Read days that are written as in the United States: 12/31/2012."""
    month, day, year = np.array(list(map(int, "/".join(texts).split("/"))), dtype=np.int64).reshape(-1, 3).T
    first: Days = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    days: Days = first + (day - 1).astype("timedelta64[D]")
    return days


def daily(table: Columns, *, days_of: Callable[[Sequence[str]], Days] = iso_days) -> Raw:
    """Return daily candles: columns date (read by `days_of`), open, high, low, close, adj close, volume, oldest first.

    A bar's time is 16:00 in New York on its day. Days without trading are no holes, so all is one segment.
    """
    closes = _bells(days_of(table["date"]))
    return Raw(
        time=closes,
        open=floats(table["open"]),
        high=floats(table["high"]),
        low=floats(table["low"]),
        close=floats(table["close"]),
        volume=floats(table["volume"]),
        segment=np.zeros(len(closes), dtype=np.int32),
        adjusted_close=floats(table["adj close"]),
    )


def _bells(days: Days) -> Integers:
    """Return when the bell rings on each of these days; the time zone is asked of a day only where clocks change in its month."""
    months, place = np.unique(days.astype("datetime64[M]"), return_inverse=True)
    second = np.array([_second_in(month) for month in months.tolist()], dtype=np.int64)[place]
    changing = np.flatnonzero(second == _CHANGES)
    second[changing] = [_second_on(day) for day in days[changing].tolist()]
    return (days.astype(np.int64) * _DAY + second) * 10**9


@lru_cache(maxsize=1_024)
def _second_in(month: date) -> int:
    """Return the second of the day, UTC, at which the bell rings all month, or that it changes."""
    first, last = _second_on(month), _second_on((month + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    return first if first == last else _CHANGES


@lru_cache(maxsize=4_096)  # Tables share their days, and asking the time zone is most of what reading one takes.
def _second_on(day: date) -> int:
    return int(datetime.combine(day, _BELL).timestamp()) % _DAY
