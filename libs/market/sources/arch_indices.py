"""Daily candles of the S&P 500 and NASDAQ Composite indices from arch."""

from typing import Final

from libs.market.sources.daily import daily
from libs.market.sources.package import Raw, columns

PACKAGE: Final = "arch"
SP500: Final = "arch/data/sp500/sp500.csv.gz"
NASDAQ: Final = "arch/data/nasdaq/nasdaq.csv.gz"


def read(path: str) -> Raw:
    """Return an index's daily candles; its adjusted close equals its close."""
    return daily(columns(PACKAGE, path=path), date_format="%m/%d/%Y")
