"""Subscribing to a model on sale: one charge, one period, one open subscription; and changing to a longer period."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.errors import ErrorKind
from libs.contracts.ids import new_id
from libs.contracts.subscriptions import ModelSubscribed, Period, SubscriptionState
from services.marketplace.settings import Settings
from tests.marketplace.leasing import (
    ask,
    becomes,
    cancel,
    earnings,
    listing_is,
    on_sale,
    state_of,
    subscribe,
    wanted,
    withdraw,
)
from tests.marketplace.market import Clock, Market, serving
from tests.marketplace.providers import stripe_settings
from tests.marketplace.stripe_double import Trouble, stripe_double
from tests.waiting import until

JANUARY = datetime(2026, 1, 31, 12, tzinfo=UTC)
QUICK: dict[str, Any] = {"sweep_every": timedelta(milliseconds=40)}


async def test_a_month_is_paid_and_runs_to_the_last_day_of_february(settings: Settings) -> None:
    seller, buyer = new_id("account"), new_id("account")
    async with serving(settings, MemoryBroker(), Clock(JANUARY)) as market:
        listing = await on_sale(market, seller=seller)

        told = await subscribe(market, listing, account=buyer)

        assert (told.state, told.price, told.paid, told.version) == (SubscriptionState.ACTIVE, Decimal("30.00"), Decimal("30.00"), None)
        assert (told.started_at, told.ends_at) == (JANUARY, datetime(2026, 2, 28, 12, tzinfo=UTC))
        assert (told.next_billing_at, told.usable_until) == (told.ends_at, told.ends_at + timedelta(days=3))
        assert await market.charges(buyer) == 1
        assert await earnings(market, seller=seller) == {
            "customer": Decimal("-30.00"),
            "seller:earnings": Decimal("24.00"),
            "platform:fees": Decimal("6.00"),
        }
        await listing_is(market, listing, subscribers=1, revenue="30.00")


async def test_it_is_told_to_everybody(market: Market) -> None:
    listing, buyer = await on_sale(market, seller=new_id("account")), new_id("account")

    told = await subscribe(market, listing, account=buyer)

    async def heard() -> bool:
        return bool(market.told(ModelSubscribed.topic, buyer))

    await until(heard)
    (body,) = market.told(ModelSubscribed.topic, buyer)
    event = ModelSubscribed.model_validate_json(body)
    assert (event.amount, event.account_id, event.subscriber_id) == (Decimal("30.00"), listing.seller_id, buyer)
    assert event.subscription == told


async def test_the_same_ask_is_one_charge_and_many_at_once_are_one_subscription(market: Market) -> None:
    listing, one, other = await on_sale(market, seller=new_id("account")), new_id("account"), new_id("account")
    said = wanted(listing, account=one)

    same = await asyncio.gather(*(ask(market, said) for _ in range(5)))
    many = await asyncio.gather(*(subscribe(market, listing, account=other) for _ in range(8)), return_exceptions=True)

    assert len({told.model_dump_json() for told in same}) == 1
    assert await ask(market, said) == same[0]
    refused = [error for error in many if isinstance(error, AskRefusedError)]
    assert (len(refused), {error.code for error in refused}) == (7, {"already_subscribed"})
    assert (await market.charges(one), await market.charges(other)) == (1, 1)


async def test_what_cannot_be_subscribed_to_is_refused_and_nothing_is_charged(market: Market) -> None:
    seller, buyer = new_id("account"), new_id("account")
    listing, gone = await on_sale(market, seller=seller), await on_sale(market, seller=seller)
    await withdraw(market, gone)
    unknown = listing.model_copy(update={"listing_id": new_id("listing")})
    bad = {
        "own_listing": wanted(listing, account=seller),
        "not_listed": wanted(gone, account=buyer),
        "unknown_payment_method": wanted(listing, account=buyer, method="gold"),
        "version_unknown": wanted(listing, account=buyer, version="7.3"),
        "payment_declined": wanted(listing, account=buyer, method="insufficient_funds"),
    }

    for code, said in bad.items():
        with pytest.raises(AskRefusedError) as refused:
            await ask(market, said)
        assert refused.value.code == code
    with pytest.raises(AskRefusedError) as refused:
        await subscribe(market, unknown, account=buyer)

    assert (refused.value.kind, refused.value.code) == (ErrorKind.NOT_FOUND, "not_listed")
    assert (await market.charges(buyer), await earnings(market, seller=seller)) == (0, {})


async def test_who_was_declined_can_try_again(market: Market) -> None:
    listing, buyer = await on_sale(market, seller=new_id("account")), new_id("account")
    with pytest.raises(AskRefusedError):
        await subscribe(market, listing, account=buyer, method="card_declined")

    told = await subscribe(market, listing, account=buyer, version="1.0")

    assert (told.state, told.version) == (SubscriptionState.ACTIVE, "1.0")


@pytest.mark.parametrize("method", ["card_timeout", "provider_away"])
async def test_a_payment_whose_answer_is_lost_goes_on_by_itself_and_is_one_charge(settings: Settings, method: str) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(settings.model_copy(update=QUICK), MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        said = wanted(listing, account=buyer, method=method)
        with pytest.raises(AskRefusedError) as unknown:
            await ask(market, said)
        assert unknown.value.code in {"payment_pending", "payments_away"}
        with pytest.raises(AskRefusedError) as other:
            await subscribe(market, listing, account=buyer)

        async def active() -> bool:
            await market.pass_pauses()
            return await market.database["subscriptions"].find_one({"_id": said.subscription_id, "state": "active"}) is not None

        await until(active)
        told = await ask(market, said)

        assert (other.value.code, told.started_at) == ("already_subscribed", clock.at)
        assert clock.at > JANUARY
        assert await market.charges(buyer) == 1


async def test_a_longer_period_is_charged_less_the_rest_and_begins_now(settings: Settings) -> None:
    clock, seller, buyer = Clock(datetime(2026, 1, 1, tzinfo=UTC)), new_id("account"), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller)
        first = await subscribe(market, listing, account=buyer)
        clock.at = datetime(2026, 1, 11, tzinfo=UTC)

        said = wanted(listing, account=buyer, period=Period.QUARTERLY, auto_renew=False)
        longer, again = await ask(market, said), await ask(market, said)

        # 21 of 31 days of 30.00 are 20.3226, up to a cent.
        assert (longer.subscription_id, longer.price, longer.paid) == (first.subscription_id, Decimal("90.00"), Decimal("69.67"))
        assert (longer.started_at, longer.period_began_at, longer.ends_at) == (
            first.started_at,
            clock.at,
            datetime(2026, 4, 11, tzinfo=UTC),
        )
        assert (longer.auto_renew, longer.next_billing_at, longer.usable_until) == (False, None, longer.ends_at)
        assert (again, longer.earned) == (longer, Decimal("99.67"))
        assert (await earnings(market, seller=seller))["customer"] == Decimal("-99.67")


async def test_the_same_or_a_shorter_period_is_refused_and_a_declined_longer_one_changes_nothing(market: Market) -> None:
    listing, buyer = await on_sale(market, seller=new_id("account")), new_id("account")
    told = await subscribe(market, listing, account=buyer, period=Period.QUARTERLY)

    for period in (Period.MONTHLY, Period.QUARTERLY):
        with pytest.raises(AskRefusedError) as refused:
            await subscribe(market, listing, account=buyer, period=period)
        assert (refused.value.kind, refused.value.code) == (ErrorKind.INVALID, "already_subscribed")
    with pytest.raises(AskRefusedError) as declined:
        await subscribe(market, listing, account=buyer, period=Period.YEARLY, method="expired_card")

    assert declined.value.code == "payment_declined"
    kept = await state_of(market, told)
    assert (kept["period"], kept["bill_id"], kept["method"]) == ("quarterly", None, "credit_card")
    assert kept["due_at"] == told.ends_at


async def test_a_period_is_paid_once_though_the_answer_never_comes(settings: Settings) -> None:
    buyer, impatient = new_id("account"), QUICK | {"payment_within": timedelta(seconds=0.4)}
    async with stripe_double() as double:
        double.troubles.append(Trouble("POST", r"/v1/payment_intents/\w+/confirm", before=False))
        paid_by_stripe = Settings.model_validate(settings.model_dump() | stripe_settings(double) | impatient)
        async with serving(paid_by_stripe, MemoryBroker(), Clock(JANUARY)) as market:
            listing = await on_sale(market, seller=new_id("account"))
            with pytest.raises(AskRefusedError) as pending:
                await market.bus.ask(wanted(listing, account=buyer, method="pm_card_visa"), within=60)

            async def active() -> bool:
                await market.pass_pauses()
                return await market.database["subscriptions"].find_one({"subscriber_id": buyer, "state": "active"}) is not None

            await until(active)

            assert pending.value.code == "payment_pending"
            assert [each["amount"] for each in double.objects.taken(buyer)] == [3_000]


async def test_a_cancellation_while_a_longer_period_is_being_paid_is_the_last_word(settings: Settings) -> None:
    clock, buyer = Clock(JANUARY), new_id("account")
    async with serving(settings.model_copy(update=QUICK), MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
        told = await subscribe(market, listing, account=buyer)
        with pytest.raises(AskRefusedError):
            await subscribe(market, listing, account=buyer, period=Period.YEARLY, method="card_timeout")

        await cancel(market, told)
        after = await becomes(market, told, period="yearly")

        assert (after["state"], after["auto_renew"]) == ("cancelled", False)
