"""Hourly candles of EURUSD (ask) in 2017 from gym-anytrading."""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from libs.market.sources.package import Raw, columns, floats

PACKAGE: Final = "gym-anytrading"
PATH: Final = "gym_anytrading/datasets/data/FOREX_EURUSD_1H_ASK.csv"

_HOUR: Final = 3600


def read() -> Raw:
    """Return the hourly candles. Stamps are day first, in UTC, and a bar's opening.

    The hours that are missing are weekends and Christmas, when the market is closed, so all is one segment.
    """
    table = columns(PACKAGE, path=PATH)
    opened = [int(datetime.strptime(stamp, "%d.%m.%Y %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()) for stamp in table["time"]]
    closed = (np.array(opened, dtype=np.int64) + _HOUR) * 10**9
    open_, high, low, close, volume = (floats(table[name]) for name in ("open", "high", "low", "close", "volume"))
    return Raw(closed, open_, high, low, close, volume, np.zeros(len(closed), dtype=np.int32))
