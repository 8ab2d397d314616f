"""Say what a subscriber thinks of a listed model: the marketplace takes it."""

from dataclasses import dataclass

from libs.contracts.listings import ListingSnapshot
from libs.contracts.subscriptions import RateListing
from services.gateway.domain.services import Marketplace
from services.gateway.usecases.marketplace.publish_model import NoteAnswer


@dataclass(frozen=True, slots=True)
class RateListings:
    """Whoever looks at the listing afterwards sees the rating in it."""

    marketplace: Marketplace
    note: NoteAnswer

    async def __call__(self, ask: RateListing) -> ListingSnapshot:
        """Return the listing with its new average. Raise AskRefusedError, AskTimeoutError or UnavailableError."""
        listing = (await self.marketplace.rate(ask)).listing
        await self.note(listing)
        return listing
