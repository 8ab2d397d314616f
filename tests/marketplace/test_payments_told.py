"""What an account is told of its payments: from both sides, in parts, and in sums that the ledger has."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.mongo import from_decimal128
from libs.contracts.ids import new_id
from libs.contracts.payments import PaymentKind, PaymentSnapshot, PaymentsPage, PaymentState, ReadPayments
from libs.contracts.subscriptions import Period
from services.marketplace.settings import Settings
from tests.marketplace.leasing import on_sale, refund, subscribe
from tests.marketplace.market import PATIENCE_S, Clock, Market, answered, bought, serving

JANUARY = datetime(2026, 1, 10, 12, tzinfo=UTC)


async def read(market: Market, account: str, **wanted: Any) -> PaymentsPage:
    answer = await market.bus.ask(ReadPayments(account_id=account, **wanted), within=PATIENCE_S)
    assert isinstance(answer, PaymentsPage)
    return answer


async def moved(market: Market, account: str, *, place: str) -> Decimal:
    """Return what the ledger has moved from a place for an account, less what came back."""
    found = market.database["money_movements"].find({"account_id": account})
    lines = [line async for each in found for line in each["lines"] if line["place"] == place]
    return -sum((from_decimal128(line["amount"]) for line in lines), Decimal(0))


async def test_payments_are_told_to_both_sides_and_agree_with_the_ledger(settings: Settings) -> None:
    clock, seller, buyer = Clock(JANUARY), new_id("account"), new_id("account")
    async with serving(settings, MemoryBroker(), clock) as market:
        listing = await on_sale(market, seller=seller, title="Momentum")
        hours = bought("10", account=buyer)
        await answered(market, hours)
        clock.at = JANUARY + timedelta(days=1)
        with suppress(AskRefusedError):
            await answered(market, bought("3", account=buyer, method="card_declined"))
        clock.at = JANUARY + timedelta(days=2)
        first = await subscribe(market, listing, account=buyer)
        clock.at = JANUARY + timedelta(days=3)
        longer = await subscribe(market, listing, account=buyer, period=Period.QUARTERLY)
        clock.at = JANUARY + timedelta(days=4)
        await refund(market, longer)

        paid, earned, nobody = await asyncio.gather(*(read(market, each) for each in (buyer, seller, new_id("account"))))
        pages = [await read(market, buyer, page=number, size=2) for number in (1, 2, 3)]
        walked = [await read(market, buyer, size=3)]
        walked.append(await read(market, buyer, size=3, after=walked[0].after))
        beyond = await read(market, buyer, page=10**15, size=100)
        named = await read(market, buyer, payment_id=hours.transaction_id)
        not_his = await read(market, seller, payment_id=hours.transaction_id)
        declined = await read(market, buyer, state=PaymentState.DECLINED)
        of_a_kind = await read(market, buyer, kind=PaymentKind.UPGRADE)
        of_a_day = await read(market, buyer, since=JANUARY + timedelta(days=2), until=JANUARY + timedelta(days=3))
        customer, fees = await moved(market, buyer, place="customer"), await moved(market, buyer, place="platform:fees")

    assert [(each.kind, each.state) for each in paid.payments] == [
        (PaymentKind.UPGRADE, PaymentState.REFUNDED),
        (PaymentKind.SUBSCRIPTION, PaymentState.PAID),
        (PaymentKind.CREDITS, PaymentState.DECLINED),
        (PaymentKind.CREDITS, PaymentState.PAID),
    ]
    upgrade, subscription, refused, credit = paid.payments
    kept = (each for each in paid.payments if each.state is PaymentState.PAID)
    assert customer == sum((each.amount for each in kept), Decimal(0)) == Decimal("80.00")
    assert (upgrade.price, upgrade.credit, upgrade.title) == (Decimal("90.00"), Decimal("90.00") - upgrade.amount, "Momentum")
    assert (credit.hours, credit.paid_at, credit.reference is not None) == (Decimal(10), JANUARY, True)
    assert (refused.decline is not None, refused.paid_at, refused.reference) == (True, None, None)
    assert subscription.subscription_id == first.subscription_id
    assert [(each.kind, each.reference, each.price) for each in earned.payments] == [(PaymentKind.EARNING, None, None)] * 2
    assert -fees == sum((each.fee or Decimal(0) for each in earned.payments if each.state is PaymentState.PAID), Decimal(0))
    assert [each.payment_id for each in earned.payments] == [upgrade.payment_id, subscription.payment_id]
    assert nobody.payments == ()
    assert in_parts(pages) == in_parts(walked) == list(paid.payments)
    assert [each.count for each in pages] == [4, 4, 4]
    assert (walked[1].after, beyond.count, beyond.payments) == (None, 4, ())
    assert (named.payments, not_his.payments, declined.payments) == ((credit,), (), (refused,))
    assert (of_a_kind.payments, of_a_day.payments) == ((upgrade,), (subscription,))


def in_parts(pages: list[PaymentsPage]) -> list[PaymentSnapshot]:
    return [each for page in pages for each in page.payments]
