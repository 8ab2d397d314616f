"""Take a person's words and cards out of what the marketplace keeps, when their account is erased; the ledgers stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from libs.chassis.liveness.failures import report_failure
from libs.contracts.listings import ListingUpdated, ListingWithdrawn
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.listing_ports import Listings
from services.marketplace.domain.ports import Clock
from services.marketplace.usecases.keep_listings import Changed, ChangeListing

ERASED: Final = "erased"


class PersonalWords(Protocol):
    """What accounts have said and paid with, beside the ledgers."""

    async def forget(self, account_id: str) -> bool:
        """Take comments, names of jobs and ways to pay away, but for those of payments under way; return whether none were left."""

    async def unfinished(self) -> Sequence[str]:
        """Return erased accounts of which something was left when they were looked at last, the longest ago first."""


@dataclass(frozen=True, slots=True)
class EraseAccount:
    """Twice is once. Movements of hours and money, purchases, payments and subscriptions stay, under the account's id."""

    listings: Listings
    change: ChangeListing
    words: PersonalWords
    clock: Clock

    async def __call__(self, account_id: str) -> bool:
        """Forget who it was; return whether nothing was left to forget. Raise BooksChangedError or OutboxFullError."""
        for listing in await self.listings.of_seller(account_id):
            await self.change(listing.id, self._erase)
        return await self.words.forget(account_id)

    async def go_on(self) -> int:
        """Look again at those of which something was left, as payments were under way; return how many are wholly forgotten now."""
        forgotten = 0
        for account_id in await self.words.unfinished():
            try:
                forgotten += await self(account_id)
            except Exception as error:  # noqa: BLE001  # it is tried again at the next turn, and so are the others
                report_failure(error, work="forgetting an erased account")
        return forgotten

    def _erase(self, listing: Listing) -> Changed:
        erased = listing.erased(ERASED)
        kind = ListingWithdrawn if listing.is_open else ListingUpdated
        return erased, (erased.told_by(kind, at=self.clock()),) if erased is not listing else ()
