"""Take a subscriber's word on a listing."""

from dataclasses import dataclass

from libs.contracts.listings import Listed
from libs.contracts.subscriptions import RateListing
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription_errors import NotASubscriberError, NotListedError
from services.marketplace.domain.subscription_ports import Ratings, Sales, Subscriptions
from services.marketplace.usecases.recount_listings import Recount


@dataclass(frozen=True, slots=True)
class Rate:
    """An account's later word replaces its earlier one."""

    subscriptions: Subscriptions
    sales: Sales
    ratings: Ratings
    recount: Recount
    clock: Clock

    async def __call__(self, ask: RateListing) -> Listed:
        """Return the listing with its new average.

        Raise NotASubscriberError for who has never paid for it, or NotListedError where that would tell them of what is not on sale.
        """
        if not await self.subscriptions.has_paid(ask.listing_id, account_id=ask.account_id):
            sale = await self.sales.get(ask.listing_id)
            if sale is None or not sale.on_sale:
                raise NotListedError(ask.listing_id)
            raise NotASubscriberError
        await self.ratings.rate(ask.listing_id, account_id=ask.account_id, rating=ask.rating, comment=ask.comment, at=self.clock())
        return Listed(listing=await self.recount.one(ask.listing_id))
