"""Tell what subscribers say of a listing."""

from dataclasses import dataclass

from libs.chassis.stores.parts import Part
from libs.contracts.subscriptions import RatingsPage, ReadRatings
from services.marketplace.domain.subscription_errors import NotListedError
from services.marketplace.domain.subscription_ports import Ratings, Sales


@dataclass(frozen=True, slots=True)
class ListRatings:
    """Whoever may see the listing may read them; the gateway says who that is."""

    sales: Sales
    ratings: Ratings

    async def __call__(self, ask: ReadRatings) -> RatingsPage:
        """Return a part of them. Raise NotListedError for a listing that never was on sale."""
        if await self.sales.get(ask.listing_id) is None:
            raise NotListedError(ask.listing_id)
        after = (ask.after.rated_at, ask.after.id) if ask.after else None
        return await self.ratings.page(ask.listing_id, Part(ask.size, ask.page, after))
