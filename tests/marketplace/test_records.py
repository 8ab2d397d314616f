"""A listing's record: its days are kept once and never changed, and it stands as its length and its account's trials let it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from statistics import variance
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.stores.parts import Part
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.listings import ListingUpdated, Performance, PerformanceMeasured, PerformanceRequested, PublishModel
from libs.contracts.record_chain import rounded_day
from libs.contracts.records import ReadRecord, RecordDay, RecordPage
from modelbourse.record_chain import first_break
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.outbound.listings_mongo import ListingsMongo
from services.marketplace.outbound.records_mongo import RecordsMongo
from services.marketplace.settings import Settings
from tests.marketplace.listing_story import a_record, events, offered, on_sale, trained
from tests.marketplace.market import PATIENCE_S, Clock, Market, serving, wired
from tests.outboxes import fill_outbox
from tests.waiting import until

DAYS = [rounded_day(date(2012, 1, 2) + timedelta(days=each), day_return=each / 1000, position=each % 2, absent=False) for each in range(30)]
OTHERWISE = DAYS[3].model_copy(update={"day_return": 0.5})


async def tell(
    market: Market, ask: PublishModel, days: Sequence[RecordDay], *, record: Performance | None = None, after: date | None = None
) -> Any:
    """Tell of a measured record and its days, and return the listing as it is told then."""
    record = record or a_record()
    ids = {"listing_id": ask.listing_id, "model_id": ask.model_id, "version": ask.version, "sequence": 2}
    await market.bus.publish(PerformanceMeasured(**ids, kind="backtest", performance=record, days=tuple(days), days_after=after))
    return await updated(market, ask, lambda listing: listing.backtest == record)


async def updated(market: Market, ask: PublishModel, wanted: Any) -> Any:
    """Wait until a listing is told that is as it is wanted, and return the latest one that is told."""

    def latest() -> Any:
        told = [ListingUpdated.model_validate_json(body) for body in market.told(ListingUpdated.topic, ask.listing_id)]
        return max(told, key=lambda event: event.sequence).listing if told else None

    async def told() -> bool:
        return latest() is not None and wanted(latest())

    await until(told)
    return latest()


async def read(market: Market, ask: PublishModel, *, page: int = 1, size: int = 100) -> RecordPage:
    answer = await market.bus.ask(ReadRecord(listing_id=ask.listing_id, page=page, size=size), within=PATIENCE_S)
    assert isinstance(answer, RecordPage)
    return answer


async def for_sale(market: Market) -> PublishModel:
    return await on_sale(market, account=new_id("account"))


async def test_days_are_kept_as_a_chain_that_grows_and_holds(market: Market) -> None:
    ask = await for_sale(market)

    await tell(market, ask, DAYS[:20])
    head = (await tell(market, ask, DAYS[20:], after=DAYS[19].date)).record
    told = await read(market, ask)

    assert [RecordDay.model_validate(each.model_dump()) for each in told.days] == DAYS
    assert first_break(told.days, listing_id=ask.listing_id, version=ask.version) is None
    assert (head.days, head.hash, head.last, head.restated) == (30, told.days[-1].hash, DAYS[-1].date, 0)
    assert [(each.count, len(each.days)) for each in [await read(market, ask, page=2, size=25)]] == [(30, 5)]


async def test_the_same_days_again_change_nothing(market: Market) -> None:
    ask, record = await for_sale(market), a_record()

    await tell(market, ask, DAYS, record=record)
    before = await read(market, ask)
    await tell(market, ask, DAYS, record=record)
    head = (await tell(market, ask, DAYS)).record

    assert await read(market, ask) == before
    assert (head.days, head.restated) == (30, 0)


async def test_a_restated_day_stays_as_it_was_and_is_seen(market: Market) -> None:
    ask = await for_sale(market)
    await tell(market, ask, DAYS[:20])
    before = (await read(market, ask)).days

    restated = (await tell(market, ask, [*DAYS[:3], OTHERWISE, *DAYS[4:]])).record
    during = (await read(market, ask)).days
    agreed = (await tell(market, ask, DAYS)).record

    assert (restated.days, restated.restated, agreed.restated) == (30, 1, 0)
    assert [each.hash for each in during[:20]] == [each.hash for each in before]
    assert [each.restated.day_return if each.restated else None for each in during[:5]] == [None, None, None, 0.5, None]
    assert {each.restated for each in (await read(market, ask)).days} == {None}


async def test_days_after_a_part_that_never_came_are_not_kept(market: Market) -> None:
    ask = await for_sale(market)
    await tell(market, ask, DAYS[:5])

    head = (await tell(market, ask, DAYS[10:], after=DAYS[9].date)).record

    assert (head.days, head.last) == (5, DAYS[4].date)


async def test_an_older_measuring_that_comes_late_changes_nothing(market: Market) -> None:
    ask, older = await for_sale(market), a_record()
    await tell(market, ask, DAYS)

    ids = {"listing_id": ask.listing_id, "model_id": ask.model_id, "version": ask.version, "sequence": 2}
    await market.bus.publish(PerformanceMeasured(**ids, kind="backtest", performance=older, days=(OTHERWISE,)))
    head = (await tell(market, ask, DAYS)).record

    assert (head.days, head.restated) == (30, 0)


async def test_writers_beside_each_other_write_one_chain(settings: Settings) -> None:
    async with wired(settings, MemoryBroker()) as one, wired(settings, MemoryBroker()) as two:
        records = [store for each in (one, two) for store in each.stores if isinstance(store, RecordsMongo)]

        async def write(count: int, place: int) -> None:
            while True:
                try:
                    await records[place % 2].append("listing_1", DAYS[:count], version="1.0", after=None, measured_at=now())
                except BooksChangedError:
                    continue
                return

        await asyncio.gather(*(write(10 + 5 * place, place) for place in range(5)))
        told = await records[0].page("listing_1", Part(100), measured_at=None)

    assert [RecordDay.model_validate(each.model_dump()) for each in told.days] == DAYS
    assert first_break(told.days, listing_id="listing_1", version="1.0") is None


async def test_what_is_asked_for_again_says_which_days_are_kept(settings: Settings) -> None:
    clock = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))
    async with serving(settings.model_copy(update={"sweep_every": timedelta(milliseconds=20)}), MemoryBroker(), clock) as market:
        ask = await for_sale(market)
        head = (await tell(market, ask, DAYS)).record
        clock.at = datetime(2026, 1, 16, tzinfo=UTC)

        requests = await events(market, PerformanceRequested, ask.listing_id, count=5)

    assert [(each.kind, each.until) for each in requests[-2:]] == [("backtest", None), ("live", None)]
    assert [each.kept for each in requests[-2:]] == [head, None]


async def test_trials_are_the_accounts_trainings_on_these_symbols_whose_tests_overlap(market: Market) -> None:
    ask = await for_sale(market)
    mine = ask.account_id
    for _ in range(3):
        await trained(market, account=mine)
    await trained(market, account=new_id("account"))
    await trained(market, account=mine, symbols=["NVDA"])
    await trained(market, account=mine, timeframe="1h")
    await trained(market, account=mine, run_card={"test_opens": "2009-01-05T21:00:00Z", "test_closes": "2009-06-01T20:00:00Z"})

    first = (await tell(market, ask, DAYS)).standing
    await trained(market, account=mine, sharpe_ratio=3.5)
    later = (await updated(market, ask, lambda listing: listing.standing.trials == 5)).standing

    assert (first.trials, first.trials_variance, first.reasons) == (4, pytest.approx(251.6 / 407), {})
    assert later.deflated_sharpe_ratio < first.deflated_sharpe_ratio
    # Four tests that are alike, and one that is not.
    assert (later.trials, later.trials_variance) == (5, pytest.approx(variance([0.2456] * 4 + [3.5])))


async def test_a_training_has_those_listings_judged_again_that_it_counts_for_and_waits_for_none(market: Market) -> None:
    mine = new_id("account")
    asks = [await on_sale(market, account=mine) for _ in range(4)]
    same, full, elsewhere, rarer = asks
    for ask, record in zip(asks, (a_record(), a_record(), a_record(symbols=("NVDA",)), a_record(timeframe="1h")), strict=True):
        await tell(market, ask, DAYS, record=record)
    listings = market.database["listings"]
    before = {each["_id"]: each["version"] async for each in listings.find({"is_open": True})}
    await fill_outbox(listings, full.listing_id)

    await trained(market, account=mine)
    await updated(market, same, lambda listing: listing.standing.trials == 5)
    store = ListingsMongo(market.database, on_write=int)
    version = replace((await store.get(same.listing_id)).submitted, symbols=("AAPL", "IBM"), timeframe="1d")

    assert [each.id for each in await store.counting(version)] == [same.listing_id, full.listing_id]
    assert [each.id for each in await store.counting(replace(version, symbols=None, timeframe=None))] == [ask.listing_id for ask in asks]
    assert await store.counting(replace(version, account_id="account_of_eve")) == []
    after = {each["_id"]: each["version"] async for each in listings.find({"is_open": True})}
    assert {listing for listing in after if after[listing] != before[listing]} == {same.listing_id}
    assert market.broker.dead == []
    assert {elsewhere.listing_id, rarer.listing_id} < set(after)


async def test_trainings_from_before_their_symbols_were_kept_count_too(market: Market) -> None:
    ask = await for_sale(market)
    kept = market.database["model_versions"]
    model = await trained(market, account=ask.account_id, symbols=["NVDA"])
    await kept.update_one({"model_id": model}, {"$unset": dict.fromkeys(("symbols", "timeframe", "sharpe_ratio", "learned_until"), "")})

    standing = (await tell(market, ask, DAYS)).standing

    assert standing.trials == 2


async def test_what_is_too_short_is_not_ranked_until_the_settings_say_otherwise(settings: Settings) -> None:
    broker, short = MemoryBroker(), a_record(bars=100)
    async with serving(settings, broker) as market:
        ask = await for_sale(market)
        before = (await tell(market, ask, DAYS, record=short)).standing

    async with serving(settings.model_copy(update={"ranking_bars": 100}), broker) as market:
        after = (await updated(market, ask, lambda listing: listing.standing.sharpe_ratio is not None)).standing

    async with serving(settings, broker) as market:
        again = (await updated(market, ask, lambda listing: listing.standing.sharpe_ratio is None)).standing

    assert before.sharpe_ratio is None
    assert before.reasons["sharpe_ratio"].startswith("It has 100 bars")
    assert (after.sharpe_ratio, again) == (short.sharpe_ratio, before)


async def test_a_listing_from_before_is_ranked_no_more_when_the_platform_starts_and_is_measured_anew(settings: Settings) -> None:
    broker = MemoryBroker()
    async with serving(settings, broker) as market:
        ask = await for_sale(market)
        await tell(market, ask, DAYS)
        older = {"backtest.bars": None, "backtest.symbols": [], "measure_at": now() + timedelta(hours=6)}
        await market.database["listings"].update_one({"_id": ask.listing_id}, {"$set": older, "$unset": {"standing": "", "record": ""}})
        requested = len(market.told(PerformanceRequested.topic, ask.listing_id))

    async with serving(settings.model_copy(update={"sweep_every": timedelta(milliseconds=20)}), broker) as market:
        standing = (await updated(market, ask, lambda listing: listing.backtest.bars is None)).standing
        await events(market, PerformanceRequested, ask.listing_id, count=requested + 2)

    assert standing.sharpe_ratio is None
    assert standing.reasons["sharpe_ratio"] == "It is from before records ran to the last candle, and is measured anew."


async def test_a_model_in_review_has_a_record_too(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await market.bus.ask(ask, within=PATIENCE_S)

    listing = await tell(market, ask, DAYS)

    assert (listing.record.days, listing.standing.trials) == (30, 1)
