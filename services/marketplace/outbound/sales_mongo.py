"""Listings as subscriptions see them."""

from dataclasses import dataclass

from libs.contracts.listings import ListingState
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.listing_errors import ListingNotFoundError, VersionUnknownError
from services.marketplace.domain.listing_ports import ModelVersions
from services.marketplace.domain.subscription_ports import Sale
from services.marketplace.outbound.listings_mongo import ListingsMongo


@dataclass(frozen=True, slots=True)
class SalesMongo:
    """Implements the port Sales."""

    listings: ListingsMongo
    versions: ModelVersions

    async def get(self, listing_id: str) -> Sale | None:
        """Return a listing, whatever its state."""
        try:
            return _sale(await self.listings.get(listing_id))
        except ListingNotFoundError:
            return None

    async def of(self, seller_id: str) -> list[Sale]:
        """Return all listings of a seller that were ever on sale."""
        return [_sale(listing) for listing in await self.listings.of_seller(seller_id) if listing.published_at is not None]

    async def has_version(self, model_id: str, version: str) -> bool:
        """Tell whether a model has a version of this name."""
        try:
            await self.versions.get(model_id, name=version)
        except VersionUnknownError:
            return False
        return True


def _sale(listing: Listing) -> Sale:
    return Sale(
        listing_id=listing.id,
        model_id=listing.model_id,
        seller_id=listing.seller_id,
        title=listing.offer.title,
        monthly_price=listing.offer.monthly_price,
        on_sale=listing.state is ListingState.LISTED,
    )
