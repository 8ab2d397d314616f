"""What the job kind `refresh` runs: candles of an exchange on this machine, through the real library, added to a series."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.datasets import BaseVersion, FindingCode
from libs.contracts.live import NOTHING_YET, RefreshResult, RefreshSpec
from libs.market.datasets.canonical import read_candles
from libs.market.live.fetch import Patience
from libs.market.live.source import SourceRefusedError
from libs.market.live.sources import make_source
from libs.quant.candles import Candles
from services.training.sources.refresh import NothingCameError, NothingYetError, refresh, run
from tests.market.live.exchange import FAULTS, MINUTE, Exchange, served
from tests.market.live.test_sources import BEGIN, bars

QUARTER = 15 * MINUTE
TWO_DAYS = 2 * 96


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with served(Exchange(bars=bars(TWO_DAYS, length=QUARTER), length=QUARTER, now=BEGIN + 4 * QUARTER)) as exchange:
        yield exchange


@pytest.fixture
def store(tmp_path: Path) -> Artifacts:
    return Artifacts(str(tmp_path / "artifacts"))


class Series:
    """A series at the exchange, refreshed again and again; pauses are not waited for."""

    def __init__(self, exchange: Exchange, store: Artifacts, *, revise_bars: int = 10, bars_most: int = 50_000) -> None:
        self.exchange, self.store = exchange, store
        self.spec = RefreshSpec(
            dataset_id="live_BTC-USDT_15m",
            version=1,
            name="BTC/USDT 15m from ccxt:binance",
            source="ccxt:binance",
            market="BTC/USDT",
            symbol="BTC-USDT",
            timeframe="15m",
            base_url=exchange.url,
            since=datetime.fromtimestamp(BEGIN // 10**9, UTC),
            revise_bars=revise_bars,
            bars_most=bars_most,
            rows_most=1_000_000,
        )
        self.source = make_source(self.spec.source, base_url=exchange.url)
        self.told: list[str] = []

    def refresh(self) -> RefreshResult:
        patience = Patience(sleep=lambda _: None)
        tell = self.told.append
        result = refresh(self.spec, source=self.source, artifacts=self.store, report=lambda told: tell(told.message), patience=patience)
        if result.artifact is not None:
            base = BaseVersion(version=self.spec.version, sha256=result.artifact.sha256, size=result.artifact.size)
            self.spec = self.spec.model_copy(update={"version": self.spec.version + 1, "base": base})
        return result

    def candles(self) -> Candles:
        assert self.spec.base is not None
        return read_candles(self.store.get(self.spec.base.sha256), symbol="BTC-USDT")[0]

    def has_what_the_exchange_has(self, *, but: frozenset[int] = frozenset()) -> bool:
        found = self.candles()
        there = zip(found.time.tolist(), found.open, found.high, found.low, found.close, found.volume, strict=True)
        kept = {at - QUARTER: tuple(map(float, values)) for at, *values in there}
        over = {at: row for at, row in self.exchange.bars.items() if at + QUARTER <= self.exchange.now and at not in but}
        return kept == over


def test_two_days_with_faults_leave_the_candles_that_the_exchange_has(exchange: Exchange, store: Artifacts) -> None:
    # Given an exchange that is late, forgetful, slow, and corrects what it has said.
    chance, series = random.Random(7), Series(exchange, store)
    late: dict[int, int] = {}

    for hour in range(1, 49):
        exchange.now = BEGIN + hour * 4 * QUARTER + chance.randrange(QUARTER)
        newest = BEGIN + (hour * 4 - 1) * QUARTER
        if hour % 5 == 0:
            late[newest] = hour + 1
        exchange.hidden = {at for at, until in late.items() if until > hour}
        exchange.twice = {newest - QUARTER}
        if hour % 7 == 0:
            opened, high, low, close, volume = exchange.bars[newest - 2 * QUARTER]
            exchange.bars[newest - 2 * QUARTER] = (opened, high + 1, low, close + 0.5, volume * 2)
        exchange.faults.extend(chance.choices(FAULTS, k=chance.randrange(3)))
        series.refresh()
    exchange.now, exchange.hidden = BEGIN + TWO_DAYS * QUARTER, set()
    last = series.refresh()

    assert series.has_what_the_exchange_has()
    assert (last.rows, last.missing, last.caught_up) == (TWO_DAYS, 0, True)
    assert FindingCode.GAP not in {finding.code for finding in last.findings}


def test_what_is_missing_is_a_finding_and_is_asked_for_again(exchange: Exchange, store: Artifacts) -> None:
    series = Series(exchange, store)
    exchange.now, exchange.hidden = BEGIN + 40 * QUARTER, {BEGIN + 37 * QUARTER, BEGIN + 38 * QUARTER}

    with_a_hole = series.refresh()
    exchange.hidden = set()
    filled = series.refresh()

    gaps = [finding for finding in with_a_hole.findings if finding.code is FindingCode.GAP]
    assert [(gap.severity, gap.count) for gap in gaps] == [("warning", 2)]
    assert (with_a_hole.came, with_a_hole.missing, with_a_hole.status) == (38, 2, "ready")
    assert (filled.added, filled.revised, filled.missing) == (2, 0, 0)
    assert series.has_what_the_exchange_has()


def test_a_late_correction_is_taken_and_counted(exchange: Exchange, store: Artifacts) -> None:
    series = Series(exchange, store, revise_bars=5)
    exchange.now = BEGIN + 20 * QUARTER
    series.refresh()
    exchange.bars[BEGIN + 18 * QUARTER] = (1.0, 9.0, 0.5, 2.0, 3.0)
    exchange.now += QUARTER

    corrected = series.refresh()

    assert (corrected.came, corrected.added, corrected.revised, corrected.rows) == (6, 1, 1, 21)
    assert series.has_what_the_exchange_has()


def test_a_long_past_comes_in_bounded_steps_and_no_candle_twice(exchange: Exchange, store: Artifacts) -> None:
    exchange.bars = bars(3_000, length=QUARTER)
    exchange.now = BEGIN + 3_000 * QUARTER
    series = Series(exchange, store, bars_most=1_000)

    steps = [series.refresh() for _ in range(4)]

    assert [step.caught_up for step in steps] == [False, False, False, True]
    assert [step.rows for step in steps] == [1_000, 1_990, 2_980, 3_000]
    assert series.has_what_the_exchange_has()


def test_the_same_refresh_twice_is_one_file(exchange: Exchange, store: Artifacts) -> None:
    exchange.now = BEGIN + 20 * QUARTER
    series = Series(exchange, store)

    once = run(series.spec, artifacts=store, report=lambda _: None)
    twice = run(series.spec, artifacts=store, report=lambda _: None)

    assert once.artifact is not None
    assert once.artifact == twice.artifact
    assert (once.calendar, once.timeframe, once.start) == ("24/7", "15m", datetime.fromtimestamp(BEGIN // 10**9, UTC))
    assert once.page is not None
    assert b"<html" in store.get(once.page.sha256)


def test_an_exchange_that_is_away_fails_the_refresh_and_changes_nothing(exchange: Exchange, store: Artifacts) -> None:
    series = Series(exchange, store)
    exchange.now = BEGIN + 20 * QUARTER
    series.refresh()
    before = series.spec
    exchange.faults.extend(["503"] * 6)

    with pytest.raises(SourceRefusedError, match=r"binance fails, or .* asked 6 times"):
        series.refresh()

    assert series.spec == before
    assert series.refresh().status == "ready"


def test_a_source_that_has_nothing_where_it_must_have_some_is_no_silent_success(exchange: Exchange, store: Artifacts) -> None:
    series = Series(exchange, store)
    exchange.bars = {}

    with pytest.raises(NothingCameError, match=r"ccxt:binance has no closed candle of BTC/USDT since 2026-01-05T00:00"):
        series.refresh()


def test_a_source_with_its_newest_candles_alone_leaves_a_hole_that_every_version_tells_of(exchange: Exchange, store: Artifacts) -> None:
    series = Series(exchange, store)
    exchange.now, exchange.hidden = BEGIN + 40 * QUARTER, {BEGIN + number * QUARTER for number in range(30)}

    series.spec = series.spec.model_copy(update={"replaces": "BTC/USD from ccxt:kraken"})
    begun = series.refresh()
    exchange.now += QUARTER
    next_one = series.refresh()

    gaps = [[finding for finding in each.findings if finding.code is FindingCode.GAP] for each in (begun, next_one)]
    assert [(gap.severity, gap.count, gap.first) for (gap,) in gaps] == [("warning", 30, "2026-01-05T00:00+00:00")] * 2
    assert "the first that ccxt:binance has closed at 2026-01-05T07:45+00:00" in gaps[0][0].message
    assert (begun.came, begun.missing, next_one.missing) == (10, 30, 0)
    assert any("begins anew with them: before, it was BTC/USD from ccxt:kraken" in line for line in series.told)


def test_a_series_whose_first_candle_is_not_over_has_nothing_yet(exchange: Exchange, store: Artifacts) -> None:
    exchange.now = BEGIN + QUARTER - MINUTE

    with pytest.raises(NothingYetError, match=r"No candle of 15m has closed since 2026-01-05T00:00") as caught:
        Series(exchange, store).refresh()

    assert type(caught.value).__name__ == NOTHING_YET
