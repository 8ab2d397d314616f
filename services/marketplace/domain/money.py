"""The ledger of money: double entry in money; the sum over each movement's lines is zero.

What a customer pays comes from outside into `clearing` and lies there until what it was paid for has been given; then it is a sale.
So `clearing` holds exactly the purchases that are paid and not credited yet: a subscription's period is given with its payment, in one
write. It is its seller's earnings then, gross, and the platform's fee leaves these by a movement of its own. What is to be given back
lies in `refunds` until the payment provider has taken it back.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class MoneyPlace(StrEnum):
    """Where money lies: with the customer, at the payment provider for us, earned, or promised back. Earnings are of a seller each."""

    CUSTOMER = "customer"
    CLEARING = "platform:clearing"
    SALES = "platform:sales"
    EARNINGS = "seller:earnings"
    FEES = "platform:fees"
    REFUNDS = "platform:refunds"


class MoneyCause(StrEnum):
    """Why money moved."""

    PAYMENT = "payment"
    SALE = "sale"
    EARNING = "earning"
    FEE = "fee"
    EARNING_REVERSAL = "earning_reversal"
    FEE_REVERSAL = "fee_reversal"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Lease:
    """Which subscription's payment money was moved for: `seller_id` owns the earnings that it touches."""

    bill_id: str
    subscription_id: str
    listing_id: str
    model_id: str
    seller_id: str


@dataclass(frozen=True, slots=True)
class MoneyMovement:
    """Money taken from one place and put in another; `id` is a natural key, so that a movement is booked once.

    `account_id` is the customer's; it is about a purchase of hours or about a lease. `charge_id` is the provider's, of charge or refund.
    """

    id: str
    account_id: str
    cause: MoneyCause
    at: datetime
    source: MoneyPlace
    target: MoneyPlace
    amount: Decimal
    purchase_id: str | None = None
    charge_id: str | None = None
    lease: Lease | None = None

    @property
    def lines(self) -> tuple[tuple[MoneyPlace, Decimal], ...]:
        """The two entries: minus at the source, plus at the target."""
        return ((self.source, -self.amount), (self.target, self.amount))
