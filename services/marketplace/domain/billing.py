"""One payment for a subscription: its first period, another one, or a change to a longer one. Written before anybody is charged.

Its id is the charge's key, so that whoever finds it unfinished asks the provider again and nothing is charged twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final

from libs.contracts.money import CENT, to_money
from libs.contracts.subscriptions import Period, Subscribe
from services.marketplace.domain.errors import IllegalMoveError
from services.marketplace.domain.payments import Charge, Decline
from services.marketplace.domain.periods import MONTHS
from services.marketplace.domain.purchase import FIRST_PAUSE, pause_after


class BillKind(StrEnum):
    """What is paid for."""

    FIRST = "first"
    UPGRADE = "upgrade"
    RENEWAL = "renewal"


class BillState(StrEnum):
    """`begun`: nobody knows yet whether it is charged. `refunding`: it is to be given back, and nobody knows yet whether it is."""

    BEGUN = "begun"
    PAID = "paid"
    DECLINED = "declined"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


MOVES: Final = {
    BillState.BEGUN: {BillState.PAID, BillState.DECLINED},
    BillState.PAID: {BillState.REFUNDING},
    BillState.REFUNDING: {BillState.REFUNDED},
    BillState.REFUNDED: set[BillState](),
    BillState.DECLINED: set[BillState](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One payment. `amount` is the price less `credit`, what an earlier period's rest is worth; `fee` is the platform's part of it.

    `auto_renew` and `pinned` are what the subscriber wants when it is paid; a renewal changes neither.
    """

    id: str
    subscription_id: str
    listing_id: str
    model_id: str
    seller_id: str
    subscriber_id: str
    kind: BillKind
    period: Period
    price: Decimal
    credit: Decimal
    fee: Decimal
    method: str
    auto_renew: bool
    pinned: str | None
    begun_at: datetime
    go_on_at: datetime
    state: BillState = BillState.BEGUN
    attempts: int = 0
    charge_id: str | None = None
    decline: Decline | None = None
    paid_at: datetime | None = None
    refund_reason: str | None = None
    refund_id: str | None = None
    refunded_at: datetime | None = None

    @property
    def amount(self) -> Decimal:
        """What is charged."""
        return self.price - self.credit

    def is_for(self, ask: Subscribe) -> bool:
        """Tell whether it is the payment that is asked for."""
        asked = (ask.account_id, ask.listing_id, ask.period, ask.payment_method, ask.auto_renew, ask.version)
        return (self.subscriber_id, self.listing_id, self.period, self.method, self.auto_renew, self.pinned) == asked

    def move_to(self, state: BillState) -> "Bill":
        """Return it in another state. Raise IllegalMoveError for what the table lacks."""
        if state not in MOVES[self.state]:
            raise IllegalMoveError(self.id, self.state.value, state.value)
        return replace(self, state=state)

    def paid(self, charge: Charge, *, at: datetime) -> "Bill":
        """Note that it was charged."""
        return replace(self.move_to(BillState.PAID), charge_id=charge.id, paid_at=at)

    def declined(self, decline: Decline) -> "Bill":
        """Note that the provider will not charge it."""
        return replace(self.move_to(BillState.DECLINED), decline=decline)

    def to_refund(self, reason: str, *, at: datetime) -> "Bill":
        """Note that it is to be given back, before the provider is asked to."""
        return replace(self.move_to(BillState.REFUNDING), refund_reason=reason, attempts=0, go_on_at=at + FIRST_PAUSE)

    def refunded(self, refund_id: str, *, at: datetime) -> "Bill":
        """Note that it was given back."""
        return replace(self.move_to(BillState.REFUNDED), refund_id=refund_id, refunded_at=at)

    def put_off(self, *, at: datetime) -> "Bill":
        """Leave it alone for a while, as a purchase is."""
        return replace(self, attempts=self.attempts + 1, go_on_at=at + pause_after(self.attempts))


def price_of(monthly: Decimal, period: Period) -> Decimal:
    """Return what a period costs: the monthly price times its months."""
    return monthly * MONTHS[period]


def fee_of(amount: Decimal, *, rate: Decimal) -> Decimal:
    """Return the platform's part of a payment, in cents, half to even."""
    return to_money(amount * rate)


def rest_of(price: Decimal, *, began: datetime, ends: datetime, at: datetime) -> Decimal:
    """Return what the unused part of a period is worth, by seconds, rounded up to cents; never more than its price."""
    left = max(ends - max(at, began), timedelta(0))
    worth = price * Decimal(left // timedelta(milliseconds=1)) / Decimal((ends - began) // timedelta(milliseconds=1))
    return min(price, worth.quantize(CENT, rounding=ROUND_CEILING))
