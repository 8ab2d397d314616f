"""Keep a model's newest versions, as many as its tier has, and those that somebody relies on."""

from dataclasses import dataclass

from services.gateway.domain.accounts.caller import STRANGER
from services.gateway.domain.accounts.ports import Accounts
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.marketplace.ports import ListingViews, Subscriptions
from services.gateway.domain.models.model import OFFERED, Model
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.registry.ports import Registry


@dataclass(frozen=True, slots=True)
class KeepVersions:
    """A version stays while it serves, is in staging, has an alias, is in review or on sale, is registered, or a subscriber stays on it."""

    accounts: Accounts
    listings: ListingViews
    subscriptions: Subscriptions
    registry: Registry
    limits: TierLimits
    clock: Clock

    async def __call__(self, model: Model) -> Model:
        """Return the model without its oldest versions beyond what its owner's tier has."""
        stranger = model.account_id == STRANGER.account_id  # Who has no account.
        tier = STRANGER.tier if stranger else (await self.accounts.get(model.account_id)).tier
        most = self.limits.most(Limit.VERSIONS, tier)
        if len(model.versions) <= most:
            return model
        offered = await self.listings.offered_versions(model.id)
        if not offered and model.listing in OFFERED:
            return model  # The view of its listing was lost: which version is on sale is not known until it is built anew.
        name = await self.registry.of_model(model.id)
        registered = frozenset[str]() if name is None else name.needed_of(model.id)
        return model.trimmed(most, kept=offered | registered | await self.subscriptions.pinned(model.id, at=self.clock()))
