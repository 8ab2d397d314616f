"""Daily candles of the S&P 500 and NASDAQ Composite indices from arch."""

from dataclasses import replace
from typing import Final

import numpy as np

from libs.market.sources.daily import daily, month_first
from libs.market.sources.package import Raw, columns

PACKAGE: Final = "arch"
SP500: Final = "arch/data/sp500/sp500.csv.gz"
NASDAQ: Final = "arch/data/nasdaq/nasdaq.csv.gz"


def read(path: str) -> Raw:
    """Return an index's daily candles; its adjusted close equals its close.

    An index has no opening auction, and the S&P 500's opens are the close of the day before on 95 of 100 days up to 2006 (and on a tenth
    of the days from 2011 to 2013). An open that equals it to the last digit is marked as stale: a fill there would be one at a price of
    the day before.
    """
    raw = daily(columns(PACKAGE, path=path), days_of=month_first)
    return replace(raw, stale_open=np.concatenate([[False], raw.open[1:] == raw.close[:-1]]))
