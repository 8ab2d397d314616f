"""The days on which markets trade by rule are those of which there are candles."""

from datetime import date, timedelta

import numpy as np
import pytest

from libs.market.calendars import TRADES, closed_between
from libs.market.candles import Market
from libs.market.catalogue import INSTRUMENTS, check_symbol

MARKET = Market(None, synthetic_allowed=True)
DAY_NS = 86_400_000_000_000
# The sources lack these.
HOLES = {"BTC-USD": {date(2021, 11, 28)}}


@pytest.mark.parametrize("symbol", [*INSTRUMENTS, "ZZZQ"])
def test_a_market_trades_on_the_days_of_which_there_are_candles(symbol: str) -> None:
    instrument = check_symbol(symbol, synthetic_allowed=True)
    timeframe = next(iter(instrument.timeframes))

    # A candle that closes at midnight belongs to the day before.
    days = np.unique((MARKET.candles(symbol, timeframe).time - 1) // DAY_NS)
    there = {date(1970, 1, 1) + timedelta(days=int(day)) for day in days}
    first, last = min(there), max(there)
    all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]

    assert {day for day in all_days if TRADES[instrument.asset_class](day)} - HOLES.get(symbol, set()) == there


@pytest.mark.parametrize(
    ("asset_class", "start", "end", "nearest"),
    [
        ("equity", "2012-12-29", "2012-12-30", ("2012-12-28", "2012-12-31")),
        ("equity", "2012-09-01", "2012-09-03", ("2012-08-31", "2012-09-04")),
        ("index", "2012-10-27", "2012-10-30", ("2012-10-26", "2012-10-31")),
        ("equity", "2012-12-29", "2012-12-31", None),
        ("currency", "2017-01-07", "2017-01-07", ("2017-01-06", "2017-01-08")),
        ("currency", "2017-01-07", "2017-01-08", None),
        ("crypto", "2021-10-02", "2021-10-03", None),
        ("synthetic", "2020-01-04", "2020-01-05", ("2020-01-03", "2020-01-06")),
    ],
)
def test_of_days_without_trade_the_nearest_with_trade_are_known(
    asset_class: str, start: str, end: str, nearest: tuple[str, str] | None
) -> None:
    found = closed_between(asset_class, date.fromisoformat(start), date.fromisoformat(end))

    assert found == (nearest and tuple(date.fromisoformat(day) for day in nearest))
