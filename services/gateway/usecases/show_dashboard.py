"""Put an account's dashboard together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.marketplace import ReadUsage
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.dashboards.dashboard import Activities, Activity, Dashboard, Overview
from services.gateway.domain.dashboards.portfolio import portfolio
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Marketplace

ACTIVITIES_MOST: Final = 20
CURVES_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class ShowDashboard:
    """From the caller's own data alone. `activities` are where things happen: one line more in the wiring tells of more."""

    overview: Overview
    activities: Sequence[Activities]
    marketplace: Marketplace
    clock: Clock

    async def __call__(self, caller: Caller) -> Dashboard:
        """Return the dashboard; without the marketplace its hours are unknown. Raise UnavailableError when the store is away."""
        account, at = caller.account_id, self.clock()
        month = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        models, jobs, curves, hours, activity = await asyncio.gather(
            self.overview.models(account),
            self.overview.jobs_since(account, month),
            self.overview.curves(account, most=CURVES_MOST),
            self._hours(caller, month=month),
            self._activity(account),
        )
        return Dashboard(
            models=models,
            jobs_this_month=jobs,
            hours_used=hours[0],
            hours_limit=hours[1],
            activity=activity,
            portfolio=portfolio(curves.curves),
            portfolio_models=len(curves.curves),
            synthetic=curves.synthetic,
        )

    async def _hours(self, caller: Caller, *, month: datetime) -> tuple[Decimal, Decimal] | tuple[None, None]:
        """Return the hours used this month and their limit."""
        last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        ask = ReadUsage(account_id=caller.account_id, tier=caller.tier.value, first_day=month.date(), last_day=last.date())
        try:
            usage = await self.marketplace.usage(ask)
        except (AskTimeoutError, UnavailableError):
            return None, None
        return usage.hours_used, usage.hours_limit

    async def _activity(self, account_id: str) -> list[Activity]:
        found = await asyncio.gather(*(source.latest(account_id, most=ACTIVITIES_MOST) for source in self.activities))
        return sorted((each for part in found for each in part), key=lambda each: each.at, reverse=True)[:ACTIVITIES_MOST]
