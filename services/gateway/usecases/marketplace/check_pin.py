"""Whether a model still offers the version that a subscriber wants to stay on."""

from dataclasses import dataclass

from libs.contracts.listings import ListingState
from libs.contracts.subscriptions import SubscriptionSnapshot
from services.gateway.domain.marketplace.errors import ListingNotFoundError, VersionGoneError
from services.gateway.domain.marketplace.ports import ListingViews, Subscriptions
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.ports import Models
from services.gateway.usecases.models.try_again import try_again


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

    async def of_subscription(self, subscription_id: str, *, account_id: str, version: str) -> str | None:
        """Return the version that it stays on so far. Raise VersionGoneError or SubscriptionNotFoundError."""
        subscription = await self.subscriptions.get(subscription_id, account_id=account_id)
        if version != subscription.version:
            await self._check(subscription.model_id, version)
        return subscription.version

    async def hold(self, pinned: SubscriptionSnapshot) -> bool:
        """Tell whether the version that a subscription stays on now is there still: then it stays."""

        async def write() -> bool:
            model = await self.models.get(pinned.model_id, account_id=None)
            if pinned.version is not None and all(each.name != pinned.version for each in model.public):
                return False
            # Whoever removes it just now has asked before who stays on it: this write has them ask again.
            await self.models.save(model)
            return True

        try:
            return pinned.version is None or await try_again(pinned.model_id, write)
        except ModelNotFoundError:
            return True  # Deleted: no version would be another.

    async def _check(self, model_id: str, version: str) -> None:
        try:
            model = await self.models.get(model_id, account_id=None)
        except ModelNotFoundError:
            return
        if all(each.name != version for each in model.offered):
            raise VersionGoneError(version, archived=any(each.name == version for each in model.public))
