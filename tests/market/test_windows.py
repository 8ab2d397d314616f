"""Between which days symbols have candles together, and what trading them usually costs."""

from datetime import date

import pytest

from libs.market.catalogue import NoCandlesError
from libs.market.costs import usual_costs
from libs.market.windows import common_days


@pytest.mark.parametrize(
    ("symbols", "start", "first", "last"),
    [
        (("AAPL",), None, date(2000, 3, 1), date(2013, 3, 1)),
        (("AAPL", "NVDA"), None, date(2000, 3, 1), date(2013, 3, 1)),
        (("AMZN", "NVDA"), None, date(1999, 1, 22), date(2020, 7, 31)),
        (("GOOG", "AAPL"), date(2010, 1, 1), date(2010, 1, 1), date(2013, 3, 1)),
    ],
)
def test_the_common_days_end_with_the_first_symbol_that_ends(symbols: tuple[str, ...], start: date | None, first: date, last: date) -> None:
    assert common_days(symbols, timeframe="1d", start=start, end=None) == (first, last)


def test_symbols_that_never_trade_at_one_time_are_refused_with_their_days() -> None:
    with pytest.raises(NoCandlesError) as refused:
        common_days(("AAPL", "RELIANCE"), timeframe="1d", start=None, end=None)

    assert refused.value.message == (
        "There is no day on which every symbol has candles: AAPL from 2000-03-01 to 2013-03-01, RELIANCE from 2015-01-01 to 2025-12-31. "
        "Leave a symbol out, or choose other dates."
    )


def test_a_currency_is_cheap_to_trade_and_a_coin_is_dear_to_borrow() -> None:
    share, euro, coin, generated = (usual_costs(symbol) for symbol in ("AAPL", "EURUSD", "BTC-USD", "RELIANCE"))

    assert (share.commission, share.slippage, share.borrow_rate) == (0.0005, 0.0002, 0.005)
    assert euro.commission < share.commission < coin.commission
    assert coin.borrow_rate > 10 * share.borrow_rate
    assert generated == share
    assert share.at_least(coin) == coin
    assert euro.or_given(commission=0.0, slippage=None, borrow_rate=1.0).commission == 0.0
