"""Tell listings, subscriptions and charges page by page, so that who has lost its view of them builds it anew."""

from dataclasses import dataclass

from libs.contracts.snapshots import (
    ChargeSnapshots,
    ListingSnapshots,
    ReadCharges,
    ReadListings,
    ReadSubscriptions,
    SubscriptionSnapshots,
)
from services.marketplace.domain.listing_ports import Listings
from services.marketplace.domain.ports import Books
from services.marketplace.domain.subscription_ports import Subscriptions


@dataclass(frozen=True, slots=True)
class ListSnapshots:
    """Reads alone."""

    books: Books
    of_listings: Listings
    of_subscriptions: Subscriptions

    async def listings(self, ask: ReadListings) -> ListingSnapshots:
        """Return the listings behind an id."""
        page = await self.of_listings.page(after=ask.after, most=ask.most)
        return ListingSnapshots(listings=page.found, next_after=page.next_after, count=page.count)

    async def subscriptions(self, ask: ReadSubscriptions) -> SubscriptionSnapshots:
        """Return the subscriptions behind an id."""
        page = await self.of_subscriptions.page(after=ask.after, most=ask.most)
        return SubscriptionSnapshots(subscriptions=page.found, next_after=page.next_after, count=page.count)

    async def charges(self, ask: ReadCharges) -> ChargeSnapshots:
        """Return what the jobs behind an id were charged."""
        page = await self.books.charges(after=ask.after, most=ask.most)
        return ChargeSnapshots(charges=page.found, next_after=page.next_after, count=page.count)
