"""Bring listings' numbers up to their subscriptions and ratings: subscribers, revenue, average."""

import asyncio
import random
from dataclasses import dataclass
from typing import Final

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.stores.outbox import OutboxFullError
from libs.contracts.listings import ListingSnapshot, ListingUpdated
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.listing_errors import ListingNotFoundError
from services.marketplace.domain.listing_ports import Listings
from services.marketplace.domain.ports import Clock
from services.marketplace.domain.subscription_ports import Tallies

BATCH: Final = 100
ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Recount:
    """Added up anew each time from what is there, so that it may be done twice, late, and by any number of processes at once."""

    tallies: Tallies
    listings: Listings
    clock: Clock

    async def __call__(self) -> int:
        """Bring up what has changed, each listing once; return how many there were."""
        looked_at, aside = set[str](), await self.listings.aside()
        while stale := await self.tallies.stale(most=BATCH, but=looked_at.union(aside)):
            for listing_id in stale:
                await self._try(listing_id)
            # Those whose numbers stay as they are for now come again at the next look; here they would keep the others out.
            looked_at.update(stale)
        return len(looked_at)

    async def _try(self, listing_id: str) -> None:
        """Bring one up; the others' numbers must not wait for one that cannot be. Raise what says that the store is away."""
        try:
            await self.one(listing_id)
        except ListingNotFoundError:
            await self.tallies.counted(await self.tallies.mark(listing_id))  # There is nothing that could have numbers.
        except BooksChangedError:
            log().info("a listing's numbers wait: it changes too often", id=listing_id)
        except Exception as error:
            if is_passing(error):
                raise
            await self.listings.set_aside(listing_id, error)

    async def one(self, listing_id: str) -> ListingSnapshot:
        """Bring one up, and return it. Raise ListingNotFoundError, or BooksChangedError when 20 attempts in a row were overtaken."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._brought_up(listing_id)
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise
                # Writers that were overtaken together must not come back together.
                await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret

    async def _brought_up(self, listing_id: str) -> ListingSnapshot:
        # In this order: sums that are older than somebody else's are not written over them, as the listing has changed since it was
        # read; and what is written after the mark was taken is counted once more, and never forgotten.
        listing, at = await self.listings.get(listing_id), self.clock()
        mark = await self.tallies.mark(listing_id)
        tally = await self.tallies.tally(listing_id, at=at)
        shown = listing.with_numbers(
            subscribers=tally.subscribers, ratings=tally.ratings, rating_sum=tally.rating_sum, revenue=tally.revenue
        )
        if shown is not listing:
            try:
                await self.listings.save(shown, shown.told_by(ListingUpdated, at=at))
            except OutboxFullError:
                return listing.told()  # Its numbers stay as they are for now: nothing is counted, and the next look adds up anew.
        await self.tallies.counted(mark)
        return shown.told()
