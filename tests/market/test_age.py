"""How old candles are, in bars of their own calendar: the same bars as there are candles."""

from datetime import UTC, date, datetime, timedelta

import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.own_candles import TIMEFRAMES, OwnCandles
from libs.market.age import Age, Ages, bars_since, calendar_of, instrument_of, newest_close, oldest, reasons_of, without_live_source
from libs.market.candles import Market
from libs.market.catalogue import INSTRUMENTS
from libs.market.plain_bars import plain_bars_since

MARKET = Market(None, synthetic_allowed=True)
DAILY = [symbol for symbol, instrument in INSTRUMENTS.items() if "1d" in instrument.timeframes]
GENERATED = "ZZZQ"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("symbol", "timeframe"), [*((symbol, "1d") for symbol in DAILY), (GENERATED, "1d"), (GENERATED, "1h")])
def test_as_many_bars_are_counted_as_there_are_candles(symbol: str, timeframe: str) -> None:
    times = [datetime.fromtimestamp(time / 1e9, UTC) for time in MARKET.latest(symbol, timeframe).time.tolist()]
    instrument = instrument_of(symbol)
    assert instrument is not None

    counted = [bars_since(calendar_of(instrument), timeframe=timeframe, as_of=times[0], at=time) for time in times]

    assert counted == list(range(len(times)))


@pytest.mark.parametrize("symbol", [*INSTRUMENTS, GENERATED])
def test_the_catalogue_knows_when_the_newest_candle_of_each_symbol_closed(symbol: str) -> None:
    instrument = instrument_of(symbol)
    assert instrument is not None

    known = {timeframe: newest_close(instrument, timeframe=timeframe) for timeframe in instrument.timeframes}

    newest = {timeframe: int(MARKET.latest(symbol, timeframe).time[-1]) for timeframe in instrument.timeframes}
    assert {timeframe: int(close.timestamp()) * 10**9 for timeframe, close in known.items()} == newest


@pytest.mark.parametrize(
    ("calendar", "timeframe", "as_of", "now", "bars"),
    [
        ("equity", "1d", "2026-01-16T21:00", "2026-01-16T21:00", 0),
        # A week-end, and Martin Luther King's day.
        ("equity", "1d", "2026-01-16T21:00", "2026-01-20T20:59", 0),
        ("equity", "1d", "2026-01-16T21:00", "2026-01-20T21:00", 1),
        # In summer New York's bell is an hour earlier in UTC.
        ("equity", "1d", "2026-07-01T20:00", "2026-07-02T20:00", 1),
        ("index", "1d", "2025-12-31T21:00", "2026-01-05T22:00", 2),
        # From Friday's close to the first hour of Sunday evening, and a whole week.
        ("currency", "1h", "2026-01-16T22:00", "2026-01-18T22:59", 0),
        ("currency", "1h", "2026-01-16T22:00", "2026-01-18T23:00", 1),
        ("currency", "1h", "2026-01-16T22:00", "2026-01-23T22:00", 120),
        ("currency", "1d", "2026-01-16T22:00", "2026-01-20T22:00", 2),
        ("crypto", "15m", "2026-01-17T23:45", "2026-01-18T00:44", 3),
        ("crypto", "1d", "2026-01-17T00:00", "2026-01-19T00:00", 2),
        ("synthetic", "1h", "2026-01-17T00:00", "2026-01-19T00:59", 0),
        ("synthetic", "1h", "2026-01-17T00:00", "2026-01-19T02:00", 2),
        # Of a candle that closes only later none has closed since.
        ("crypto", "1h", "2026-01-17T12:00", "2026-01-17T10:00", 0),
    ],
)
def test_bars_are_counted_by_the_calendar_of_what_they_are_of(calendar: str, timeframe: str, as_of: str, now: str, bars: int) -> None:
    assert bars_since(calendar, timeframe=timeframe, as_of=at(as_of), at=at(now)) == bars


def test_data_is_stale_from_the_bar_on_that_is_one_too_many() -> None:
    closed = at("2026-01-17T12:00")

    told = [Ages(3, clock=(closed + timedelta(hours=3, minutes=59)).timestamp), Ages(3, clock=(closed + timedelta(hours=4)).timestamp)]

    assert [each.of("crypto", timeframe="1h", as_of=closed) for each in told] == [Age(closed, 3, False), Age(closed, 4, True)]


@pytest.mark.parametrize(("calendar", "timeframe"), [("crypto", "1w"), ("equity", "1h")])
def test_bars_that_no_rule_counts_are_refused(calendar: str, timeframe: str) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        bars_since(calendar, timeframe=timeframe, as_of=at("2026-01-05T00:00"), at=at("2026-01-06T00:00"))


@pytest.mark.parametrize(("asset_class", "name"), [("equity", "XNYS"), ("synthetic", "24/5"), ("crypto", "24/7")])
def test_candles_of_ones_own_are_counted_by_their_calendar_and_as_those_of_the_platform_are(asset_class: str, name: str) -> None:
    starts = [at(f"{year}-{month:02}-01T03:00") for year in (1999, 2008, 2020, 2025) for month in (1, 6, 12)]

    counted = [
        [bars_since(calendar, timeframe="1d", as_of=start, at=at("2026-01-15T03:00")) for start in starts]
        for calendar in (asset_class, name)
    ]

    assert counted[0] == counted[1]


@pytest.mark.parametrize("calendar", ["XNYS", "24/7", "24/5"])
@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_the_edge_counts_as_many_bars_of_own_candles_as_their_calendar_has(calendar: str, timeframe: str) -> None:
    # Short sessions, week-ends, summer and winter time, a holiday on a Friday, and moments within and between sessions.
    starts = [at("2013-06-03T14:17") + timedelta(hours=1153, minutes=37) * step for step in range(120)]
    close_by = [at("2025-11-26T14:00") + timedelta(minutes=95) * step for step in range(100)]
    now = at("2029-07-03T17:30")

    plainly = [plain_bars_since(calendar, timeframe=timeframe, as_of=start, at=now) for start in starts + close_by]

    assert plainly == [bars_since(calendar, timeframe=timeframe, as_of=start, at=now) for start in starts + close_by]


def test_of_own_candles_the_moment_is_told_where_the_edge_cannot_count_their_bars_and_nothing_younger() -> None:
    ages = Ages(3, clock=at("2026-01-15T15:30").timestamp)
    own = [stock("ACME", "XNYS"), stock("PLC", "XLON")]

    hourly, london = [ages.of_symbols([each], timeframe="1h", own=own) for each in ("ACME", "PLC")]
    both = ages.of_symbols(["PLC", "ACME"], timeframe="1h", own=own, as_of=at("2026-01-14T16:30"))
    packaged_too = ages.of_symbols(["AAPL", "PLC"], timeframe="1d", own=own)

    assert hourly == Age(at("2026-01-13T21:00"), 7 + 1, True)
    assert (london.as_of, london.bars, london.stale) == (at("2026-01-13T21:00"), None, None)
    assert both == Age(at("2026-01-14T16:30"), None, None, london.reason)
    assert (packaged_too.as_of, packaged_too.bars, packaged_too.reason) == (at("2013-03-01T21:00"), None, london.reason)
    assert "PLC are counted by the calendar XLON where predictions are made" in (london.reason or "")
    assert reasons_of(london) == {"age_bars": london.reason, "stale": london.reason}


def stock(symbol: str, calendar: str) -> OwnCandles:
    days = {"start": date(2025, 1, 2), "end": date(2026, 1, 13), "last_close": at("2026-01-13T21:00")}
    return OwnCandles.model_validate(
        {"symbol": symbol, "timeframe": "1h", "dataset_id": "ds_1", "version": 1, "sha256": "0" * 64, "calendar": calendar, **days}
    )


def test_a_calendar_that_there_is_not_is_told_with_the_nearest() -> None:
    with pytest.raises(InvalidError, match="Did you mean 'NYSE'"):
        bars_since("XNYSE", timeframe="1d", as_of=at("2026-01-05T00:00"), at=at("2026-01-06T00:00"))


def test_of_several_symbols_the_oldest_data_counts_and_unknown_ones_have_no_age() -> None:
    ages = Ages(3, clock=at("2026-01-15T15:30").timestamp)

    both = ages.of_symbols(["NVDA", "AAPL"], timeframe="1d")

    assert both == ages.of_symbols(["AAPL"], timeframe="1d") == Age(at("2013-03-01T21:00"), 3238, True)
    unknown = [ages.of_symbols(["NVDA", "nobody's"], timeframe="1d"), ages.of_symbols(["AAPL"], timeframe="1h"), oldest([])]
    assert [(each.as_of, each.bars, each.stale) for each in unknown] == [(None, None, None)] * 3
    assert ["nobody's" in (unknown[0].reason or ""), "of 1h for AAPL" in (unknown[1].reason or "")] == [True, True]


def test_no_source_that_is_installed_goes_on_bringing_candles() -> None:
    symbols = (*INSTRUMENTS, GENERATED, "nobody's")

    assert without_live_source(symbols) == symbols
