"""Keep a model's newest versions, as many as its tier has, and those that somebody relies on."""

from dataclasses import dataclass

from libs.contracts.listings import ListingState
from services.gateway.domain.listing_ports import ListingViews
from services.gateway.domain.model import Model
from services.gateway.domain.ports import Accounts
from services.gateway.domain.studio_ports import Clock
from services.gateway.domain.subscription_ports import Subscriptions
from services.gateway.domain.tier_limits import Limit, TierLimits

OFFERED = frozenset({ListingState.IN_REVIEW, ListingState.LISTED})


@dataclass(frozen=True, slots=True)
class KeepVersions:
    """A version stays while it serves, is in review or on sale, or a subscriber stays on it."""

    accounts: Accounts
    listings: ListingViews
    subscriptions: Subscriptions
    limits: TierLimits
    clock: Clock

    async def __call__(self, model: Model) -> Model:
        """Return the model without its oldest versions beyond what its owner's tier has."""
        account = await self.accounts.get(model.account_id)
        most = self.limits.most(Limit.VERSIONS, account.tier)
        if len(model.versions) <= most:
            return model
        offered = {listing.version for listing in await self.listings.of_model(model.id) if listing.state in OFFERED}
        return model.trimmed(most, kept=offered | await self.subscriptions.pinned(model.id, at=self.clock()))
