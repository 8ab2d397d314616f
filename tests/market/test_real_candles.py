"""Candles of real instruments: they load, are clean, adjusted, and cut by day."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

from libs.market import real
from libs.market.adjust import split_ratios
from libs.market.candles import Market
from libs.market.catalogue import INSTRUMENTS, NoCandlesError, UnknownSymbolError
from libs.market.sources import bokeh_sampledata
from libs.market.sources.package import DataPackageMissingError, file_bytes
from libs.quant.candles import Candles

SERIES = [(symbol, timeframe) for symbol, instrument in INSTRUMENTS.items() for timeframe in instrument.timeframes]
ROWS = {"AAPL": 3270, "MSFT": 3270, "IBM": 3270, "GOOG": 2148, "NVDA": 6558, "AMZN": 5842, "SPX": 5031, "IXIC": 5031, "EURUSD": 6225}


@pytest.fixture(scope="module")
def market() -> Market:
    return Market(lake=None, synthetic_allowed=False)


def moment(candles: Candles, bar: int) -> datetime:
    return datetime.fromtimestamp(int(candles.time[bar]) // 10**9, tz=UTC)


@pytest.mark.parametrize(("symbol", "timeframe"), SERIES)
def test_every_known_instrument_loads_as_the_catalogue_says(market: Market, symbol: str, timeframe: str) -> None:
    candles = market.candles(symbol, timeframe)

    instrument = INSTRUMENTS[symbol]
    days = (candles.time[[0, -1]] - 1).astype("datetime64[ns]").astype("datetime64[D]").astype(date)
    assert (days[0], days[1]) == (instrument.start, instrument.end)
    assert len(candles) == ROWS.get(symbol, len(candles))
    assert candles.source == instrument.source
    assert candles.source_hash == real.source_hash(symbol)
    assert len(candles.source_hash) == 64
    assert candles.bars_per_year == instrument.timeframes[timeframe]
    assert not candles.synthetic


def test_apples_split_is_no_crash(market: Market) -> None:
    raw, apple = bokeh_sampledata.read("AAPL"), market.candles("AAPL", "1d")

    bar = int(np.flatnonzero(split_ratios(raw) != 1.0)[-1])
    adjusted = apple.close[bar] / apple.close[bar - 1] - 1
    assert moment(apple, bar).date() == date(2005, 2, 28)
    assert raw.close[bar] / raw.close[bar - 1] - 1 < -0.49  # what it looks like as traded
    assert abs(adjusted) < 0.02
    assert abs(apple.open[bar] / apple.close[bar - 1] - 1) < 0.02  # open, high and low moved along
    assert apple.volume[bar - 1] == 2 * raw.volume[bar - 1]
    assert apple.volume[bar] == raw.volume[bar]


@pytest.mark.parametrize(
    ("symbol", "splits"),
    [("AAPL", ["2000-06-21", "2005-02-28"]), ("MSFT", ["2003-02-18"]), ("IBM", []), ("GOOG", [])],
)
def test_splits_are_found_and_dividends_are_not_mistaken_for_them(market: Market, symbol: str, splits: list[str]) -> None:
    ratios = split_ratios(bokeh_sampledata.read(symbol))  # Microsoft's dividend of 2004 was a tenth of its price

    bars = np.flatnonzero(ratios != 1.0)
    assert [str(moment(market.candles(symbol, "1d"), int(bar)).date()) for bar in bars] == splits
    assert set(ratios[bars]) <= {2.0}


@pytest.mark.parametrize("symbol", ["AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN"])
def test_adjusted_closes_are_the_sources_own_and_volume_is_kept_otherwise(market: Market, symbol: str) -> None:
    raw, candles = real.ORIGINS[symbol].read(), market.candles(symbol, "1d")

    np.testing.assert_array_equal(candles.close, raw.adjusted_close)
    np.testing.assert_allclose(candles.high / candles.low, raw.high / raw.low, rtol=1e-12)
    assert candles.adjustment == "splits and dividends"
    assert candles.volume[-1] == raw.volume[-1]


@pytest.mark.parametrize("symbol", ["AAPL", "MSFT", "IBM", "GOOG", "NVDA", "AMZN", "SPX", "IXIC"])
def test_no_day_is_half_or_double_the_one_before(market: Market, symbol: str) -> None:
    steps = np.diff(np.log(market.candles(symbol, "1d").close))

    beyond = np.flatnonzero(np.abs(steps) > np.log(1.7))
    # Apple warned of its profits on 2000-09-28 and did fall by 52 % overnight, without a split.
    assert [str(moment(market.candles(symbol, "1d"), int(bar) + 1).date()) for bar in beyond] == (
        ["2000-09-29"] if symbol == "AAPL" else []
    )


def test_daily_bars_close_when_new_york_does(market: Market) -> None:
    hours = {moment(market.candles("AAPL", "1d"), bar).hour for bar in range(0, 3270, 10)}

    assert hours == {20, 21}  # 16:00 in summer and in winter time


def test_opens_of_the_index_that_are_the_close_before_are_marked(market: Market) -> None:
    stale = {symbol: market.candles(symbol, "1d").stale_open for symbol in ("SPX", "IXIC", "AAPL")}
    time = market.candles("SPX", "1d").time.astype("datetime64[ns]").astype("datetime64[Y]").astype(int) + 1970

    assert stale["SPX"][time < 2006].mean() > 0.9
    assert stale["SPX"][time >= 2014].mean() < 0.01
    assert stale["IXIC"].mean() < 0.002
    assert not stale["AAPL"].any()


def test_bitcoin_lacks_the_volume_of_a_quarter_of_its_candles(market: Market) -> None:
    assert market.candles("BTC-USD", "15m").volume_unknown.mean() == pytest.approx(0.24, abs=0.01)
    assert not market.candles("EURUSD", "1h").volume_unknown.any()


def test_bitcoin_is_on_the_grid_and_cut_at_its_holes(market: Market) -> None:
    candles = market.candles("BTC-USD", "15m")

    quarter = 15 * 60 * 10**9
    steps, same = np.diff(candles.time), np.diff(candles.segment) == 0
    assert (candles.time % quarter == 0).all()
    assert (steps[same] == quarter).all()
    assert (steps[~same] > quarter).all()
    assert sorted((rows.stop - rows.start for rows in candles.segments()), reverse=True)[:3] == [4772, 1350, 993]


def test_the_euro_is_read_day_first(market: Market) -> None:
    candles = market.candles("EURUSD", "1h")

    assert moment(candles, 0) == datetime(2017, 1, 1, 23, tzinfo=UTC)  # the bar opened at 22:00
    assert np.diff(candles.time).max() <= 3 * 86_400 * 10**9  # a scrambled month would leave a longer hole


def test_candles_are_cut_by_day_both_inclusive(market: Market) -> None:
    daily = market.candles("AAPL", "1d", start=date(2005, 1, 3), end=date(2005, 1, 7))
    hourly = market.candles("EURUSD", "1h", start=date(2017, 6, 6), end=date(2017, 6, 6))

    assert [moment(daily, bar).day for bar in range(len(daily))] == [3, 4, 5, 6, 7]
    assert (len(hourly), moment(hourly, 0).hour, moment(hourly, 23)) == (24, 1, datetime(2017, 6, 7, tzinfo=UTC))


def test_the_latest_candles_are_the_last_ones(market: Market) -> None:
    whole, last = market.latest("IBM", "1d"), market.latest("IBM", "1d", 100)

    assert len(whole) == 3270
    np.testing.assert_array_equal(last.close, whole.close[-100:])


def test_days_on_which_nothing_traded_are_refused(market: Market) -> None:
    with pytest.raises(NoCandlesError, match="AAPL has no 1d candles from 2005-01-01 to 2005-01-02"):
        market.candles("AAPL", "1d", start=date(2005, 1, 1), end=date(2005, 1, 2))


def test_nothing_is_generated_where_it_is_not_allowed(market: Market) -> None:
    with pytest.raises(UnknownSymbolError):
        market.candles("NIFTY50", "1d")

    assert market.candles("NIFTY50", "1d", synthetic_allowed=True).synthetic


def test_candles_cannot_be_changed_by_who_gets_them(market: Market) -> None:
    with pytest.raises(ValueError, match="read-only"):
        market.candles("AAPL", "1d").close[0] = 1.0


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(DataPackageMissingError, match=r"no-such-data .* is not installed: pip install"):
        file_bytes("no-such-data", path="x.csv")
