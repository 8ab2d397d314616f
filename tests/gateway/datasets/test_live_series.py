"""Live series: refreshed by one job at a time however many gateways there are, there for everybody, and nobody's to change."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import pytest_asyncio

from libs.contracts.envelope import now
from libs.contracts.live import PLATFORM
from libs.market.age import bars_since
from services.gateway.usecases.datasets.refresh_series import CLAIM
from tests.conftest import NewFolder
from tests.gateway.datasets.desk import BROKEN, DATASETS, Clerk, error_of
from tests.gateway.datasets.feed import Feed, series
from tests.gateway.studio.selling import an_offer
from tests.gateway.studio.world import Places, User, World, world
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
# They are due so seldom that no story has one become due in its midst.
A_YEAR: Final = timedelta(days=365)
SYMBOLS: Final = ("ONCE", "SHOWN", "PAST", "AWAY", "KILLED", "USED", "MINE", "SOLD", "OLD", "BAD", "LIST", "MOVED", "GONE", "AAPL")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live(mongo_url: str, redis_url: str, new_folder: NewFolder) -> AsyncIterator[World]:
    places = Places(mongo_url, redis_url, new_folder())
    async with world(places, live_series=[series(symbol, every="365d") for symbol in SYMBOLS], by_itself=True) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def kim(live: World) -> User:
    return await live.user()


async def test_of_two_gateways_that_look_one_starts_a_refresh_and_nobody_is_charged(live: World) -> None:
    feed = Feed(live, "ONCE")

    job_id, spec = await feed.requested()
    await feed.look_later(2 * A_YEAR)

    assert len(feed.requests()) == 1  # It has not ended: nothing starts beside it.
    assert (spec.version, spec.base, spec.market, spec.since) == (1, None, "ONCE/USDT", datetime(2026, 1, 5, tzinfo=UTC))
    asked = live.training.job_requests[job_id]
    assert asked.account_id == PLATFORM
    assert asked.reserved_hours > 0  # What bounds it.
    wallets = live.database.client[live.database.name.replace("gateway", "marketplace")]["wallets"]
    assert await wallets.find_one({"_id": PLATFORM}) is None


async def test_a_series_that_was_refreshed_is_there_for_everybody_and_says_how_it_stands(live: World, kim: User) -> None:
    feed, clerk = Feed(live, "SHOWN"), Clerk(live, kim)
    await feed.complete()

    shown = await clerk.get(f"/{feed.id}")
    listed = (await clerk.get(source="live", symbol="SHOWN"))["datasets"]
    mixed = await clerk.get(symbol="SHOWN")
    symbols = (await kim.http.get("/api/ai-studio/symbols/")).json()

    assert (shown["source"], shown["status"], shown["version"], shown["symbol"], shown["rows"]) == ("live", "ready", 1, "SHOWN", 8)
    standing = shown["refresh"]
    assert (standing["source"], standing["market"], standing["last_error"]) == ("ccxt:binance", "SHOWN/USDT", None)
    assert standing["last_ok"] < standing["next"]
    assert [(each["id"], each["refresh"]["market"]) for each in listed] == [(feed.id, "SHOWN/USDT")]
    assert mixed["total"] == 1
    assert (await clerk.get(source="uploaded", symbol="SHOWN"))["total"] == 0
    (row,) = [each for each in symbols["results"] if each["symbol"] == "SHOWN"]
    assert (row["own"], row["live"], row["name"]) == (False, True, "SHOWN (live)")


async def test_a_long_past_is_fetched_step_by_step_without_waiting_for_the_clock(live: World) -> None:
    feed = Feed(live, "PAST")
    await feed.complete(caught_up=False)

    # Had it not been woken, nothing would be due for a year.
    await feed.look_later(timedelta(0))
    _, second = await feed.requested(2)

    assert second.version == 2
    assert second.base is not None
    assert second.base.version == 1


async def test_a_series_whose_market_was_changed_begins_anew(live: World) -> None:
    feed = Feed(live, "MOVED")
    await feed.complete()
    other = live.gateway.refresh.series[feed.id].model_copy(update={"source": "ccxt:kraken"})
    looks = replace(live.gateway.refresh, series={feed.id: other}, clock=lambda: now() + A_YEAR)

    await looks()
    _, spec = await feed.requested(2)

    assert (spec.version, spec.source, spec.base, spec.replaces) == (2, "ccxt:kraken", None, "MOVED/USDT from ccxt:binance")


async def test_a_refresh_that_failed_is_shown_tried_again_before_long_and_takes_nothing_away(live: World, kim: User) -> None:
    feed, clerk = Feed(live, "AWAY"), Clerk(live, kim)
    await feed.complete()
    await feed.look_later(A_YEAR)
    await feed.fail("binance is not reached; asked 6 times.", count=2)

    shown = await clerk.get(f"/{feed.id}")
    due_in = await feed.due_in()
    await feed.look_later(A_YEAR)
    _, third = await feed.requested(3)
    meanwhile = await clerk.get(f"/{feed.id}")
    await feed.complete(count=3)
    well = await clerk.get(f"/{feed.id}")

    assert (shown["status"], shown["version"], shown["rows"]) == ("ready", 1, 8)
    assert shown["refresh"]["last_error"] == "Its refresh failed: binance is not reached; asked 6 times."
    assert timedelta(0) < due_in <= timedelta(minutes=1)
    assert (third.version, third.base and third.base.version) == (3, 1)
    assert meanwhile["refresh"]["last_error"] == shown["refresh"]["last_error"]
    assert (well["status"], well["version"], well["refresh"]["last_error"]) == ("ready", 3, None)


async def test_candles_that_are_refused_are_a_failure_as_well(live: World, kim: User) -> None:
    feed = Feed(live, "BAD")
    await feed.complete(refused=True)

    shown = await Clerk(live, kim).get(f"/{feed.id}")

    assert (shown["status"], shown["version"], shown["refresh"]["last_ok"]) == ("refused", None, None)
    assert shown["refresh"]["last_error"] == BROKEN.message
    assert await feed.due_in() <= timedelta(minutes=1)


async def test_a_gateway_that_dies_between_claim_and_start_loses_nothing_and_starts_nothing_twice(live: World) -> None:
    feed = Feed(live, "KILLED")
    await feed.complete()
    turns, later = live.gateway.platform.datasets.turns, now() + A_YEAR
    dead = await turns.take([feed.id], at=later, until=later + CLAIM)

    await feed.look_later(A_YEAR)
    assert dead is not None
    assert len(feed.requests()) == 1  # The dead one has it.
    await feed.look_later(A_YEAR + timedelta(minutes=2))
    _, spec = await feed.requested(2)
    # Another died after it had started this one: whoever comes next starts the same.
    await live.database["datasets"].update_one({"_id": feed.id}, [{"$set": {"newest": "$ready"}}])
    await live.database["live_series"].update_one({"_id": feed.id}, {"$set": {"due_at": now()}})
    await feed.look_later(timedelta(minutes=1))

    assert spec.version == 2
    assert len(feed.requests()) == 2


async def test_a_live_symbol_is_used_like_any_other_and_an_accounts_own_goes_before_it(live: World, kim: User) -> None:
    used, mine, clerk = Feed(live, "USED"), Feed(live, "MINE"), Clerk(live, kim)
    await used.complete()
    await mine.complete()
    own = await clerk.complete(await clerk.sent(symbol="MINE"), rows=9)

    found = await live.gateway.platform.datasets.own.newest(kim.account_id)
    others = await live.gateway.platform.datasets.own.newest((await live.user()).account_id)

    assert [each.dataset_id for each in found.references(["USED", "MINE"], timeframe="4h")] == [used.id, own["id"]]
    assert [each.dataset_id for each in others.references(["USED", "MINE"], timeframe="1d")] == [used.id, mine.id]


def hours_since(end: datetime) -> int:
    """Return how many candles of an hour have closed since."""
    return bars_since("24/7", timeframe="1h", as_of=end, at=now())


async def aged(user: User, listing_id: str, *, end: datetime) -> Any:
    """Return a listing once it says how old these candles are: where the other gateway heard of them, this one sees them within a second."""
    listing: dict[str, Any] = {}

    async def says_it() -> bool:
        listing.update(await user.get(f"/marketplace/{listing_id}/"))
        return 5 <= (listing["age_bars"] or 0) <= hours_since(end)

    await until(says_it, what="the age of the series' candles")
    return listing


async def test_a_model_on_live_symbols_is_published_without_a_word_about_static_data_and_says_how_old_its_candles_are(
    live: World, kim: User
) -> None:
    end = now() - timedelta(hours=5)
    await Feed(live, "LIST").complete(end=end)
    model_id = await live.trained(kim, training_config={"symbols": ["LIST"], "timeframe": "1h", "cross_validation_folds": 0})

    signal = {"symbol": "LIST", "signal": "BUY", "date": "2026-01-05"}
    offer = {name: value for name, value in an_offer().items() if name != "acknowledge_static_data"} | {"sample_signals": [signal]}
    answer = await kim.call("POST", f"/models/{model_id}/publish/", offer)
    assert answer.status_code == 201, answer.text
    listing = await aged(kim, answer.json()["listing_id"], end=end)
    predicted = await kim.call("POST", f"/models/{model_id}/predict/", {"symbols": ["LIST"]})

    assert (listing["static_data"], listing["stale"]) == (False, True)
    assert predicted.status_code == 200
    (ask,) = [ask for ask in live.inference.asks if ask.model_id == model_id]
    assert (ask.static_data, [own.dataset_id for own in ask.own]) == (False, ["live_LIST_1h"])


async def test_a_series_that_is_fetched_no_more_is_no_live_source_and_its_model_is_published_as_static(live: World, kim: User) -> None:
    feed = Feed(live, "GONE")
    end = now() - timedelta(hours=5)
    await feed.complete(end=end)
    model_id = await live.trained(kim, training_config={"symbols": ["GONE"], "timeframe": "1h", "cross_validation_folds": 0})
    fetched = live.gateway.platform.datasets.series
    assert isinstance(fetched, dict)
    del fetched[feed.id]

    offer = an_offer()
    unsaid = await kim.call("POST", f"/models/{model_id}/publish/", offer | {"acknowledge_static_data": False})
    answer = await kim.call("POST", f"/models/{model_id}/publish/", offer)

    assert unsaid.status_code == 400
    assert "GONE" in unsaid.text
    assert (await aged(kim, answer.json()["listing_id"], end=end))["static_data"] is True


async def test_a_model_that_was_trained_on_packaged_candles_is_not_answered_from_a_live_series_of_their_name(
    live: World, kim: User
) -> None:
    daily = {"symbols": ["AAPL"], "timeframe": "1d", "cross_validation_folds": 0}
    before = await live.trained(kim, training_config=daily)
    await Feed(live, "AAPL").complete()
    after = await live.trained(kim, training_config=daily)

    for model_id in (after, before):
        await kim.call("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]})
    ranged = await kim.call("POST", f"/models/{before}/batch-predict/", {"symbols": ["AAPL"], "start_date": "2012-12-03"})

    assert [[own.dataset_id for own in ask.own] for ask in live.inference.asks[-2:]] == [["live_AAPL_1h"], []]
    assert (ranged.status_code, live.inference.ranges.asks[-1].own) == (200, None)


async def test_a_live_series_is_nobodys_to_change(live: World, kim: User) -> None:
    feed, clerk = Feed(live, "OLD"), Clerk(live, kim)
    await feed.complete()

    renamed = await kim.http.patch(f"{DATASETS}/{feed.id}", json={"name": "Mine"})
    deleted = await kim.http.delete(f"{DATASETS}/{feed.id}")
    appended = await clerk.append(feed.id)

    assert [error_of(each)[0] for each in (renamed, deleted, appended)] == [409, 409, 409]
    assert "comes with the platform" in error_of(deleted)[1]


async def test_old_versions_of_a_series_that_nothing_was_trained_on_are_forgotten(live: World) -> None:
    feed = Feed(live, "SOLD")
    for number in range(1, 8):
        await feed.complete(count=number, caught_up=number == 7)
        aged = {"$set": {"created_at": now() - timedelta(days=3)}}
        await live.database["dataset_versions"].update_many({"dataset_id": feed.id}, aged)
        if number < 7:
            await feed.look_later(timedelta(0))

    kept = [each["number"] async for each in live.database["dataset_versions"].find({"dataset_id": feed.id}).sort("number")]

    assert kept == [3, 4, 5, 6, 7]


async def test_a_series_that_is_woken_while_somebody_has_its_turn_is_due_no_later_than_that(live: World) -> None:
    # One that no gateway fetches: nobody else takes its turn.
    turns, at, series_id = live.gateway.platform.datasets.turns, now() + timedelta(days=1), "live_SOON_1h"
    await turns.prepare([series_id], at=at)
    soon, regular = at + CLAIM + timedelta(seconds=1), at + timedelta(hours=1)

    async def ended(woken_at: datetime | None) -> datetime:
        await turns.wake(series_id, due_at=at)
        turn = await turns.take([series_id], at=at, until=at + CLAIM)
        assert turn is not None
        if woken_at is not None:
            await turns.wake(series_id, due_at=woken_at)
        await turns.end(turn, due_at=regular)
        return (await turns.due([series_id]))[series_id]

    # As late as the claim, or later: a refresh that fails has its early retry all the same, and the next turn none.
    dues = [await ended(woken_at) for woken_at in (at + timedelta(seconds=1), at + CLAIM, soon, None)]

    assert [round((due - at).total_seconds()) for due in dues] == [1, 60, 61, 3600]
