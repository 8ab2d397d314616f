"""Say what a seller's listed models have earned."""

from dataclasses import dataclass

from libs.contracts.subscriptions import Leasing, ReadLeasing
from services.marketplace.domain.leasing import leasing_of, month_began
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription_ports import LeasingFigures, Sales


@dataclass(frozen=True, slots=True)
class ReportLeasing:
    """Reads alone."""

    sales: Sales
    figures: LeasingFigures
    clock: Clock
    currency: str

    async def __call__(self, ask: ReadLeasing) -> Leasing:
        """Return the figures as they are now."""
        at = self.clock()
        takings = await self.figures.takings(ask.account_id)
        comings = await self.figures.comings(ask.account_id, month_began=month_began(at), at=at)
        return leasing_of(await self.sales.of(ask.account_id), takings, comings, at=at, currency=self.currency)
