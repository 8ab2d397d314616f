"""The ledger of money: double entry in money; the sum over each movement's lines is zero.

What a customer pays comes from outside into `clearing` and lies there until what it was paid for has been given; then it is a sale.
So `clearing` holds exactly the purchases that are paid and not credited yet.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class MoneyPlace(StrEnum):
    """Where money lies: with the customer, at the payment provider for us, or earned."""

    CUSTOMER = "customer"
    CLEARING = "platform:clearing"
    SALES = "platform:sales"


class MoneyCause(StrEnum):
    """Why money moved."""

    PAYMENT = "payment"
    SALE = "sale"


@dataclass(frozen=True, slots=True)
class MoneyMovement:
    """Money taken from one place and put in another; `id` is a natural key, so that a movement is booked once."""

    id: str
    account_id: str
    cause: MoneyCause
    at: datetime
    source: MoneyPlace
    target: MoneyPlace
    amount: Decimal
    purchase_id: str
    charge_id: str | None = None

    @property
    def lines(self) -> tuple[tuple[MoneyPlace, Decimal], ...]:
        """The two entries: minus at the source, plus at the target."""
        return ((self.source, -self.amount), (self.target, self.amount))
