"""Keep the shop window and its models up to what the marketplace tells."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from libs.contracts.listings import ListingEvent, ListingSnapshot, ListingState
from services.gateway.domain.marketplace.ports import ListingViews
from services.gateway.domain.models.errors import ModelChangedError, ModelNotFoundError
from services.gateway.domain.models.model import Listing
from services.gateway.domain.models.ports import Models

ATTEMPTS: Final = 5
# How a model stands by its listings: the first of these states that one of them has.
STANDING: Final = {
    ListingState.LISTED: Listing.LISTED,
    ListingState.IN_REVIEW: Listing.IN_REVIEW,
    ListingState.WITHDRAWN: Listing.DELISTED,
}


@dataclass(frozen=True, slots=True)
class FollowListings:
    """Events may come twice and out of order, those of a model's former listings among them."""

    views: ListingViews
    models: Models

    async def __call__(self, event: ListingEvent) -> None:
        """Bring listing and model up to an event. Raise ModelChangedError when the model changed over and over."""
        await self.note(event.listing)

    async def note(self, told: ListingSnapshot) -> None:
        """Bring listing and model up to what is told, by an event or an answer. Raise ModelChangedError."""
        await self.views.apply(told)
        for _ in range(ATTEMPTS - 1):
            with suppress(ModelChangedError):
                await self._bring_up(told.model_id)
                return
        await self._bring_up(told.model_id)

    async def _bring_up(self, model_id: str) -> None:
        # The model is read before its listings: what another handler writes between is noticed when we save.
        try:
            model = await self.models.get(model_id, account_id=None)
        except ModelNotFoundError:
            return
        listings = await self.views.of_model(model_id)
        earnings = sum((each.revenue for each in listings), Decimal("0.00"))
        changed = model.sold(standing_of(listings), earnings=earnings)
        if changed is not model:
            await self.models.save(changed)


def standing_of(listings: Sequence[ListingSnapshot]) -> Listing:
    """Return how a model with these listings stands on the marketplace."""
    states = {each.state for each in listings}
    return next((standing for state, standing in STANDING.items() if state in states), Listing.NONE)
