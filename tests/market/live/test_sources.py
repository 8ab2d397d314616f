"""What every live source keeps to, asked through the real libraries; what goes wrong at an exchange is told in one way."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from libs.market.live.fetch import Fetched, Patience, Wanted, fetch
from libs.market.live.source import Source, SourceAwayError, SourceRefusedError
from libs.market.live.sources import GROUP, make_source
from tests.market.live.exchange import MINUTE, Exchange, served

HOUR = 60 * MINUTE
BEGIN = 1_767_571_200 * 10**9  # Monday, 5 January 2026, midnight UTC
KEYS = {"ALPACA_KEY_ID": "a key", "ALPACA_SECRET_KEY": "a secret"}


@dataclass
class Asked:
    """A source of either kind at the exchange, and what its market is called there."""

    exchange: Exchange
    source: Source
    market: str
    pauses: list[float]

    def fetch(self, *, since: int = BEGIN, most: int = 10_000, timeframe: str = "1h", tries: int = 6, calendar: str = "24/7") -> Fetched:
        wanted = Wanted(self.market, timeframe, calendar, since=since, bars_most=most)
        patience = Patience(tries=tries, first_s=1.0, longest_s=60.0, sleep=self.pauses.append)
        return fetch(self.source, wanted, patience=patience, report=lambda _: None)


def bars(count: int, *, length: int = HOUR, begin: int = BEGIN) -> dict[int, tuple[float, float, float, float, float]]:
    return {begin + i * length: (100.0 + i, 102.25 + i, 99.5 + i, 101.0 + i, 5.5 * (i + 1)) for i in range(count)}


@pytest.fixture(params=["ccxt:binance", "alpaca:crypto"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    with served(Exchange(bars=bars(48), now=BEGIN + 48 * HOUR)) as exchange:
        source = make_source(request.param, base_url=exchange.url, environ={})
        market = "BTC/USDT" if request.param.startswith("ccxt") else "BTC/USD"
        yield Asked(exchange, source, market, [])


def test_closed_candles_come_as_the_exchange_has_them(asked: Asked) -> None:
    found = asked.fetch()

    assert {bar.opened: bar[1:] for bar in found.bars} == asked.exchange.bars
    assert (found.is_all, found.duplicates, found.unclosed, found.missing) == (True, 0, 0, 0)
    assert asked.source.now() == asked.exchange.now
    assert asked.source.calendar == "24/7"


def test_a_long_past_comes_page_by_page_and_in_bounded_steps(asked: Asked) -> None:
    asked.exchange.bars, asked.exchange.page_most = bars(2_500), 10_000
    asked.exchange.now = BEGIN + 2_500 * HOUR

    step = asked.fetch(most=1_200)
    rest = asked.fetch(since=step.bars[-1].opened + HOUR)
    whole = asked.fetch()

    assert len(step.bars) >= 1_200
    assert [bar.opened for bar in step.bars + rest.bars] == sorted(asked.exchange.bars)
    assert rest.is_all
    assert [bar.opened for bar in whole.bars] == sorted(asked.exchange.bars)


def test_a_candle_that_is_not_over_by_the_sources_time_is_left_out_however_far_ahead_our_clock_is(asked: Asked) -> None:
    asked.exchange.now = BEGIN + 10 * HOUR + 30 * MINUTE

    found = asked.fetch()

    assert [bar.opened for bar in found.bars] == [BEGIN + i * HOUR for i in range(10)]
    assert found.unclosed == 1


def test_holes_are_counted_and_what_comes_twice_is_there_once(asked: Asked) -> None:
    asked.exchange.hidden, asked.exchange.twice = {BEGIN + 5 * HOUR, BEGIN + 6 * HOUR}, {BEGIN + 9 * HOUR}

    found = asked.fetch()

    assert (len(found.bars), found.missing, found.duplicates) == (46, 2, 1)


@pytest.mark.parametrize("fault", ["429", "500", "503", "cut off"])
def test_what_passes_is_asked_again_until_it_has_passed(asked: Asked, fault: str) -> None:
    asked.exchange.faults.extend([fault, fault])

    found = asked.fetch()

    assert len(found.bars) == 48
    assert len(asked.pauses) == 2
    if fault == "429":
        assert asked.pauses == [2.0, 2.0]  # As the exchange says.
    else:
        assert 0.75 <= asked.pauses[0] <= 1.25
        assert 1.5 <= asked.pauses[1] <= 2.5


def test_what_does_not_pass_is_given_up_with_a_plain_reason(asked: Asked) -> None:
    asked.exchange.faults.extend(["503"] * 3)

    with pytest.raises(SourceRefusedError, match=r"asked 3 times\. The next refresh goes on from here"):
        asked.fetch(tries=3)


def test_a_source_that_asks_for_a_longer_wait_than_there_is_patience_for_is_left_to_the_next_refresh(asked: Asked) -> None:
    asked.exchange.retry_after = "3600"
    asked.exchange.faults.append("429")

    with pytest.raises(SourceRefusedError, match="wait for 3600 s"):
        asked.fetch()
    assert asked.pauses == []


def test_nobody_there_is_something_that_passes(asked: Asked) -> None:
    # Given a port at which nobody listens.
    name = "ccxt:binance" if asked.market == "BTC/USDT" else "alpaca:crypto"
    nobody = make_source(name, base_url="http://127.0.0.1:9", environ={})

    with pytest.raises(SourceAwayError):
        nobody.page(asked.market, "1h", since=BEGIN, until=BEGIN + HOUR)


def test_a_timeframe_that_a_source_has_not_is_refused_with_those_that_it_has(asked: Asked) -> None:
    with pytest.raises(SourceRefusedError, match="no candles of 1w; it has 1m, 5m"):
        asked.fetch(timeframe="1w")


def test_a_market_that_an_exchange_has_not_is_told_with_the_nearest() -> None:
    with served(Exchange(bars=bars(3), now=BEGIN + 3 * HOUR)) as exchange:
        source = make_source("ccxt:binance", base_url=exchange.url)

        with pytest.raises(SourceRefusedError, match=r"no market 'BTC/USDC'\. Did you mean 'BTC/USDT'\?"):
            source.page("BTC/USDC", "1h", since=BEGIN, until=BEGIN + HOUR)


def test_equities_are_taken_within_sessions_by_their_calendar_and_days_by_their_date() -> None:
    nine = BEGIN + 14 * HOUR  # nine in New York, half an hour before the session
    half_hours = bars(16, length=30 * MINUTE, begin=nine)
    with served(Exchange(bars=half_hours, length=30 * MINUTE, now=BEGIN + 24 * HOUR)) as exchange:
        equities = Asked(exchange, make_source("alpaca:iex", base_url=exchange.url, environ=KEYS), "ACME", [])

        found = equities.fetch(timeframe="30m", calendar="XNYS")
        exchange.bars = {BEGIN + 5 * HOUR + i * 24 * HOUR: (10.0, 11.0, 9.0, 10.0, 100.0) for i in range(2)}  # midnight in New York
        exchange.now = BEGIN + (24 + 16) * HOUR  # Tuesday's session has begun
        later = Asked(exchange, make_source("alpaca:iex", base_url=exchange.url, environ=KEYS), "ACME", [])
        days = later.fetch(timeframe="1d", calendar="XNYS")

    assert [(bar.opened - nine) // (30 * MINUTE) for bar in found.bars] == list(range(1, 14))
    assert (found.outside, found.missing) == (3, 0)
    assert [bar.opened for bar in days.bars] == [BEGIN + 5 * HOUR]
    assert days.unclosed == 1
    assert exchange.keys_seen == {"a key"}


def test_equities_without_keys_are_refused_and_no_message_holds_one() -> None:
    with pytest.raises(SourceRefusedError, match="need ALPACA_KEY_ID and ALPACA_SECRET_KEY"):
        make_source("alpaca:iex", environ={"ALPACA_KEY_ID": "a key"})
    with served(Exchange(now=BEGIN)) as exchange:
        exchange.faults.append("403")
        source = make_source("alpaca:sip", base_url=exchange.url, environ=KEYS)
        with pytest.raises(SourceRefusedError, match=r"Alpaca refuses \(403\)") as refused:
            source.page("ACME", "1d", since=BEGIN, until=BEGIN + 24 * HOUR)
    assert "a secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ccxt:krakn", "ccxt knows no exchange 'krakn'. Did you mean 'kraken'?"),
        ("alpaca:spi", "Alpaca has no feed 'spi'; there are iex, sip, crypto. Did you mean 'sip'?"),
        ("cctx:kraken", "There is no source 'cctx'; there are ccxt, alpaca. Did you mean 'ccxt'?"),
    ],
)
def test_a_source_that_there_is_not_is_told_with_the_nearest(name: str, sentence: str) -> None:
    with pytest.raises(SourceRefusedError) as refused:
        make_source(name, environ=KEYS)

    assert refused.value.message == sentence


PACKAGE = """
from libs.market.live.source import Bar, Page


class House:
    calendar = "24/7"
    timeframes = ("1h",)

    def __init__(self, desk):
        self.desk = desk

    def now(self):
        return 2**62

    def page(self, market, timeframe, *, since, until):
        return Page((Bar(since, 1.0, 2.0, 0.5, 1.5, float(len(self.desk))),), None)


def make(name, *, base_url, environ):
    return House(name)
"""


def test_an_installed_package_adds_a_source_by_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "house_source.py").write_text(PACKAGE)
    about = tmp_path / "house_source-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: house-source\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\nhouse = house_source:make\n")
    monkeypatch.syspath_prepend(tmp_path)

    house = make_source("house:desk")

    assert house.page("ACME", "1h", since=BEGIN, until=BEGIN + HOUR).bars == ((BEGIN, 1.0, 2.0, 0.5, 1.5, 4.0),)
