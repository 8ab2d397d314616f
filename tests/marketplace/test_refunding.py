"""Giving payments back, ratings, and what a seller's models have earned."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.contracts.ids import new_id
from libs.contracts.subscriptions import EndReason, Period, SubscriptionExpired, SubscriptionState
from services.marketplace.settings import Settings
from tests.marketplace.leasing import (
    becomes,
    bills_of,
    cancel,
    earnings,
    leasing,
    listing_is,
    on_sale,
    rate,
    refund,
    subscribe,
)
from tests.marketplace.market import Clock, Market, serving
from tests.waiting import until

JANUARY = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def refunds(market: Market) -> int:
    return await market.database["sandbox_refunds"].count_documents({})


async def test_a_refund_ends_the_subscription_and_undoes_earnings_and_fee(market: Market) -> None:
    seller, buyer = new_id("account"), new_id("account")
    listing = await on_sale(market, seller=seller)
    told = await subscribe(market, listing, account=buyer)

    ended, *others = await asyncio.gather(*(refund(market, told) for _ in range(4)))
    again = await refund(market, told)

    assert (ended.state, ended.end_reason, ended.earned) == (SubscriptionState.EXPIRED, EndReason.REFUNDED, Decimal("0.00"))
    assert ended.usable_until == ended.ended_at
    assert {each.ended_at for each in (*others, again)} == {ended.ended_at}
    assert await earnings(market, seller=seller) == {}
    assert [bill["state"] for bill in await bills_of(market, told)] == ["refunded"]
    assert await refunds(market) == 1
    await listing_is(market, listing, subscribers=0, revenue="0.00")

    async def heard() -> bool:
        return len(market.told(SubscriptionExpired.topic, buyer)) == 1

    await until(heard)
    second = await subscribe(market, listing, account=buyer)
    assert second.state is SubscriptionState.ACTIVE


@pytest.mark.parametrize("method", ["card_timeout", "provider_away"])
async def test_a_refund_whose_answer_is_lost_is_promised_and_goes_on_by_itself(settings: Settings, method: str) -> None:
    quick = settings.model_copy(update={"sweep_every": timedelta(milliseconds=40)})
    clock, seller, buyer = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller)
        with pytest.raises(AskRefusedError):
            await subscribe(market, listing, account=buyer, method=method)

        async def paid() -> bool:
            await market.pass_pauses()
            return await market.database["subscriptions"].find_one({"subscriber_id": buyer, "state": "active"}) is not None

        await until(paid)
        again = await market.database["subscriptions"].find_one({"subscriber_id": buyer})
        assert again is not None
        promised = await refund(market, str(again["_id"]))

        assert promised.state is SubscriptionState.EXPIRED
        lies = await earnings(market, seller=seller)
        assert "seller:earnings" not in lies
        assert "platform:fees" not in lies
        await settled(market, seller=seller)
        assert await refunds(market) == 1


async def test_a_refund_that_the_provider_refuses_is_told_put_off_and_holds_up_no_other(market: Market) -> None:
    buyer, other, seller = new_id("account"), new_id("account"), new_id("account")
    listing = await on_sale(market, seller=seller)
    lost, sound = await subscribe(market, listing, account=buyer), await subscribe(market, listing, account=other)
    await market.database["sandbox_charges"].delete_one({"account_id": buyer})

    with pytest.raises(AskRefusedError) as refused:
        await refund(market, lost)
    await refund(market, sound)

    (waiting,) = await bills_of(market, lost)
    assert refused.value.code == "refund_refused"
    assert (waiting["state"], waiting["attempts"]) == ("refunding", 1)
    assert waiting["go_on_at"] > market.clock()
    assert [bill["state"] for bill in await bills_of(market, sound)] == ["refunded"]


async def settled(market: Market, *, seller: str) -> None:
    async def nothing_is_left() -> bool:
        await market.pass_pauses()
        return await earnings(market, seller=seller) == {}

    await until(nothing_is_left)


async def test_a_refund_after_an_upgrade_gives_the_last_payment_back_and_no_more(settings: Settings) -> None:
    clock, seller, buyer = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller)
        await subscribe(market, listing, account=buyer)
        clock.at = JANUARY + timedelta(days=31)
        longer = await subscribe(market, listing, account=buyer, period=Period.YEARLY)

        ended = await refund(market, longer)

        assert (longer.paid, ended.earned) == (Decimal("360.00"), Decimal("30.00"))
        assert (await earnings(market, seller=seller))["customer"] == Decimal("-30.00")


async def test_only_who_has_paid_may_rate_and_the_later_word_counts(market: Market) -> None:
    listing, buyers = await on_sale(market, seller=new_id("account")), [new_id("account") for _ in range(3)]
    some = [await subscribe(market, listing, account=buyer) for buyer in buyers]
    with pytest.raises(AskRefusedError) as stranger:
        await rate(market, listing, account=new_id("account"), rating=1)
    with pytest.raises(AskRefusedError) as seller:
        await rate(market, listing, account=listing.seller_id, rating=5)
    await cancel(market, some[0])
    await refund(market, some[2])
    with pytest.raises(AskRefusedError) as refunded:
        await rate(market, listing, account=buyers[2], rating=1)

    first = await rate(market, listing, account=buyers[0], rating=2, comment="Meh")
    second = await rate(market, listing, account=buyers[1], rating=5)
    changed = await rate(market, listing, account=buyers[0], rating=4, comment="Better")

    assert {error.value.code for error in (stranger, seller, refunded)} == {"not_a_subscriber"}
    assert (first.ratings, first.average_rating) == (1, 2.0)
    assert (second.ratings, second.average_rating) == (2, 3.5)
    assert (changed.ratings, changed.average_rating, changed.subscribers) == (2, 4.5, 2)


async def test_leasing_is_gross_by_model_and_month_and_its_trend_ends_in_the_total(settings: Settings) -> None:
    quick = settings.model_copy(update={"sweep_every": timedelta(milliseconds=40)})
    clock, seller = Clock(JANUARY), new_id("account")
    async with serving(quick, MemoryBroker(), clock) as market:
        cheap, dear = await on_sale(market, seller=seller, price="10.00"), await on_sale(market, seller=seller, price="99.99", title="Dear")
        never = await on_sale(market, seller=seller)
        staying, leaving = [await subscribe(market, cheap, account=new_id("account")) for _ in range(2)]
        given = await subscribe(market, dear, account=new_id("account"), period=Period.QUARTERLY)
        clock.at = JANUARY + timedelta(days=20)
        await cancel(market, leaving)
        clock.at = datetime(2026, 2, 12, tzinfo=UTC)
        await becomes(market, staying, renewals=1)
        await becomes(market, leaving, state="expired")
        late = await subscribe(market, dear, account=new_id("account"))
        await refund(market, late)

        figures = await leasing(market, seller=seller)

        by_listing = {each.listing_id: each for each in figures.models}
        assert (figures.total_revenue, figures.active_subscriptions) == (Decimal("329.97"), 2)
        assert (figures.platform_fees, figures.net_earnings) == (Decimal("65.99"), Decimal("263.98"))
        first, second, none = (by_listing[each.listing_id] for each in (cheap, dear, never))
        assert (first.monthly_revenue, first.total_revenue, first.subscribers, first.churn_rate) == (
            Decimal("10.00"),
            Decimal("30.00"),
            1,
            0.5,
        )
        assert (second.title, second.monthly_revenue, second.total_revenue, second.churn_rate) == ("Dear", 0, given.price, 0.0)
        assert (none.total_revenue, none.subscribers, none.churn_rate) == (0, 0, None)
        assert [(month.month, month.revenue, month.total) for month in figures.months[-2:]] == [
            ("2026-01", Decimal("319.97"), Decimal("319.97")),
            ("2026-02", Decimal("10.00"), figures.total_revenue),
        ]
        assert (len(figures.months), figures.months[0].month) == (12, "2025-03")
        assert (await leasing(market, seller=new_id("account"))).models == ()
