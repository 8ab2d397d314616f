"""Give a subscription's last payment back, and end it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.chassis.logs import log
from libs.contracts.subscriptions import RefundSubscription, Subscribed
from services.marketplace.domain.billing import Bill, BillState
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.leasing_money import reversed_
from services.marketplace.domain.payment_errors import NoPaymentsError, PaymentPendingError, PaymentsAwayError
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.subscription_errors import NothingToRefundError, SubscriptionBusyError
from services.marketplace.domain.subscription_events import with_changed, with_over
from services.marketplace.domain.subscription_ports import Subscriptions
from services.marketplace.usecases.carry_on_bill import CarryOnBill

ATTEMPTS: Final = 20


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Promised in one write: the subscription ends, fee and earnings are undone. The provider then gives the money back, once."""

    subscriptions: Subscriptions
    carry_on: CarryOnBill
    clock: Clock

    async def __call__(self, ask: RefundSubscription) -> Subscribed:
        """Return the ended subscription. A refund that the provider has not confirmed goes on by itself.

        Raise SubscriptionNotFoundError, SubscriptionBusyError (a payment is under way) or NothingToRefundError.
        """
        bill = await self._promised(ask)
        with suppress(PaymentPendingError, PaymentsAwayError, NoPaymentsError):
            await self.carry_on(bill)
        ended = await self.subscriptions.get(ask.subscription_id)
        return Subscribed(subscription=ended.told())

    async def _promised(self, ask: RefundSubscription) -> Bill:
        attempt = 0
        while True:
            attempt += 1
            known = await self.subscriptions.get(ask.subscription_id)
            if known.bill_id is not None:
                raise SubscriptionBusyError(known.id)
            bill = await self.subscriptions.bill(known.last_bill_id) if known.last_bill_id else None
            if bill is None or known.run is None:
                raise NothingToRefundError(known.id)
            if bill.state is not BillState.PAID:
                return bill
            try:
                return await self._promise(known, bill, ask)
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise

    async def _promise(self, known: Subscription, bill: Bill, ask: RefundSubscription) -> Bill:
        at = self.clock()
        promised = bill.to_refund(ask.reason, at=at)
        tell = with_changed if known.ended_at else with_over
        told, event = tell(known.refunded(bill, at=at), at=at)
        await self.subscriptions.note(told, promised, money=reversed_(promised, at=at), event=event)
        log().info("a payment is given back", subscription_id=known.id, bill_id=bill.id, admin_id=ask.admin_id)
        return promised
