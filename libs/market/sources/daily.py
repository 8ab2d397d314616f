"""Turns a table of daily prices into candles that close when New York's exchanges do."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from libs.market.sources.package import Columns, Raw, floats

_NEW_YORK: Final = ZoneInfo("America/New_York")


def daily(table: Columns, *, date_format: str) -> Raw:
    """Return daily candles: columns date, open, high, low, close, adj close, volume, oldest first.

    A bar's time is 16:00 in New York on its day. Days without trading are no holes, so all is one segment.
    """
    days = (datetime.strptime(day, date_format) for day in table["date"])  # noqa: DTZ007 - the next line gives it its zone
    closes = [int(day.replace(hour=16, tzinfo=_NEW_YORK).timestamp()) * 10**9 for day in days]
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
