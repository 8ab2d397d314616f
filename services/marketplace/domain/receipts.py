"""Purchases of hours and payments of subscriptions, each as whoever paid it, or earned by it, sees it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.payments import PaymentKind, PaymentSnapshot, PaymentState
from services.marketplace.domain.billing import Bill, BillKind, BillState
from services.marketplace.domain.payments import Decline
from services.marketplace.domain.purchase import Purchase, PurchaseState

BILL_KINDS: Final[Mapping[PaymentKind, BillKind]] = {
    PaymentKind.SUBSCRIPTION: BillKind.FIRST,
    PaymentKind.UPGRADE: BillKind.UPGRADE,
    PaymentKind.RENEWAL: BillKind.RENEWAL,
}
KINDS: Final = {bill: kind for kind, bill in BILL_KINDS.items()}
PURCHASE_STATES: Final[Mapping[PaymentState, Collection[PurchaseState]]] = {
    PaymentState.PENDING: (PurchaseState.BEGUN,),
    PaymentState.PAID: (PurchaseState.PAID, PurchaseState.CREDITED, PurchaseState.EXPIRED),
    PaymentState.DECLINED: (PurchaseState.DECLINED,),
    PaymentState.REFUNDING: (),
    PaymentState.REFUNDED: (),
}
BILL_STATES: Final[Mapping[PaymentState, BillState]] = {
    PaymentState.PENDING: BillState.BEGUN,
    PaymentState.PAID: BillState.PAID,
    PaymentState.DECLINED: BillState.DECLINED,
    PaymentState.REFUNDING: BillState.REFUNDING,
    PaymentState.REFUNDED: BillState.REFUNDED,
}
OF_PURCHASES: Final = {state: told for told, states in PURCHASE_STATES.items() for state in states}
OF_BILLS: Final = {state: told for told, state in BILL_STATES.items()}
# A payment that was not charged is nobody's earning.
EARNED: Final = (BillState.PAID, BillState.REFUNDING, BillState.REFUNDED)


@dataclass(frozen=True, slots=True)
class WantedPayments:
    """Which of an account's payments; what is None takes all. `until` is not included."""

    kind: PaymentKind | None = None
    state: PaymentState | None = None
    since: datetime | None = None
    until: datetime | None = None


class Receipts(Protocol):
    """An account's payments, from both sides."""

    async def page(self, account_id: str, wanted: WantedPayments, part: Part) -> Page[PaymentSnapshot]:
        """Return a part of them, the newest first."""

    async def get(self, payment_id: str, *, account_id: str) -> PaymentSnapshot | None:
        """Return one, if it is there and the account paid it or earned by it."""


def of_purchase(purchase: Purchase, *, paid_at: datetime | None) -> PaymentSnapshot:
    """Return a purchase of hours as a payment."""
    return PaymentSnapshot(
        payment_id=purchase.id,
        kind=PaymentKind.CREDITS,
        state=OF_PURCHASES[purchase.state],
        amount=purchase.amount,
        begun_at=purchase.begun_at,
        paid_at=paid_at,
        hours=purchase.hours,
        reference=purchase.charge_id,
        decline=_words(purchase.decline),
    )


def of_bill(bill: Bill, *, account_id: str, title: str | None) -> PaymentSnapshot:
    """Return a payment of a subscription: all of it to its subscriber, to its seller what was earned by it."""
    earned = bill.seller_id == account_id
    told = PaymentSnapshot(
        payment_id=bill.id,
        kind=PaymentKind.EARNING if earned else KINDS[bill.kind],
        state=OF_BILLS[bill.state],
        amount=bill.amount,
        begun_at=bill.begun_at,
        paid_at=bill.paid_at,
        refunded_at=bill.refunded_at,
        subscription_id=bill.subscription_id,
        listing_id=bill.listing_id,
        model_id=bill.model_id,
        title=title,
        period=bill.period,
    )
    if earned:
        return told.model_copy(update={"fee": bill.fee})
    own = {"reference": bill.charge_id, "refund_reference": bill.refund_id, "decline": _words(bill.decline)}
    return told.model_copy(update={"price": bill.price, "credit": bill.credit} | own)


def _words(decline: Decline | None) -> str | None:
    return f"{decline.code}: {decline.message}" if decline else None
