"""The marketplace, asked about subscriptions over the bus."""

from dataclasses import dataclass

from libs.chassis.bus import Bus
from libs.contracts.envelope import Ask
from libs.contracts.listings import Listed, ListingTold
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    RateListing,
    RatingsTold,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    Subscribed,
    SubscriptionTold,
)
from services.gateway.outbound.others_bus import CREDITS_WITHIN_S, PURCHASE_WITHIN_S


@dataclass(frozen=True, slots=True)
class SubscribingBus:
    """Implements the port Subscribing."""

    bus: Bus

    async def subscribe(self, ask: Subscribe) -> SubscriptionTold:
        """Ask it to charge for a period."""
        return await self._subscribed(ask, within=PURCHASE_WITHIN_S)

    async def change(self, ask: ChangeSubscription | CancelSubscription) -> SubscriptionTold:
        """Ask it to change a subscription as its owner wants."""
        return await self._subscribed(ask, within=CREDITS_WITHIN_S)

    async def refund(self, ask: RefundSubscription) -> SubscriptionTold:
        """Ask it to give a payment back."""
        return await self._subscribed(ask, within=PURCHASE_WITHIN_S)

    async def rate(self, ask: RateListing) -> ListingTold:
        """Ask it to take a rating."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, Listed)
        return reply.listing

    async def ratings(self, ask: ReadRatings) -> RatingsTold:
        """Ask what subscribers say of a listing."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, RatingsTold)
        return reply

    async def leasing(self, ask: ReadLeasing) -> Leasing:
        """Ask what a seller's models have earned."""
        reply = await self.bus.ask(ask, within=CREDITS_WITHIN_S)
        assert isinstance(reply, Leasing)
        return reply

    async def _subscribed(self, ask: Ask, *, within: float) -> SubscriptionTold:
        reply = await self.bus.ask(ask, within=within)
        assert isinstance(reply, Subscribed)
        return reply.subscription
