"""Subscribe an account to a listed model, or change its subscription to a longer period: one charge, whoever dies in between."""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from libs.contracts.subscriptions import EndReason, Subscribe, Subscribed
from services.marketplace.domain.billing import Bill, BillKind, fee_of, price_of, rest_of
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.payment_errors import NoPaymentsError, PaymentDeclinedError, UnknownPaymentMethodError
from services.marketplace.domain.payments import Payments
from services.marketplace.domain.periods import MONTHS
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.purchase import FIRST_PAUSE
from services.marketplace.domain.subscription import Subscription, Terms
from services.marketplace.domain.subscription_errors import (
    AlreadySubscribedError,
    NotListedError,
    OwnListingError,
    SubscriptionDiffersError,
    UnknownVersionError,
    shorter,
)
from services.marketplace.domain.subscription_ports import Sale, Sales, Subscriptions
from services.marketplace.usecases.carry_on_bill import CarryOnBill
from services.marketplace.usecases.end_subscription import EndSubscription

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02
NOTHING: Final = Decimal("0.00")
UNDER_WAY: Final = "A payment for it is under way; ask again in a moment."


@dataclass(frozen=True, slots=True)
class SubscribeTo:
    """Idempotent by the subscription id of the ask, from which the payment's id is made."""

    subscriptions: Subscriptions
    sales: Sales
    payments: Payments
    carry_on: CarryOnBill
    end: EndSubscription
    clock: Clock
    terms: Terms

    async def __call__(self, ask: Subscribe) -> Subscribed:
        """Return the paid subscription.

        Raise NotListedError, OwnListingError, AlreadySubscribedError, UnknownVersionError, UnknownPaymentMethodError, NoPaymentsError,
        PaymentDeclinedError, PaymentPendingError, PaymentsAwayError or SubscriptionDiffersError.
        """
        bill = await self._begun(ask)
        if not bill.is_for(ask):
            raise SubscriptionDiffersError(ask.subscription_id)
        done = await self.carry_on(bill)
        if done.decline is not None:
            raise PaymentDeclinedError(code=done.decline.code, message=done.decline.message)
        paid = await self.subscriptions.get(done.subscription_id)
        return Subscribed(subscription=paid.told())

    async def _begun(self, ask: Subscribe) -> Bill:
        """Return the payment that the ask means: the one it began before, or a new one."""
        attempt = 0
        while True:
            attempt += 1
            if known := await self.subscriptions.bill(_bill_id(ask)):
                return known
            try:
                return await self._begin(ask)
            except AlreadySubscribedError:
                # What it has already may be what this same ask has begun, a moment ago.
                if known := await self.subscriptions.bill(_bill_id(ask)):
                    return known
                raise
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise
                # Those that were overtaken together must not come back together.
                await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret

    async def _begin(self, ask: Subscribe) -> Bill:
        sale, at = await self._on_sale(ask), self.clock()
        held = await self.subscriptions.open(ask.listing_id, subscriber_id=ask.account_id)
        if held is not None and held.is_over(at):
            await self.end(held, EndReason.UNPAID if held.will_renew else EndReason.TIME)
            held = None
        if held is None:
            subscription = self._new(ask, sale, at=at)
            bill = self._bill(ask, subscription, price=subscription.price, credit=NOTHING, at=at)
            await self.subscriptions.begin(subscription, bill)
            return bill
        if held.bill_id is not None:
            raise AlreadySubscribedError(held.id, UNDER_WAY)
        if MONTHS[ask.period] <= MONTHS[held.period]:
            raise AlreadySubscribedError(held.id, shorter(held.period, held.present.ends))
        rest = rest_of(held.price, began=held.present.began, ends=held.present.ends, at=at)
        bill = self._bill(ask, held, price=price_of(sale.monthly_price, ask.period), credit=rest, at=at)
        await self.subscriptions.note(held.billed(bill), bill)
        return bill

    async def _on_sale(self, ask: Subscribe) -> Sale:
        if not self.payments.methods:
            raise NoPaymentsError
        sale = await self.sales.get(ask.listing_id)
        if sale is None or not sale.on_sale:
            raise NotListedError(ask.listing_id)
        if sale.seller_id == ask.account_id:
            raise OwnListingError
        if not self.payments.knows(ask.payment_method):
            raise UnknownPaymentMethodError(ask.payment_method, known=self.payments.methods)
        if ask.version is not None and not await self.sales.has_version(sale.model_id, ask.version):
            raise UnknownVersionError(ask.version)
        return sale

    def _new(self, ask: Subscribe, sale: Sale, *, at: datetime) -> Subscription:
        return Subscription(
            id=ask.subscription_id,
            listing_id=sale.listing_id,
            model_id=sale.model_id,
            title=sale.title,
            seller_id=sale.seller_id,
            subscriber_id=ask.account_id,
            period=ask.period,
            price=price_of(sale.monthly_price, ask.period),
            method=ask.payment_method,
            auto_renew=ask.auto_renew,
            pinned=ask.version,
            begun_at=at,
            grace=self.terms.grace,
            bill_id=_bill_id(ask),
        )

    def _bill(self, ask: Subscribe, subscription: Subscription, *, price: Decimal, credit: Decimal, at: datetime) -> Bill:
        return Bill(
            id=_bill_id(ask),
            subscription_id=subscription.id,
            listing_id=subscription.listing_id,
            model_id=subscription.model_id,
            seller_id=subscription.seller_id,
            subscriber_id=subscription.subscriber_id,
            kind=BillKind.FIRST if subscription.run is None else BillKind.UPGRADE,
            period=ask.period,
            price=price,
            credit=credit,
            fee=fee_of(price - credit, rate=self.terms.fee_rate),
            method=ask.payment_method,
            auto_renew=ask.auto_renew,
            pinned=ask.version,
            begun_at=at,
            go_on_at=at + FIRST_PAUSE,
        )


def _bill_id(ask: Subscribe) -> str:
    return f"{ask.subscription_id}:1"
