"""The scheduler of subscriptions: renewed once, tried again, ended; and what it does when it comes late."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.contracts.ids import new_id
from libs.contracts.subscriptions import (
    ChangeSubscription,
    Period,
    SubscriptionCancelled,
    SubscriptionChanged,
    SubscriptionExpired,
    SubscriptionRenewed,
    SubscriptionSnapshot,
)
from services.marketplace.settings import Settings
from tests.marketplace.leasing import ask, becomes, bills_of, cancel, earnings, listing_is, on_sale, subscribe, withdraw
from tests.marketplace.market import Clock, Market, serving
from tests.waiting import until

JANUARY = datetime(2026, 1, 31, 12, tzinfo=UTC)
FEBRUARY, MARCH, APRIL = (datetime(2026, month, day, 12, tzinfo=UTC) for month, day in ((2, 28), (3, 31), (4, 30)))
SECOND = timedelta(seconds=1)


@pytest.fixture
def quick(settings: Settings) -> Settings:
    return settings.model_copy(update={"sweep_every": timedelta(milliseconds=40)})


def told(market: Market, topic: str, account: str) -> int:
    return len(market.told(topic, account))


async def method_is(market: Market, subscription_id: str, method: str) -> None:
    """Let the card on file be another one: what the next charge meets."""
    await market.database["subscriptions"].update_one({"_id": subscription_id}, {"$set": {"method": method}})


async def declined_in_february(market: Market, clock: Clock, *, account: str, method: str) -> SubscriptionSnapshot:
    """Subscribe an account, and let the first try of its renewal be declined."""
    told = await subscribe(market, await on_sale(market, seller=new_id("account")), account=account)
    await method_is(market, told.subscription_id, method)
    clock.at = FEBRUARY
    await becomes(market, told, number=2, bill_id=None)
    return told


async def test_a_period_follows_the_other_without_a_gap_and_without_drift(quick: Settings) -> None:
    clock, seller, buyer = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller)
        first = await subscribe(market, listing, account=buyer)

        clock.at = FEBRUARY + SECOND
        await becomes(market, first, renewals=1)
        clock.at = MARCH + SECOND
        after = await becomes(market, first, renewals=2)

        assert (after["run"]["began"], after["due_at"], after["state"]) == (MARCH, APRIL, "active")
        assert await market.charges(buyer) == 3
        assert await earnings(market, seller=seller) == {
            "customer": Decimal("-90.00"),
            "seller:earnings": Decimal("72.00"),
            "platform:fees": Decimal("18.00"),
        }
        await listing_is(market, listing, subscribers=1, revenue="90.00")

        async def heard() -> bool:
            return told(market, SubscriptionRenewed.topic, buyer) == 2

        await until(heard)


async def test_three_schedulers_renew_once(quick: Settings) -> None:
    clock, broker, buyer = Clock(JANUARY), MemoryBroker(), new_id("account")
    async with AsyncExitStack() as stack:
        market, *_ = [await stack.enter_async_context(serving(quick, broker, clock)) for _ in range(3)]
        listing = await on_sale(market, seller=new_id("account"))
        some = [await subscribe(market, listing, account=buyer if not number else new_id("account")) for number in range(10)]

        clock.at = FEBRUARY + SECOND
        for each in some:
            await becomes(market, each, renewals=1, bill_id=None)

        assert await market.database["sandbox_charges"].count_documents({}) == 20
        assert len(await bills_of(market, some[0])) == 2


async def test_what_is_cancelled_is_usable_to_its_end_and_then_over(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)
        clock.at = JANUARY + timedelta(days=2)

        cancelled, again = await cancel(market, first), await cancel(market, first)
        assert (cancelled.usable_until, cancelled.next_billing_at, cancelled.cancelled_at) == (FEBRUARY, None, clock.at)
        assert again == cancelled
        clock.at = FEBRUARY + timedelta(hours=5)
        after = await becomes(market, first, state="expired")

        assert (after["ended_at"], after["end_reason"]) == (FEBRUARY, "time")
        assert await market.charges(buyer) == 1

        async def heard() -> bool:
            return told(market, SubscriptionCancelled.topic, buyer) > 0

        await until(heard, what="the cancellation, which is told after its answer")
        assert told(market, SubscriptionCancelled.topic, buyer) == 1
        await listing_is(market, listing, subscribers=0, revenue="30.00")
        with pytest.raises(AskRefusedError) as over:
            await cancel(market, first)
        assert over.value.code == "subscription_over"

        second = await subscribe(market, listing, account=buyer)
        assert (second.subscription_id != first.subscription_id, second.renewals) == (True, 0)


async def test_a_cancellation_can_be_taken_back(market: Market) -> None:
    listing = await on_sale(market, seller=new_id("account"))
    first = await subscribe(market, listing, account=new_id("account"))
    await cancel(market, first)

    def change(**what: Any) -> ChangeSubscription:
        return ChangeSubscription(subscription_id=first.subscription_id, account_id=first.subscriber_id, **what)

    renewed = await ask(market, change(auto_renew=True, version="1.0"))
    followed = await ask(market, change(newest=True))

    assert (renewed.state, renewed.next_billing_at, renewed.version) == ("active", first.ends_at, "1.0")
    assert (followed.version, followed.sequence) == (None, 4)
    assert await ask(market, change(newest=True)) == followed
    for bad, code in (
        (change(version="9.9"), "version_unknown"),
        (change().model_copy(update={"account_id": "x"}), "subscription_not_found"),
    ):
        with pytest.raises(AskRefusedError) as refused:
            await ask(market, bad)
        assert refused.value.code == code


async def test_a_declined_renewal_is_tried_four_times_over_three_days_and_then_it_is_over(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)
        await method_is(market, first.subscription_id, "insufficient_funds")

        for tried in range(3):
            clock.at = FEBRUARY + timedelta(days=tried) + SECOND * tried
            again = await becomes(market, first, number=2 + tried, bill_id=None)
            assert again["state"] == "active"
        clock.at = FEBRUARY + timedelta(days=3)
        after = await becomes(market, first, state="expired")

        assert (after["ended_at"], after["end_reason"]) == (FEBRUARY + timedelta(days=3), "unpaid")
        assert [bill["state"] for bill in await bills_of(market, first)] == ["paid", *["declined"] * 4]

        async def heard() -> bool:
            return [told(market, each.topic, buyer) for each in (SubscriptionChanged, SubscriptionExpired)] == [3, 1]

        await until(heard)


async def test_a_renewal_that_is_paid_within_the_grace_follows_without_a_gap(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        first = await declined_in_february(market, clock, account=buyer, method="card_declined")

        await method_is(market, first.subscription_id, "credit_card")
        clock.at = FEBRUARY + timedelta(days=1)
        after = await becomes(market, first, renewals=1)

        assert (after["run"]["began"], after["due_at"]) == (FEBRUARY, MARCH)


async def test_with_the_card_on_file_a_declined_renewal_is_tried_at_once(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        first = await declined_in_february(market, clock, account=buyer, method="expired_card")

        clock.at = FEBRUARY + SECOND
        await ask(market, ChangeSubscription(subscription_id=first.subscription_id, account_id=buyer, card_on_file=True))
        after = await becomes(market, first, renewals=1)

        assert (after["run"]["began"], after["due_at"], after["method"]) == (FEBRUARY, MARCH, "credit_card")


async def test_a_longer_period_that_is_declined_in_the_grace_leaves_the_renewals_next_try_when_it_was(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        first = await declined_in_february(market, clock, account=buyer, method="card_declined")

        clock.at = FEBRUARY + SECOND
        with pytest.raises(AskRefusedError) as refused:
            await subscribe(market, first, account=buyer, period=Period.YEARLY, method="expired_card")
        after = await becomes(market, first, number=3, bill_id=None)

        assert refused.value.code == "payment_declined"
        assert after["due_at"] == FEBRUARY + timedelta(days=1)


@pytest.mark.parametrize("method", ["card_timeout", "provider_away"])
async def test_a_renewal_whose_answer_is_lost_is_one_charge(quick: Settings, method: str) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)
        await method_is(market, first.subscription_id, method)

        clock.at = FEBRUARY
        after = await becomes(market, first, renewals=1)

        assert (after["run"]["began"], await market.charges(buyer)) == (FEBRUARY, 2)


@pytest.mark.parametrize("after", [SECOND, -SECOND], ids=["", "heard where the clock is behind"])
@pytest.mark.parametrize("method", ["card_timeout", "provider_away"])
async def test_who_cancels_while_a_renewal_is_being_paid_gets_it_back(quick: Settings, method: str, after: timedelta) -> None:
    clock, seller, buyer = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller)
        first = await subscribe(market, listing, account=buyer)
        before = await earnings(market, seller=seller)
        await method_is(market, first.subscription_id, method)
        clock.at = FEBRUARY

        async def put_off() -> bool:
            return any(bill["attempts"] for bill in await bills_of(market, first))

        await until(put_off)
        clock.at = FEBRUARY + after
        cancelled = await cancel(market, first)
        clock.at = FEBRUARY + timedelta(minutes=5)
        ended = await becomes(market, first, state="expired")

        async def given_back() -> bool:
            await market.pass_pauses()  # The refund's first answer may be lost, too.
            return [bill["state"] for bill in await bills_of(market, first)] == ["paid", "refunded"]

        await until(given_back)
        assert (cancelled.state.value, cancelled.next_billing_at) == ("cancelled", None)
        assert (ended["end_reason"], ended["renewals"], ended["run"]["began"]) == ("time", 0, JANUARY)
        assert await earnings(market, seller=seller) == before
        assert await market.charges(buyer) == 2
        assert await market.database["sandbox_refunds"].count_documents({}) == 1


async def test_a_model_that_is_withdrawn_keeps_its_paid_time_and_is_not_renewed(quick: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)
        await withdraw(market, listing)
        await listing_is(market, listing, subscribers=1)

        clock.at = FEBRUARY + SECOND
        after = await becomes(market, first, state="expired")

        assert (after["end_reason"], after["ended_at"], await market.charges(buyer)) == ("withdrawn", FEBRUARY, 1)


async def test_a_scheduler_that_was_away_for_two_months_charges_one_period_from_now_on(quick: Settings) -> None:
    clock, buyer, other = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)
        once = await subscribe(market, listing, account=other, auto_renew=False)
    late = datetime(2026, 4, 29, 8, tzinfo=UTC)

    clock.at = late
    async with serving(quick, MemoryBroker(), clock) as market:
        renewed = await becomes(market, first, renewals=1)
        ended = await becomes(market, once, state="expired")

        assert (renewed["run"]["first"], renewed["due_at"]) == (late, datetime(2026, 5, 29, 8, tzinfo=UTC))
        assert (await market.charges(buyer), await market.charges(other)) == (2, 1)
        assert ended["ended_at"] == FEBRUARY


async def test_who_subscribes_again_before_the_scheduler_came_begins_anew(settings: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(settings.model_copy(update={"sweep_every": timedelta(hours=1)}), MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        first = await subscribe(market, listing, account=buyer)

        clock.at = FEBRUARY + timedelta(days=3)
        second = await subscribe(market, listing, account=buyer)

        assert (second.started_at, second.renewals) == (clock.at, 0)
        assert (await becomes(market, first, state="expired"))["end_reason"] == "unpaid"
