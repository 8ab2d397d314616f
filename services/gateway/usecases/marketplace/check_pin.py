"""Whether a model still offers the version that a subscriber wants to stay on."""

from dataclasses import dataclass

from libs.contracts.listings import ListingState
from services.gateway.domain.marketplace.errors import ListingNotFoundError, VersionGoneError
from services.gateway.domain.marketplace.ports import ListingViews, Subscriptions
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Models


@dataclass(frozen=True, slots=True)
class CheckPin:
    """The marketplace knows every version that was ever made; old ones may be gone (keep_versions.py), or archived."""

    models: Models
    listings: ListingViews
    subscriptions: Subscriptions

    async def of_listing(self, listing_id: str, *, version: str | None) -> None:
        """Raise VersionGoneError. What is wrong with the listing is the marketplace's to say, of one that is not on sale that alone."""
        if version is None:
            return
        try:
            listing = await self.listings.get(listing_id)
        except ListingNotFoundError:
            return
        if listing.state is ListingState.LISTED:
            await self._check(listing.model_id, version)

    async def of_subscription(self, subscription_id: str, *, account_id: str, version: str | None) -> None:
        """Raise VersionGoneError or SubscriptionNotFoundError."""
        if version is not None:
            subscription = await self.subscriptions.get(subscription_id, account_id=account_id)
            if version != subscription.version:
                await self._check(subscription.model_id, version)

    async def _check(self, model_id: str, version: str) -> None:
        try:
            model = await self.models.get(model_id, account_id=None)
        except ModelNotFoundError:
            return
        if all(each.name != version for each in model.offered):
            raise VersionGoneError(version, archived=any(each.name == version for each in model.public))
