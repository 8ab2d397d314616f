"""A purchase of compute hours: a small state machine in one document, so that it ends in one charge and one credit."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from libs.contracts.marketplace import PurchaseCredits
from libs.contracts.money import price_of
from services.marketplace.domain.errors import IllegalMoveError
from services.marketplace.domain.money import MoneyCause, MoneyMovement, MoneyPlace
from services.marketplace.domain.payments import Charge, Decline

# How long a purchase that did not go on is left alone: doubling with each attempt.
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)
DOUBLINGS_MOST: Final = 10


class PurchaseState(StrEnum):
    """`begun`: nobody knows yet whether it is charged. `paid`: charged, its hours are not there yet. `credited`: they are."""

    BEGUN = "begun"
    PAID = "paid"
    CREDITED = "credited"
    EXPIRED = "expired"
    DECLINED = "declined"


MOVES: Final = {
    PurchaseState.BEGUN: {PurchaseState.PAID, PurchaseState.DECLINED},
    PurchaseState.PAID: {PurchaseState.CREDITED},
    PurchaseState.CREDITED: {PurchaseState.EXPIRED},
    PurchaseState.EXPIRED: set[PurchaseState](),
    PurchaseState.DECLINED: set[PurchaseState](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One purchase. `version` guards against lost updates, `go_on_at` says when whoever finds it unfinished goes on with it.

    `available_hours` is what the account could use right after it was credited: the answer stays the same however often it is given.
    """

    id: str
    account_id: str
    tier: str
    hours: Decimal
    amount: Decimal
    method: str
    begun_at: datetime
    go_on_at: datetime
    version: int = 0
    state: PurchaseState = PurchaseState.BEGUN
    attempts: int = 0
    charge_id: str | None = None
    decline: Decline | None = None
    credited_at: datetime | None = None
    expires_at: datetime | None = None
    available_hours: Decimal | None = None

    def is_for(self, ask: PurchaseCredits) -> bool:
        """Tell whether it is the purchase that is asked for."""
        return (self.account_id, self.hours, self.method) == (ask.account_id, ask.hours, ask.payment_method)

    def move_to(self, state: PurchaseState) -> "Purchase":
        """Return it in another state. Raise IllegalMoveError for what the table lacks."""
        if state not in MOVES[self.state]:
            raise IllegalMoveError(self.id, self.state.value, state.value)
        return replace(self, state=state)

    def paid(self, charge: Charge, *, at: datetime) -> tuple["Purchase", MoneyMovement]:
        """Note that it was charged: the money has come in, and waits for its hours to be given."""
        paid = replace(self.move_to(PurchaseState.PAID), charge_id=charge.id, go_on_at=at)
        return paid, _movement(paid, MoneyCause.PAYMENT, at=at, path=(MoneyPlace.CUSTOMER, MoneyPlace.CLEARING))

    def declined(self, decline: Decline) -> "Purchase":
        """Note that the provider will not charge it."""
        return replace(self.move_to(PurchaseState.DECLINED), decline=decline)

    def credited(self, *, at: datetime, expires_at: datetime, available_hours: Decimal) -> tuple["Purchase", MoneyMovement]:
        """Note that its hours are there: the money is earned."""
        there = replace(self.move_to(PurchaseState.CREDITED), credited_at=at, expires_at=expires_at, available_hours=available_hours)
        return there, _movement(there, MoneyCause.SALE, at=at, path=(MoneyPlace.CLEARING, MoneyPlace.SALES))

    def put_off(self, *, at: datetime) -> "Purchase":
        """Leave it alone for a while: 15 s, then twice as long each time, an hour at most."""
        return replace(self, attempts=self.attempts + 1, go_on_at=at + pause_after(self.attempts))


def pause_after(attempts: int) -> timedelta:
    """Return how long what did not go on is left alone: 15 s, then twice as long each time, an hour at most."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(attempts, DOUBLINGS_MOST)
    return min(doubled, LONGEST_PAUSE)


def begin(ask: PurchaseCredits, *, at: datetime) -> Purchase:
    """Return the purchase that is asked for, before anybody is charged."""
    return Purchase(
        id=ask.transaction_id,
        account_id=ask.account_id,
        tier=ask.tier,
        hours=ask.hours,
        amount=price_of(ask.hours),
        method=ask.payment_method,
        begun_at=at,
        go_on_at=at + FIRST_PAUSE,
    )


def _movement(purchase: Purchase, cause: MoneyCause, *, at: datetime, path: tuple[MoneyPlace, MoneyPlace]) -> MoneyMovement:
    source, target = path
    return MoneyMovement(
        f"{purchase.account_id}:{cause}:{purchase.id}",
        purchase.account_id,
        cause,
        at,
        source,
        target,
        purchase.amount,
        purchase.id,
        purchase.charge_id,
    )
