"""The ledger of compute credits: double entry in hours; the sum over each movement's lines is zero.

An account's hours lie in three places: `available` (the month's grant), `purchased` and `reserved`; the platform's own places are where
they come from and go to.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Place(StrEnum):
    """Where hours lie. The first three belong to an account, the others to the platform."""

    AVAILABLE = "available"
    PURCHASED = "purchased"
    RESERVED = "reserved"
    ALLOWANCES = "platform:grants"
    SALES = "platform:sales"
    COMPUTE = "platform:compute"
    EXPIRED = "platform:expired"


class Cause(StrEnum):
    """Why hours moved."""

    MONTHLY_ALLOWANCE = "monthly_grant"
    ALLOWANCE_EXPIRY = "grant_expiry"
    RESERVATION = "reservation"
    CHARGE = "charge"
    REFUND = "refund"
    RESERVATION_EXPIRY = "reservation_expiry"
    PURCHASE = "purchase"
    PURCHASE_EXPIRY = "purchase_expiry"


@dataclass(frozen=True, slots=True)
class Movement:
    """Hours taken from one place and put in another; `id` is a natural key, so that a movement is booked once.

    `purchase_id` names the purchase that the hours came from; None is the month's grant.
    """

    id: str
    account_id: str
    cause: Cause
    at: datetime
    source: Place
    target: Place
    hours: Decimal
    job_id: str | None = None
    purchase_id: str | None = None

    @property
    def lines(self) -> tuple[tuple[Place, Decimal], ...]:
        """The two entries: minus at the source, plus at the target."""
        return ((self.source, -self.hours), (self.target, self.hours))
