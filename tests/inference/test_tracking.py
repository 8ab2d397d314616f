"""The periodic analysis: its timetable, one runner at a time however many there are, and what is passed over, by a clock of the test's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.analyses import Analyze
from libs.quant.analysis.reading import Reading
from services.inference.analysts.sent_market import look_at
from services.inference.analysts.technical import readings_of
from services.inference.domain.analyses import NoView, Skip, Tracked
from services.inference.outbound.live_candles_mongo import LiveCandlesMongo
from services.inference.outbound.rounds_mongo import RoundsMongo
from services.inference.outbound.skipped_mongo import SkippedMongo
from services.inference.outbound.tracked_market import TrackedMarket
from services.inference.usecases.analyze_tracked import APART, EVERY, LEASE, AnalyzeTracked
from tests.inference.conftest import Story
from tests.inference.test_analysing import sent
from tests.market.own import Rows, put

BEGIN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SYMBOLS = ("BTCUSDT", "ETHUSDT", "DOTUSDT")


class Killed(BaseException):
    """What ends a process in the middle of its work."""


@dataclass
class Analysed:
    """What makes signals, and remembers of what."""

    symbols: list[str] = field(default_factory=list)
    dies: bool = False

    async def __call__(self, ask: Analyze, readings: Sequence[Reading]) -> None:
        if self.dies:
            raise Killed
        assert (ask.account_id, ask.own) == (None, False)
        assert readings
        self.symbols.append(ask.symbol)


@dataclass
class Candles:
    """Candles of every symbol but of those that have none."""

    missing: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()

    async def load(self, symbol: str, *, at: datetime) -> Tracked | NoView:
        if symbol in self.broken:
            message = f"no file at {at}"
            raise OSError(message)
        return (
            NoView("there are no candles")
            if symbol in self.missing
            else Tracked(readings_of(look_at(sent(60), stale_after=3).bars), sent(60))
        )


@dataclass
class Clock:
    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Fleet:
    """Runners of one platform; each is a process of its own."""

    story: Story
    clock: Clock = field(default_factory=Clock)
    candles: Candles = field(default_factory=Candles)

    def runner(self, name: str, analysed: Analysed) -> AnalyzeTracked:
        database = self.story.database
        rounds, skipped = RoundsMongo(database["analysis_rounds"]), SkippedMongo(database["skipped_symbols"])
        return AnalyzeTracked(SYMBOLS, rounds, self.candles, analysed, skipped, self.clock, name)

    async def reasons(self) -> dict[str, str]:
        return {each.symbol: each.reason for each in await SkippedMongo(self.story.database["skipped_symbols"]).all()}


@pytest.fixture
def fleet(story: Story) -> Fleet:
    return Fleet(story)


async def test_symbols_are_ten_seconds_apart_and_rounds_five_minutes(fleet: Fleet) -> None:
    analysed, moments = Analysed(), list[timedelta]()
    runner = fleet.runner("first", analysed)

    while len(analysed.symbols) < 6:
        if await runner():
            moments.append(fleet.clock.at - BEGIN)
        fleet.clock.at += timedelta(seconds=1)

    assert analysed.symbols == [*SYMBOLS, *SYMBOLS]
    assert moments == [*(APART * n for n in range(3)), *(EVERY + APART * n for n in range(3))]


async def test_of_two_runners_one_at_a_time_takes_the_turn(fleet: Fleet) -> None:
    first, other = Analysed(), Analysed()
    runners = [fleet.runner("first", first), fleet.runner("other", other)]

    for _ in range(40):
        for runner in runners:
            await runner()
        runners.reverse()
        fleet.clock.at += timedelta(seconds=1)

    assert sorted(first.symbols + other.symbols) == sorted(SYMBOLS)


async def test_the_turn_of_one_that_was_killed_is_taken_when_its_lease_is_over(fleet: Fleet) -> None:
    killed, other = fleet.runner("killed", Analysed(dies=True)), Analysed()
    with pytest.raises(Killed):
        await killed()
    runner = fleet.runner("other", other)

    fleet.clock.at += LEASE - timedelta(seconds=1)
    early = await runner()
    fleet.clock.at += timedelta(seconds=1)

    assert (early, await runner(), other.symbols) == (False, True, ["BTCUSDT"])


async def test_what_is_passed_over_is_kept_with_its_reason_until_it_is_analysed(fleet: Fleet) -> None:
    analysed, fleet.candles = Analysed(), Candles(missing=("BTCUSDT",), broken=("ETHUSDT",))
    runner = fleet.runner("first", analysed)
    await SkippedMongo(fleet.story.database["skipped_symbols"]).note(Skip("OLDUSDT", "it was tracked once", BEGIN))

    for _ in SYMBOLS:
        await runner()
        fleet.clock.at += APART
    before = await fleet.reasons()
    fleet.candles.missing = ()
    fleet.clock.at = BEGIN + EVERY
    await runner()

    assert before == {"BTCUSDT": "there are no candles", "ETHUSDT": "it could not be analysed: OSError"}
    assert (await fleet.reasons()).keys() == {"ETHUSDT"}
    assert analysed.symbols == ["DOTUSDT", "BTCUSDT"]


async def put_live(story: Story, bars: int, *, version: int) -> datetime:
    """Tell of a live series of so many hours; return when the last of them closed."""
    own = put(Artifacts(story.store.url), Rows(symbol="ETH-USDT", bars=bars), dataset_id="live_ETH-USDT_1h", version=version)
    closed = datetime.combine(own.start, time(), UTC) + timedelta(hours=bars)
    await LiveCandlesMongo(story.database["live_candles"]).note(own.model_copy(update={"last_close": closed}))
    return closed


async def test_live_series_are_read_on_where_they_were_left_and_old_ones_passed_over(story: Story) -> None:
    live = LiveCandlesMongo(story.database["live_candles"])
    market = TrackedMarket(story.settings.market_lake, Artifacts(story.store.url), live, stale_after=3)
    await market.load("ETHUSDT", at=await put_live(story, 480, version=1))
    at = await put_live(story, 600, version=2)

    found = await market.load("ETHUSDT", at=at)
    anew = await TrackedMarket(None, Artifacts(story.store.url), live, stale_after=3).load("ETHUSDT", at=at)
    old = await market.load("ETHUSDT", at=at + timedelta(days=30))
    packaged, nothing = await market.load("BTCUSDT", at=at), await market.load("DOTUSDT", at=at)

    assert isinstance(found, Tracked)
    assert [each.timeframe for each in found.readings] == ["1h", "4h", "1d"]
    assert len(found.market.timeframe_data["1h"]) == 250
    assert found.market.timeframe_data["1h"].timestamp[-1] == int(at.timestamp() - 3600) * 1000
    assert isinstance(anew, Tracked)
    assert [each.values for each in found.readings] == [each.values for each in anew.readings]
    assert isinstance(old, NoView)
    assert "720 bars ago: too old for a signal of now" in old.reason
    assert isinstance(packaged, NoView)
    assert packaged.reason.startswith("its newest candle (BTC-USD, 15m) closed 2021-12-29 14:00 UTC")
    assert nothing == NoView("there are no candles of DOTUSDT: neither a live series nor the platform's own data has it")
