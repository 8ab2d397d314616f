"""Daily candles of AAPL, MSFT, IBM and GOOG from bokeh-sampledata; raw prices beside an adjusted close."""

from typing import Final

from libs.market.sources.daily import daily
from libs.market.sources.package import Raw, columns

PACKAGE: Final = "bokeh-sampledata"
PATH: Final = "bokeh_sampledata/_data/stocks.csv.gz"


def read(symbol: str) -> Raw:
    """Return the symbol's daily candles, unadjusted."""
    return daily(columns(PACKAGE, path=PATH, only=symbol))
