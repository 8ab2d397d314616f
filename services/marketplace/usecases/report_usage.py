"""Say what an account's jobs have used, from the ledger."""

from dataclasses import dataclass

from libs.contracts.marketplace import USAGE_JOBS_MOST, ReadUsage, Usage
from libs.contracts.money import PRICE_PER_HOUR
from services.marketplace.domain.ports import Books, Clock, Metering
from services.marketplace.domain.usage import hours_limit, period_of
from services.marketplace.domain.wallet import open_period


@dataclass(frozen=True, slots=True)
class ReportUsage:
    """Reads alone: nothing is booked by looking."""

    books: Books
    metering: Metering
    clock: Clock
    currency: str

    async def __call__(self, ask: ReadUsage) -> Usage:
        """Return hours and costs of the period by job and by day, its limit, and what the account can use now."""
        at, account, period = self.clock(), ask.account_id, period_of(ask.first_day, ask.last_day)
        begin, end = period.months
        wallet = await self.books.wallet(account)
        charged = await self.metering.charged(account, since=period.since, until=period.until, most=USAGE_JOBS_MOST)
        granted = await self.metering.granted(account, since=begin, until=end)
        purchases = await self.metering.purchases(account, since=period.since, until=period.until)
        now_open, _ = open_period(wallet, tier=ask.tier, at=at)
        return Usage(
            hours_used=charged.hours,
            hours_limit=hours_limit(period, wallet=wallet, tier=ask.tier, granted=granted, purchases=purchases, at=at),
            cost=charged.cost,
            available_hours=now_open.usable(at=at),
            jobs=charged.jobs,
            jobs_count=charged.jobs_count,
            days=charged.days,
            price_per_hour=PRICE_PER_HOUR,
            currency=self.currency,
        )
