"""Show a listing to who may see it."""

from dataclasses import dataclass

from libs.contracts.listings import ListingSnapshot, ListingState
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.marketplace.errors import ListingNotFoundError
from services.gateway.domain.marketplace.ports import Entitlements, ListingViews, Suspended


@dataclass(frozen=True, slots=True)
class ShowListing:
    """What is on sale is for everybody, anything else for its seller, for who has subscribed to it, and for reviewers."""

    views: ListingViews
    entitlements: Entitlements
    suspended: Suspended

    async def __call__(self, listing_id: str, *, caller: Caller) -> ListingSnapshot:
        """Return the listing. Raise ListingNotFoundError."""
        listing = await self.views.get(listing_id)
        if not await self._is_for(listing, caller):
            raise ListingNotFoundError(listing_id)
        return listing

    async def _is_for(self, listing: ListingSnapshot, caller: Caller) -> bool:
        if listing.seller_id == caller.account_id or Scope.ADMIN in caller.scopes:
            return True
        if listing.state is ListingState.LISTED and listing.seller_id not in await self.suspended():
            return True
        if listing.published_at is None:
            return False
        return await self.entitlements.entitlement(listing.model_id, account_id=caller.account_id) is not None
