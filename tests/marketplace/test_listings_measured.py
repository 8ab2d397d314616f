"""A listing's records: what inference tells is written and told on; live ones are asked for on a schedule, once among all processes."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.contracts.ids import new_id
from libs.contracts.listings import ListingSubmitted, ListingUpdated, Performance, PerformanceRequested
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.settings import Settings
from services.marketplace.usecases.keep_records import MeasureAgain
from tests.marketplace.listing_story import a_record, events, measure, offered, on_sale, publish, trained, withdraw
from tests.marketplace.market import Clock, Market, serving, wired
from tests.waiting import until

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
QUICK = {"sweep_every": timedelta(milliseconds=20)}


def live_requests(market: Market, listing: str) -> list[PerformanceRequested]:
    found = [PerformanceRequested.model_validate_json(body) for body in market.told(PerformanceRequested.topic, listing)]
    return [each for each in found if each.kind == "live"]


async def test_a_measured_record_is_written_once_and_told(market: Market) -> None:
    account, record = new_id("account"), a_record(sharpe_ratio=0.25)
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)

    await measure(market, ask, record)
    await measure(market, ask, record)
    await measure(market, ask, a_record(sharpe_ratio=9.0, measured_at=record.measured_at - timedelta(seconds=1)))
    await measure(market, ask, a_record(sharpe_ratio=None), kind="live")

    told = await events(market, ListingUpdated, ask.listing_id, count=2)
    assert [(each.listing.backtest, each.listing.live is None) for each in told] == [(record, True), (record, False)]


async def test_the_backtest_is_asked_for_from_the_end_of_what_the_version_learned_to_the_last_candle(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)

    await publish(market, ask)

    (request,) = await events(market, PerformanceRequested, ask.listing_id)
    kept = await market.database["model_versions"].find_one({"model_id": ask.model_id})
    assert kept is not None
    assert (request.since, request.until, request.artifact) == (kept["learned_until"], None, kept["artifact"])
    assert request.since < kept["held_out_since"]


async def test_a_version_from_before_that_was_kept_is_measured_from_where_its_test_began(market: Market) -> None:
    account = new_id("account")
    card = {"test_opens": "2012-01-03T21:00:00Z", "test_closes": "2012-02-28T21:00:00Z"}
    ask = offered(await trained(market, account=account, run_card=card), account=account)

    await publish(market, ask)

    (request,) = await events(market, PerformanceRequested, ask.listing_id)
    assert (request.since, request.until) == (datetime(2012, 1, 3, 20, 59, 59, 999000, tzinfo=UTC), None)


async def test_a_version_whose_tested_candles_nobody_knows_has_no_record_and_says_why(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account, run_card={"synthetic": True}), account=account)

    answer = await publish(market, ask)

    (submitted,) = await events(market, ListingSubmitted, ask.listing_id)
    record = submitted.listing.backtest
    assert record == answer.listing.backtest
    assert (record.sharpe_ratio, record.synthetic) == (None, True)
    assert record.reasons["sharpe_ratio"] == "Its training did not say which candles it was tested on: train the model again."
    assert submitted.listing.standing.reasons["trials"] == record.reasons["sharpe_ratio"]
    assert market.told(PerformanceRequested.topic, ask.listing_id) == []


async def test_a_live_record_is_asked_for_again_and_again(settings: Settings) -> None:
    clock, account = Clock(NOON), new_id("account")
    async with serving(settings.model_copy(update=QUICK), MemoryBroker(), clock) as market:
        ask = await on_sale(market, account=account)
        for count in (1, 2, 3):

            async def asked(count: int = count) -> bool:
                return len(live_requests(market, ask.listing_id)) == count

            await until(asked)
            clock.at = NOON + count * timedelta(hours=6)
        requests = live_requests(market, ask.listing_id)

    assert {each.since for each in requests} == {NOON}
    assert len({each.sequence for each in requests}) == len(requests) >= 3


async def test_a_withdrawn_model_is_measured_no_more(settings: Settings) -> None:
    clock, account = Clock(NOON), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        ask = await on_sale(market, account=account)
        await withdraw(market, ask)

    async with wired(settings, MemoryBroker()) as later:
        measure_again = MeasureAgain(later.stores[4], lambda: NOON + timedelta(days=30), timedelta(hours=6))
        assert await measure_again() == 0


async def test_many_processes_ask_once(settings: Settings) -> None:
    clock, account = Clock(NOON), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        ask = await on_sale(market, account=account)
    due = NOON + timedelta(hours=6)

    async with wired(settings, MemoryBroker()) as one, wired(settings, MemoryBroker()) as two:
        sweeps = [MeasureAgain(each.stores[4], lambda: due, timedelta(hours=6)) for each in (one, two) for _ in range(3)]
        asked = await asyncio.gather(*(sweep() for sweep in sweeps))
        kept = await one.stores[4].get(ask.listing_id)

    assert sum(asked) == 1
    assert kept.measure_at == due + timedelta(hours=6)


async def test_a_schedule_outlives_the_process(settings: Settings) -> None:
    clock, account, broker = Clock(NOON), new_id("account"), MemoryBroker()
    async with serving(settings.model_copy(update=QUICK), broker, clock) as market:
        ask = await on_sale(market, account=account)
        await events(market, PerformanceRequested, ask.listing_id, count=3)

    clock.at = NOON + timedelta(days=2)
    async with serving(settings.model_copy(update=QUICK), broker, clock) as market:
        await events(market, PerformanceRequested, ask.listing_id, count=5)

        assert len(live_requests(market, ask.listing_id)) == 2


async def test_a_listing_written_by_two_is_written_by_the_first(settings: Settings) -> None:
    async with serving(settings, MemoryBroker()) as market:
        ask = await on_sale(market, account=new_id("account"))
    async with wired(settings, MemoryBroker()) as one:
        listings = one.stores[4]
        listing = await listings.get(ask.listing_id)
        counted = listing.with_numbers(subscribers=1, ratings=0, rating_sum=0, revenue=Decimal(0))
        await listings.save(counted)

        with pytest.raises(BooksChangedError):
            await listings.save(counted)

        assert (await listings.get(ask.listing_id)).subscribers == 1


async def test_a_listing_tells_the_mean_of_its_ratings_and_what_was_paid(settings: Settings) -> None:
    async with serving(settings, MemoryBroker()) as market:
        ask = await on_sale(market, account=new_id("account"))
    async with wired(settings, MemoryBroker()) as one:
        listing = await one.stores[4].get(ask.listing_id)

    numbers = {"subscribers": 3, "ratings": 2, "rating_sum": 9, "revenue": ask.offer.monthly_price}
    told = listing.with_numbers(**numbers).told()

    assert listing.told().average_rating is None
    assert (told.subscribers, told.ratings, told.average_rating, told.revenue) == (3, 2, 4.5, ask.offer.monthly_price)
    assert listing.with_numbers(**numbers).with_numbers(**numbers).told() == told
    assert isinstance(told.live, Performance | None)
