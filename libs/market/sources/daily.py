"""Turns a table of daily prices into candles that close when New York's exchanges do."""

from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from libs.market.sources.package import Columns, Raw, floats

_BELL: Final = time(16, tzinfo=ZoneInfo("America/New_York"))


def daily(table: Columns, *, day_of: Callable[[str], date] = date.fromisoformat) -> Raw:
    """Return daily candles: columns date (read by `day_of`), open, high, low, close, adj close, volume, oldest first.

    A bar's time is 16:00 in New York on its day. Days without trading are no holes, so all is one segment.
    """
    closes = [_bell_on(day_of(day)) for day in table["date"]]
    return Raw(
        time=np.array(closes, dtype=np.int64),
        open=floats(table["open"]),
        high=floats(table["high"]),
        low=floats(table["low"]),
        close=floats(table["close"]),
        volume=floats(table["volume"]),
        segment=np.zeros(len(closes), dtype=np.int32),
        adjusted_close=floats(table["adj close"]),
    )


def month_first(day: str) -> date:
    """Read a day that is written as in the United States: 12/31/2012."""
    month, day_of_month, year = day.split("/")
    return date(int(year), int(month), int(day_of_month))


@lru_cache(maxsize=16_384)  # Tables share their days, and asking the time zone is most of what reading one takes.
def _bell_on(day: date) -> int:
    return int(datetime.combine(day, _BELL).timestamp()) * 10**9
