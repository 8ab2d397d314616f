"""The owners of what the gateway keeps views of, asked over the bus for their documents."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.port import Bus
from libs.contracts.snapshots import (
    ChargeSnapshots,
    JobSnapshots,
    ListingSnapshots,
    ReadCharges,
    ReadJobs,
    ReadListings,
    ReadSubscriptions,
    SubscriptionSnapshots,
)

PAGE_WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class OwnersBus:
    """Implements the port Owners."""

    bus: Bus

    async def jobs(self, ask: ReadJobs) -> JobSnapshots:
        """Ask training for a page of its jobs."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def charges(self, ask: ReadCharges) -> ChargeSnapshots:
        """Ask the marketplace for a page of what jobs were charged."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def listings(self, ask: ReadListings) -> ListingSnapshots:
        """Ask the marketplace for a page of its listings."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)

    async def subscriptions(self, ask: ReadSubscriptions) -> SubscriptionSnapshots:
        """Ask the marketplace for a page of its subscriptions."""
        return await self.bus.ask(ask, within=PAGE_WITHIN_S)
