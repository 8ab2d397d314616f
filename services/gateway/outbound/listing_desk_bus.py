"""The marketplace, asked over the bus about listings."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus import Bus
from libs.contracts.listings import Listed, PublishModel, ReviewListing, Submitted, WithdrawListing
from libs.contracts.records import ReadRecord, RecordTold

WITHIN_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class ListingDeskBus:
    """Implements the port ListingDesk."""

    bus: Bus

    async def publish(self, ask: PublishModel) -> Submitted:
        """Ask it to put a model before the reviewers."""
        reply = await self.bus.ask(ask, within=WITHIN_S)
        assert isinstance(reply, Submitted)
        return reply

    async def review(self, ask: ReviewListing) -> Listed:
        """Tell it a reviewer's word."""
        return await self._listed(ask)

    async def withdraw(self, ask: WithdrawListing) -> Listed:
        """Ask it to take a listing off the market."""
        return await self._listed(ask)

    async def record(self, ask: ReadRecord) -> RecordTold:
        """Ask it for the days of a record."""
        reply = await self.bus.ask(ask, within=WITHIN_S)
        assert isinstance(reply, RecordTold)
        return reply

    async def _listed(self, ask: ReviewListing | WithdrawListing) -> Listed:
        reply = await self.bus.ask(ask, within=WITHIN_S)
        assert isinstance(reply, Listed)
        return reply
