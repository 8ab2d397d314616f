"""The scheduler of subscriptions: renew what is due, end what is over, and go on with payments that were left unfinished."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from libs.contracts.subscriptions import EndReason
from services.marketplace.domain.billing import Bill, BillKind, fee_of
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.purchase import FIRST_PAUSE
from services.marketplace.domain.subscription import Subscription, Terms
from services.marketplace.domain.subscription_ports import Sales, Subscriptions
from services.marketplace.usecases.carry_on_bill import CarryOnBill
from services.marketplace.usecases.end_subscription import EndSubscription
from services.marketplace.usecases.settling import BATCH, settle_all


@dataclass(frozen=True, slots=True)
class RenewSubscriptions:
    """Any number of marketplace processes may do this at once, and after any of them has died.

    The subscription's version decides who begins a renewal, and whoever goes on with it asks for the same charge.
    """

    subscriptions: Subscriptions
    sales: Sales
    carry_on: CarryOnBill
    end: EndSubscription
    clock: Clock
    terms: Terms

    async def __call__(self) -> int:
        """Renew or end what is due; return how many were. One whose payment is not known yet is left for later."""

        async def batch(but: Collection[str]) -> list[Subscription]:
            return await self.subscriptions.due(at=self.clock(), most=BATCH, but=but)

        return await settle_all(batch, self._settle, what="a subscription", set_aside=self.subscriptions.set_aside)

    async def _settle(self, subscription: Subscription) -> None:
        if not subscription.will_renew:
            return await self.end(subscription, EndReason.TIME)
        sale = await self.sales.get(subscription.listing_id)
        if sale is None or not sale.on_sale:
            return await self.end(subscription, EndReason.WITHDRAWN)
        bill = renewal_of(subscription, rate=self.terms.fee_rate, at=self.clock())
        await self.subscriptions.note(subscription.billed(bill), bill)
        await self.carry_on(bill)
        return None


@dataclass(frozen=True, slots=True)
class FinishBills:
    """Any number of marketplace processes may do this at once."""

    subscriptions: Subscriptions
    carry_on: CarryOnBill
    clock: Clock

    async def __call__(self) -> int:
        """Go on with payments and refunds that are due; return how many came to an end."""

        async def batch(but: Collection[str]) -> list[Bill]:
            return await self.subscriptions.unfinished(at=self.clock(), most=BATCH, but=but)

        return await settle_all(batch, self.carry_on, what="a payment", set_aside=self.subscriptions.set_aside)


def renewal_of(subscription: Subscription, *, rate: Decimal, at: datetime) -> Bill:
    """Return the payment for the next period, at the price that was agreed. Each try has a number, and so a charge, of its own."""
    return Bill(
        id=f"{subscription.id}:{subscription.number + 1}",
        subscription_id=subscription.id,
        listing_id=subscription.listing_id,
        model_id=subscription.model_id,
        seller_id=subscription.seller_id,
        subscriber_id=subscription.subscriber_id,
        kind=BillKind.RENEWAL,
        period=subscription.period,
        price=subscription.price,
        credit=Decimal("0.00"),
        fee=fee_of(subscription.price, rate=rate),
        method=subscription.method,
        auto_renew=subscription.auto_renew,
        pinned=subscription.pinned,
        begun_at=at,
        go_on_at=at + FIRST_PAUSE,
    )
