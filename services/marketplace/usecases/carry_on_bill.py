"""Take a subscription's payment, or its refund, on from wherever it stands."""

import asyncio
import random
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from libs.contracts.subscriptions import SubscriptionState
from services.marketplace.domain.billing import Bill, BillKind, BillState
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.leasing_money import earned, given_back, reversed_
from services.marketplace.domain.payment_errors import NoPaymentsError, PaymentPendingError, PaymentsAwayError, RefundRefusedError
from services.marketplace.domain.payments import Charge, Decline, Payments
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.subscription_events import with_changed, with_over, with_paid
from services.marketplace.domain.subscription_ports import Subscriptions

T = TypeVar("T")
ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02
CANCELLED: Final = "Cancelled while it was being renewed."


@dataclass(frozen=True, slots=True)
class CarryOnBill:
    """What the provider says is written down with all that follows from it, in one write: the period, the earnings, the fee, the event.

    Any number of processes may do so at once, and each step twice.
    """

    subscriptions: Subscriptions
    payments: Payments
    clock: Clock
    within: timedelta

    async def __call__(self, bill: Bill) -> Bill:
        """Return it paid, declined or refunded.

        Raise PaymentPendingError, PaymentsAwayError or RefundRefusedError: it is put off for a while.
        """
        while True:
            # Somebody else who takes it on at the same time was told the same; the first to write it down has done so.
            with suppress(BooksChangedError):
                match bill.state:
                    case BillState.BEGUN:
                        await self._charge(bill)
                    case BillState.REFUNDING:
                        await self._give_back(bill)
                    case _:
                        return bill
            known = await self.subscriptions.bill(bill.id)
            assert known is not None
            bill = known

    async def _charge(self, bill: Bill) -> None:
        """Ask the provider; the bill's id is the charge's key, so asking again charges once."""
        at_hand = bill.kind is not BillKind.RENEWAL
        charging = self.payments.charge(key=bill.id, account_id=bill.subscriber_id, amount=bill.amount, method=bill.method, at_hand=at_hand)
        said: Charge | Decline = await self._asked(bill, charging)
        subscription, at = await self.subscriptions.get(bill.subscription_id), self.clock()
        if subscription.bill_id != bill.id:
            return
        if isinstance(said, Decline):
            unpaid = subscription.unpaid(bill, at=at)
            over = unpaid.state is SubscriptionState.EXPIRED
            goes_on = with_changed(unpaid, at=at) if bill.kind is BillKind.RENEWAL else (unpaid, None)
            told, event = with_over(unpaid, at=at) if over else goes_on
            await self.subscriptions.note(told, bill.declined(said), event=event)
        elif subscription.was_cancelled_since(bill):
            await self._promise_back(subscription, bill.paid(said, at=at), at=at)
        else:
            paid = bill.paid(said, at=at)
            told, event = with_paid(subscription.paid_for(paid, at=at), paid, at=at)
            await self.subscriptions.note(told, paid, money=earned(paid, at=at), event=event)

    async def _promise_back(self, subscription: Subscription, paid: Bill, *, at: datetime) -> None:
        """Write down a renewal that came after its owner had cancelled: it is to be given back, and nothing is longer for it."""
        promised, over = paid.to_refund(CANCELLED, at=at), subscription.not_renewed(at=at)
        told, event = with_over(over, at=at) if over.ended_at else (over, None)
        await self.subscriptions.note(told, promised, money=(*earned(paid, at=at), *reversed_(promised, at=at)), event=event)

    async def _give_back(self, bill: Bill) -> None:
        assert bill.charge_id is not None
        refund = await self._asked(bill, self.payments.refund(key=f"{bill.id}:refund", charge_id=bill.charge_id, amount=bill.amount))
        # In this order: whoever writes the payment afterwards changes the subscription's version.
        subscription, known, at = await self.subscriptions.get(bill.subscription_id), await self.subscriptions.bill(bill.id), self.clock()
        if known is None or known.state is not BillState.REFUNDING:
            return
        refunded = known.refunded(refund.id, at=at)
        await self.subscriptions.note(subscription, refunded, money=given_back(refunded, at=at))

    async def _asked(self, bill: Bill, asking: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self.within.total_seconds()):
                return await asking
        except TimeoutError as error:
            await self._put_off(bill)
            raise PaymentPendingError(bill.subscription_id) from error
        except (PaymentsAwayError, NoPaymentsError, RefundRefusedError):
            # A refused refund, too: it is looked at by people, and must not hold up the others until then.
            await self._put_off(bill)
            raise

    async def _put_off(self, bill: Bill) -> None:
        """Leave it alone for a while, unless somebody else has taken it on.

        Whoever counts a listing's numbers or publishes events writes to the subscription, too: such a writer is waited for. Given up,
        the provider would be asked again at once.
        """
        for attempt in range(ATTEMPTS):
            # In this order: whoever writes the payment afterwards changes the subscription's version.
            subscription, known = await self.subscriptions.get(bill.subscription_id), await self.subscriptions.bill(bill.id)
            if known != bill:
                return
            with suppress(BooksChangedError):
                await self.subscriptions.note(subscription, bill.put_off(at=self.clock()))
                return
            await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret
