"""Take a person's words and cards out of what the marketplace keeps, when their account is erased; the ledgers stay."""

from dataclasses import dataclass
from typing import Final, Protocol

from libs.contracts.listings import ListingUpdated, ListingWithdrawn
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.listing_ports import Listings
from services.marketplace.domain.ports import Clock
from services.marketplace.usecases.keep_listings import Changed, ChangeListing

ERASED: Final = "erased"


class PersonalWords(Protocol):
    """What accounts have said and paid with, beside the ledgers."""

    async def forget(self, account_id: str) -> None:
        """Take comments, names of jobs and ways to pay away; the second time there are none."""


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Twice is once. Movements of hours and money, purchases, payments and subscriptions stay, under the account's id."""

    listings: Listings
    change: ChangeListing
    words: PersonalWords
    clock: Clock

    async def __call__(self, account_id: str) -> None:
        """Forget who it was. Raise BooksChangedError or OutboxFullError."""
        for listing in await self.listings.of_seller(account_id):
            await self.change(listing.id, self._erase)
        await self.words.forget(account_id)

    def _erase(self, listing: Listing) -> Changed:
        erased = listing.erased(ERASED)
        kind = ListingWithdrawn if listing.is_open else ListingUpdated
        return erased, (erased.told_by(kind, at=self.clock()),) if erased is not listing else ()
