"""The marketplace, asked over the bus."""

from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.port import Bus
from libs.contracts.listings import Listed, PublishModel, ReviewListing, Submitted, WithdrawListing
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsReserved,
    CreditsSettled,
    PurchaseCredits,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from libs.contracts.records import ReadRecord, RecordPage
from libs.contracts.subscriptions import (
    CancelSubscription,
    ChangeSubscription,
    Leasing,
    RateListing,
    RatingsPage,
    ReadLeasing,
    ReadRatings,
    RefundSubscription,
    Subscribe,
    Subscribed,
)

CREDITS_WITHIN_S: Final = 3.0
LISTING_WITHIN_S: Final = 5.0
# Longer than the marketplace waits for its payment provider (MARKETPLACE_PAYMENT_WITHIN, 7 s at most).
PURCHASE_WITHIN_S: Final = 9.0


@dataclass(frozen=True, slots=True)
class MarketplaceBus:
    """Implements the port Marketplace."""

    bus: Bus

    async def reserve(self, ask: ReserveCredits) -> CreditsReserved:
        """Set credits aside."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def settle(self, ask: SettleCredits) -> CreditsSettled:
        """Close a reservation."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def purchase(self, ask: PurchaseCredits) -> CreditsBought:
        """Sell hours."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def usage(self, ask: ReadUsage) -> Usage:
        """Say what an account's jobs have used."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def publish(self, ask: PublishModel) -> Submitted:
        """Put a model before the reviewers."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def review(self, ask: ReviewListing) -> Listed:
        """Take a reviewer's word."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def withdraw(self, ask: WithdrawListing) -> Listed:
        """Take a listing off the market."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def record(self, ask: ReadRecord) -> RecordPage:
        """Say the days of a record."""
        return await self.bus.ask(ask, within=LISTING_WITHIN_S)

    async def subscribe(self, ask: Subscribe) -> Subscribed:
        """Charge for a period."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def change(self, ask: ChangeSubscription | CancelSubscription) -> Subscribed:
        """Change a subscription as its owner wants."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def refund(self, ask: RefundSubscription) -> Subscribed:
        """Give a payment back."""
        return await self.bus.ask(ask, within=PURCHASE_WITHIN_S)

    async def rate(self, ask: RateListing) -> Listed:
        """Take a rating."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def ratings(self, ask: ReadRatings) -> RatingsPage:
        """Say what subscribers say of a listing."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)

    async def leasing(self, ask: ReadLeasing) -> Leasing:
        """Say what a seller's models have earned."""
        return await self.bus.ask(ask, within=CREDITS_WITHIN_S)
