"""Events that nobody publishes: people's changes are refused, what goes on by itself waits, and what was paid for is written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database, connect
from libs.chassis.stores.outbox import PENDING_MOST, OutboxFullError
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import (
    SIGNALS_MOST,
    TEXT_MOST,
    TITLE_MOST,
    ListingRejected,
    ListingSnapshot,
    Offer,
    ReviewListing,
)
from libs.contracts.subscriptions import Period, RateListing, RefundSubscription, Subscribe, SubscriptionSnapshot
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.settings import Settings
from services.marketplace.usecases.keep_listings import ChangeListing, Review
from services.marketplace.usecases.renew_subscriptions import renewal_of
from tests.marketplace.bourse import Bourse, bourse
from tests.outboxes import count_pending, empty_outbox, fill_outbox

MONTH = timedelta(days=31)


@pytest.fixture
def database(settings: Settings) -> Database:
    return connect(settings, "marketplace")


async def a_market(database: Database, *, models: int = 1) -> Bourse:
    return await bourse(database, seed=1, pace=1, models=models, provider=PaymentsSandbox(database))


def wanted(listing: str, *, account: str = "account_of_ada", period: Period = Period.MONTHLY) -> Subscribe:
    ids = {"subscription_id": new_id("subscription"), "listing_id": listing, "account_id": account}
    return Subscribe(**ids, period=period, payment_method="credit_card", auto_renew=True)


async def subscribed(market: Bourse, **more: Any) -> SubscriptionSnapshot:
    return (await market.parts.use.subscribe(wanted(market.shelf[0], **more))).subscription


async def bills(database: Database) -> list[tuple[str, str]]:
    return [(each["kind"], each["state"]) async for each in database["bills"].find().sort("begun_at", 1)]


async def test_a_subscription_that_cannot_be_told_of_takes_no_change_and_is_charged_for_nothing_more(database: Database) -> None:
    market = await a_market(database)
    told = await subscribed(market)
    await fill_outbox(database["subscriptions"], told.subscription_id)

    use, named = market.parts.use, {"subscription_id": told.subscription_id}
    for change in (
        use.change.cancel(told.subscription_id, account_id=told.subscriber_id),
        use.subscribe(wanted(told.listing_id, account=told.subscriber_id, period=Period.YEARLY)),
        use.refund(RefundSubscription(**named, admin_id="admin", reason="chance")),
    ):
        with pytest.raises(OutboxFullError):
            await change
    market.passes(MONTH)
    waits = await market.parts.renew()

    assert (waits, await bills(database)) == (0, [("first", "paid")])
    assert await count_pending(database["subscriptions"], told.subscription_id) == PENDING_MOST

    await empty_outbox(database["subscriptions"], told.subscription_id)

    assert (await market.parts.renew(), await bills(database)) == (1, [("first", "paid"), ("renewal", "paid")])


async def test_a_payment_under_way_is_written_down_however_many_events_wait(database: Database) -> None:
    market = await a_market(database)
    told = await subscribed(market)
    subscriptions = market.parts.use.subscribe.subscriptions
    held, at = await subscriptions.get(told.subscription_id), market.clock()
    bill = renewal_of(held, rate=Decimal("0.20"), at=at)
    await subscriptions.note(held.billed(bill), bill)
    await fill_outbox(database["subscriptions"], told.subscription_id)

    market.passes(timedelta(minutes=1))
    finished = await market.parts.finish()

    assert (finished, await bills(database)) == (1, [("first", "paid"), ("renewal", "paid")])
    assert (await subscriptions.get(told.subscription_id)).renewals == 1
    assert await count_pending(database["subscriptions"], told.subscription_id) == PENDING_MOST + 1


async def test_a_listing_that_cannot_be_told_of_takes_no_change_keeps_ratings_and_holds_up_no_other(database: Database) -> None:
    market = await a_market(database, models=2)
    full, other = sorted(market.shelf)
    for listing in (full, other):
        await market.parts.use.subscribe(wanted(listing))
    await fill_outbox(database["listings"], full)
    listings = market.listings
    review = Review(ChangeListing(listings), market.clock, timedelta(days=1))
    featuring = ReviewListing(listing_id=full, model_id="model", reviewer_id=new_id("account"), word="feature")

    with pytest.raises(OutboxFullError):
        await review(featuring)
    for listing in (full, other):
        await market.parts.use.rate(RateListing(listing_id=listing, account_id="account_of_ada", rating=4))
    await market.parts.recount()

    shown = [await listings.get(listing) for listing in (full, other)]
    assert [(each.ratings, each.subscribers, each.is_featured) for each in shown] == [(0, 0, False), (1, 1, False)]

    await empty_outbox(database["listings"], full)
    await market.parts.recount()

    assert ((await listings.get(full)).ratings, (await listings.get(full)).subscribers) == (1, 1)


def test_as_many_of_the_largest_events_as_may_wait_are_far_from_what_a_document_holds() -> None:
    example = EXAMPLES[ListingRejected]
    assert isinstance(example, ListingRejected)
    widest = "\N{EARTH GLOBE EUROPE-AFRICA}"
    offer = example.listing.offer.model_dump() | {
        "title": widest * TITLE_MOST,
        "description": widest * TEXT_MOST,
        "terms_and_conditions": widest * TEXT_MOST,
        "sample_signals": [{"symbol": "A" * 20, "signal": "SELL", "confidence": 1 / 3, "date": now().date()}] * SIGNALS_MOST,
    }
    told = example.listing.model_copy(update={"offer": Offer.model_validate(offer), "rejection_reason": widest * TEXT_MOST})

    largest = example.model_copy(update={"listing": ListingSnapshot.model_validate(told.model_dump())})

    assert PENDING_MOST * (len(largest.model_dump_json().encode()) + 2_000) < 8_000_000
