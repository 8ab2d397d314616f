"""The catalogue: what a symbol, a timeframe or a day without candles is told."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.market.catalogue import INSTRUMENTS, NoCandlesError, UnknownSymbolError, check_range, check_symbol, known_symbols


@pytest.mark.parametrize(
    ("given_symbol", "meant"),
    [
        ("APPL", "AAPL"), ("aapl", "AAPL"), ("MSTF", "MSFT"), ("NVDIA", "NVDA"), ("GOOGL", "GOOG"), ("BTCUSD", "BTC-USD"), ("BTCUSDT", "BTC-USD"),
        ("btc/usd", "BTC-USD"), ("EUR/USD", "EURUSD"), ("^GSPC", "SPX"), ("S&P500", "SPX"), ("NASDAQ", "IXIC"), ("AMAZON", "AMZN"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("synthetic_allowed", [True, False])
def test_a_symbol_close_to_a_known_one_is_a_typo_whatever_is_allowed(given_symbol: str, meant: str, synthetic_allowed: bool) -> None:
    with pytest.raises(UnknownSymbolError) as refused:
        check_symbol(given_symbol, synthetic_allowed=synthetic_allowed)

    assert refused.value.is_typo
    assert refused.value.nearest[0] == meant
    assert meant in refused.value.message


@pytest.mark.parametrize("symbol", ["NIFTY50", "BANKNIFTY", "RELIANCE", "TSLA", "GBPUSD"])
def test_another_symbol_is_generated_only_where_that_is_allowed(symbol: str) -> None:
    with pytest.raises(UnknownSymbolError) as refused:
        check_symbol(symbol)
    instrument = check_symbol(symbol, synthetic_allowed=True)

    assert not refused.value.is_typo
    assert all(known in refused.value.message for known in known_symbols())
    assert "generated ones are not allowed here" in refused.value.message
    assert instrument.synthetic
    assert set(instrument.timeframes) == {"1d", "1h", "15m"}


@pytest.mark.parametrize("symbol", ["TATA MOTORS LTD", "X" * 30, "Ä"])
def test_a_symbol_that_is_none_is_told_what_one_looks_like_where_candles_may_be_generated(symbol: str) -> None:
    with pytest.raises(UnknownSymbolError) as refused:
        check_symbol(symbol, synthetic_allowed=True)

    assert "at most 20 capital letters, digits" in refused.value.message
    assert "not allowed here" not in refused.value.message


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.just("A" * 100_000)), st.booleans())
def test_any_text_is_an_instrument_or_refused_in_a_sentence(symbol: str, synthetic_allowed: bool) -> None:
    try:
        said = check_symbol(symbol, synthetic_allowed=synthetic_allowed).name
    except UnknownSymbolError as refused:
        said = refused.message

    assert 0 < len(said) < 400


def test_a_lower_case_symbol_is_told_the_one_that_would_be_generated() -> None:
    with pytest.raises(UnknownSymbolError) as refused:
        check_symbol("nifty50", synthetic_allowed=True)

    assert refused.value.nearest == ["NIFTY50"]


@pytest.mark.parametrize(
    ("symbol", "timeframe", "start", "end", "says"),
    [
        ("BTC-USD", "1d", None, None, "BTC-USD has candles of 15m, not of 1d."),
        ("AAPL", "1d", date(2020, 1, 1), None, "AAPL has 1d candles from 2000-03-01 to 2013-03-01, none from 2020-01-01 on."),
        ("AAPL", "1d", None, date(1999, 1, 1), "none up to 1999-01-01"),
        ("NIFTY50", "1d", date(2030, 1, 1), None, "NIFTY50 has 1d candles from 2015-01-01 to 2025-12-31"),
    ],
)
def test_days_without_candles_are_told_the_days_with_them(
    symbol: str, timeframe: str, start: date | None, end: date | None, says: str
) -> None:
    instrument = check_symbol(symbol, synthetic_allowed=True)

    with pytest.raises(NoCandlesError) as refused:
        check_range(instrument, timeframe=timeframe, start=start, end=end)

    assert says in refused.value.message


def test_the_catalogue_says_ten_instruments() -> None:
    assert set(INSTRUMENTS) == {"AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN", "SPX", "IXIC", "BTC-USD", "EURUSD"}
