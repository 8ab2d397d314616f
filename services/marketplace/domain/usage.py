"""What an account's jobs have used in a period, and how much they could have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.marketplace import DayUsage, JobUsage
from libs.contracts.money import ALLOWANCE_BY_TIER
from services.marketplace.domain.wallet import Wallet

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to and without `until`; `months` reaches from the beginning of its first month to the end of its last."""

    since: datetime
    until: datetime

    @property
    def months(self) -> tuple[datetime, datetime]:
        """Return when its first month begins and its last one is over."""
        last = self.until - timedelta(microseconds=1)
        after = last.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=4)
        return self.since.replace(day=1), after.replace(day=1)


@dataclass(frozen=True, slots=True)
class Charged:
    """What the ledger says of a period: sums in hours and money, the jobs with the most hours, and days in order."""

    hours: Decimal
    cost: Decimal
    jobs_count: int
    jobs: tuple[JobUsage, ...]
    days: tuple[DayUsage, ...]


@dataclass(frozen=True, slots=True)
class PurchaseUse:
    """A purchase's hours, and how many of them were charged before a period began and before it was over."""

    hours: Decimal
    expires_at: datetime
    charged_before: Decimal
    charged: Decimal

    def usable_in(self, period: Period, *, at: datetime) -> Decimal:
        """Return how many of its hours could be used in the period: those that were, and what is left while it lives."""
        seen_at = min(at, period.until - timedelta(seconds=1))
        left = self.hours - self.charged if seen_at <= self.expires_at else ZERO
        return self.charged - self.charged_before + left


def period_of(first: date, last: date) -> Period:
    """Return the period from the first to the last day, both included, UTC."""
    return Period(datetime.combine(first, time(), UTC), datetime.combine(last, time(), UTC) + timedelta(days=1))


def hours_limit(period: Period, *, wallet: Wallet, tier: str, granted: Decimal, purchases: Sequence[PurchaseUse], at: datetime) -> Decimal:
    """Return the grants of the period's months and the bought hours that could be used in it.

    `granted` is what was booked; this month's grant counts before it is booked, which the first reservation of a month does.
    """
    begin, end = period.months
    due = ZERO
    if begin <= at < end:
        given = wallet.granted if wallet.period == f"{at:%Y-%m}" else ZERO
        due = max(ZERO, ALLOWANCE_BY_TIER[tier] - given)
    return granted + due + sum((purchase.usable_in(period, at=at) for purchase in purchases), ZERO)
