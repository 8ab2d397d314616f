"""A model on sale: submitted once, reviewed, withdrawn, and told."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.contracts.examples import EXAMPLES
from libs.contracts.ids import new_id
from libs.contracts.listings import (
    ListingEvent,
    ListingRejected,
    ListingState,
    ListingSubmitted,
    ListingUpdated,
    ListingWithdrawn,
    ModelPublished,
    PerformanceRequested,
    ReviewListing,
)
from libs.contracts.training import TrainingCompleted
from services.marketplace.settings import Settings
from tests.marketplace.listing_story import events, offered, publish, review, trained, withdraw
from tests.marketplace.market import PATIENCE_S, Clock, Market, serving

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


async def test_a_submitted_model_waits_for_a_reviewer_and_its_record_is_asked_for(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)

    answer = await publish(market, ask)

    assert (answer.listing.state, answer.review_seconds, answer.reviews) == (ListingState.IN_REVIEW, None, 0)
    (submitted,) = await events(market, ListingSubmitted, ask.listing_id)
    assert submitted.listing.offer == ask.offer
    (request,) = await events(market, PerformanceRequested, ask.listing_id)
    assert (request.kind, request.version, request.sequence > submitted.sequence) == ("backtest", "1.0", True)


async def test_what_its_seller_acknowledged_stays_with_a_listing_and_is_told(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account, static_data=True)
    before = offered(await trained(market, account=account), account=account)

    await publish(market, ask)
    await publish(market, before)
    # As it was kept by a release that knew nothing of it.
    await market.database["listings"].update_one({"_id": before.listing_id}, {"$unset": {"static_data": ""}})

    approved = [(await review(market, each, "approve")).listing for each in (ask, before)]
    assert [each.static_data for each in approved] == [True, False]
    assert [(each.symbols, each.timeframe) for each in approved] == [(("AAPL", "MSFT"), "1d")] * 2
    (published,) = await events(market, ModelPublished, ask.listing_id)
    assert published.listing.static_data


async def test_the_same_listing_submitted_twice_at_once_is_one(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)

    answers = await asyncio.gather(*(publish(market, ask) for _ in range(4)))

    assert {answer.listing.sequence for answer in answers} == {answers[0].listing.sequence}
    assert await market.database["listings"].count_documents({"model_id": ask.model_id}) == 1


async def test_a_model_has_one_open_listing_and_may_be_submitted_anew_after_it_was_turned_down_or_withdrawn(market: Market) -> None:
    account = new_id("account")
    first = offered(await trained(market, account=account), account=account)
    await publish(market, first)

    with pytest.raises(AskRefusedError) as refused:
        await publish(market, offered(first.model_id, account=account))
    await review(market, first, "reject", "Say more.")
    second = offered(first.model_id, account=account)
    await publish(market, second)
    await withdraw(market, second)
    third = await publish(market, offered(first.model_id, account=account))

    assert (refused.value.kind, refused.value.code) == (ErrorKind.CONFLICT, "already_listed")
    assert third.listing.state is ListingState.IN_REVIEW


async def test_a_version_that_nobody_has_heard_of_is_to_be_asked_for_again(market: Market) -> None:
    with pytest.raises(AskRefusedError) as refused:
        await publish(market, offered(new_id("model"), account=new_id("account")))

    assert (refused.value.code, refused.value.worth_retrying) == ("version_unknown", True)


async def test_another_accounts_version_cannot_be_sold_and_its_listing_not_be_withdrawn(market: Market) -> None:
    owner, other = new_id("account"), new_id("account")
    ask = offered(await trained(market, account=owner), account=owner)

    with pytest.raises(AskRefusedError) as unsellable:
        await publish(market, ask.model_copy(update={"account_id": other}))
    await publish(market, ask)
    with pytest.raises(AskRefusedError) as hidden:
        await withdraw(market, ask, account=other)

    assert (unsellable.value.code, hidden.value.code) == ("not_sellable", "listing_not_found")


async def test_an_approved_model_is_on_sale_once_and_its_live_record_is_asked_for(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)

    first = await review(market, ask, "approve")
    again = await review(market, ask, "approve")

    assert (first.listing.state, first) == (ListingState.LISTED, again)
    (published,) = await events(market, ModelPublished, ask.listing_id)
    assert (published.listing.published_at, published.account_id) == (first.listing.published_at, account)
    requests = await events(market, PerformanceRequested, ask.listing_id, count=2)
    assert [(each.kind, each.since) for each in requests if each.kind == "live"] == [("live", first.listing.published_at)]


async def test_a_rejection_says_why_and_cannot_be_undone(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)

    await review(market, ask, "reject", "Its description promises too much.")

    (rejected,) = await events(market, ListingRejected, ask.listing_id)
    assert rejected.listing.rejection_reason == "Its description promises too much."
    with pytest.raises(AskRefusedError) as refused:
        await review(market, ask, "approve")
    assert (refused.value.code, refused.value.details) == ("wrong_listing_state", {"status": ["It is rejected."]})


async def test_a_listed_model_is_featured_and_withdrawn(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)
    await review(market, ask, "approve")

    featured = await review(market, ask, "feature")
    gone = await withdraw(market, ask)
    again = await withdraw(market, ask)

    assert (featured.listing.is_featured, gone.listing.is_featured, gone) == (True, False, again)
    assert (await events(market, ListingUpdated, ask.listing_id))[0].listing.is_featured
    assert [each.listing.state for each in await events(market, ListingWithdrawn, ask.listing_id)] == [ListingState.WITHDRAWN]


async def test_what_was_earned_on_generated_candles_is_not_featured(market: Market) -> None:
    account, card = new_id("account"), EXAMPLES[TrainingCompleted].model_dump()["result"]["run_card"] | {"synthetic": True}
    ask = offered(await trained(market, account=account, run_card=card), account=account)
    await publish(market, ask)
    await review(market, ask, "approve")

    with pytest.raises(AskRefusedError, match="generated candles") as refused:
        await review(market, ask, "feature")

    assert refused.value.code == "synthetic_record"


async def test_nobody_reviews_what_they_sell_themselves(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)

    said = ReviewListing(listing_id=ask.listing_id, model_id=ask.model_id, reviewer_id=account, word="approve")
    with pytest.raises(AskRefusedError) as refused:
        await market.bus.ask(said, within=PATIENCE_S)

    assert (refused.value.code, refused.value.kind) == ("own_listing_review", ErrorKind.FORBIDDEN)


async def test_two_reviewers_at_once_come_to_one_end(market: Market) -> None:
    account = new_id("account")
    ask = offered(await trained(market, account=account), account=account)
    await publish(market, ask)

    ends = await asyncio.gather(review(market, ask, "approve"), review(market, ask, "reject", "No."), return_exceptions=True)

    assert sorted(type(end).__name__ for end in ends) == ["AskRefusedError", "Listed"]
    kinds: list[type[ListingEvent]] = [ModelPublished, ListingRejected]
    assert sum(len(market.told(kind.topic, ask.listing_id)) for kind in kinds) <= 1


async def test_the_time_that_reviews_take_is_measured(settings: Settings) -> None:
    clock, account = Clock(NOON), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        for minutes in (30, 90, 600):
            clock.at = NOON
            ask = offered(await trained(market, account=account), account=account)
            await publish(market, ask)
            clock.at = NOON + timedelta(minutes=minutes)
            await review(market, ask, "approve")

        answer = await publish(market, offered(await trained(market, account=account), account=account))

    assert (answer.review_seconds, answer.reviews) == (timedelta(minutes=90).total_seconds(), 3)


async def test_without_reviewers_a_model_is_on_sale_at_once(settings: Settings) -> None:
    account = new_id("account")
    async with serving(settings.model_copy(update={"auto_approve": True}), MemoryBroker()) as market:
        ask = offered(await trained(market, account=account), account=account)

        answer = await publish(market, ask)

        assert answer.listing.state is ListingState.LISTED
        (published,) = await events(market, ModelPublished, ask.listing_id)
        (submitted,) = await events(market, ListingSubmitted, ask.listing_id)
    assert (published.sequence > submitted.sequence, published.listing.offer.monthly_price) == (True, Decimal("29.00"))
