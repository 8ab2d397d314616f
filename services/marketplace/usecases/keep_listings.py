"""A listing's life: submitted, reviewed, withdrawn; its records: keep_records.py."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from libs.contracts.envelope import Event
from libs.contracts.listings import (
    Listed,
    ListingRejected,
    ListingState,
    ListingSubmitted,
    ListingUpdated,
    ListingWithdrawn,
    ModelPublished,
    PublishModel,
    ReviewListing,
    Submitted,
    WithdrawListing,
)
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.listing import Listing, submit
from services.marketplace.domain.listing_errors import ListingDiffersError, ListingNotFoundError, NotSellableError, OwnListingReviewError
from services.marketplace.domain.listing_ports import Listings, ModelVersions
from services.marketplace.domain.ports import Clock

ATTEMPTS: Final = 20
PAUSE_S: Final = 0.02
REVIEWS: Final = 20
Changed = tuple[Listing, tuple[Event, ...]]


@dataclass(frozen=True, slots=True)
class ChangeListing:
    """Decides on a listing as it is and writes; when another writer was faster, decides again on what it wrote."""

    listings: Listings

    async def __call__(self, listing_id: str, decide: Callable[[Listing], Changed]) -> Listing:
        """Return the listing as it stands then. Raise ListingNotFoundError, BooksChangedError, or what `decide` raises."""
        attempt = 0
        while True:
            attempt += 1
            listing = await self.listings.get(listing_id)
            changed, events = decide(listing)
            if changed is listing:
                return listing
            try:
                await self.listings.save(changed, *events)
            except BooksChangedError:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(random.uniform(0, PAUSE_S * attempt))  # noqa: S311  # spreads writers, keeps no secret
            else:
                return changed


@dataclass(frozen=True, slots=True)
class Publish:
    """Idempotent by listing id."""

    listings: Listings
    versions: ModelVersions
    clock: Clock
    auto_approve: bool
    measure_every: timedelta

    async def __call__(self, ask: PublishModel) -> Submitted:
        """Put a version before the reviewers, or on sale at once, and ask for its record.

        Raise AlreadyListedError, ListingDiffersError, VersionUnknownError or NotSellableError.
        """
        at = self.clock()
        version = await self.versions.get(ask.model_id, name=ask.version)
        if version.account_id != ask.account_id:
            raise NotSellableError(ask.version)
        submitted, more = submit(ask, version=version, at=at), tuple[Event, ...]()
        if self.auto_approve:
            listing, more = _on_sale(submitted, at=at, reviewer_id=None, every=self.measure_every)
        else:
            listing, more = submitted.asking_backtest(at=at)
        kept = await self.listings.add(listing, submitted.told_by(ListingSubmitted, at=at), *more)
        if not kept.is_for(ask):
            raise ListingDiffersError(ask.listing_id)
        times = [time.total_seconds() for time in await self.listings.review_times(most=REVIEWS)]
        return Submitted(listing=kept.told(), review_seconds=median(times) if times else None, reviews=len(times))


@dataclass(frozen=True, slots=True)
class Review:
    """Twice the same word is once."""

    change: ChangeListing
    clock: Clock
    measure_every: timedelta

    async def __call__(self, ask: ReviewListing) -> Listed:
        """Do as the reviewer says. Raise ListingNotFoundError, WrongListingStateError, OwnListingReviewError or SyntheticRecordError."""
        return Listed(listing=(await self.change(ask.listing_id, lambda listing: self._decide(listing, ask))).told())

    def _decide(self, listing: Listing, ask: ReviewListing) -> Changed:
        at = self.clock()
        if ask.reviewer_id == listing.seller_id:
            raise OwnListingReviewError
        match ask.word:
            case "approve":
                if listing.state is ListingState.LISTED:
                    return listing, ()
                return _on_sale(listing, at=at, reviewer_id=ask.reviewer_id, every=self.measure_every)
            case "reject":
                if listing.state is ListingState.REJECTED:
                    return listing, ()
                rejected = listing.rejected(ask.reason or "", at=at, reviewer_id=ask.reviewer_id)
                return rejected, (rejected.told_by(ListingRejected, at=at),)
            case "feature" | "unfeature":
                featured = listing.featured(ask.word == "feature")
                return featured, (featured.told_by(ListingUpdated, at=at),)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Twice is once."""

    change: ChangeListing
    clock: Clock

    async def __call__(self, ask: WithdrawListing) -> Listed:
        """Take a listing off the market. Raise ListingNotFoundError (somebody else's too) or WrongListingStateError."""

        def decide(listing: Listing) -> Changed:
            if listing.seller_id != ask.account_id:
                raise ListingNotFoundError(ask.listing_id)
            if listing.state is ListingState.WITHDRAWN:
                return listing, ()
            withdrawn = listing.withdrawn()
            return withdrawn, (withdrawn.told_by(ListingWithdrawn, at=self.clock()),)

        return Listed(listing=(await self.change(ask.listing_id, decide)).told())


def _on_sale(listing: Listing, *, at: datetime, reviewer_id: str | None, every: timedelta) -> Changed:
    """Put it on sale, and ask at once for its records: one begins now, and for the other there may be newer candles than before."""
    listed = listing.listed(at=at, reviewer_id=reviewer_id)
    published = listed.told_by(ModelPublished, at=at)
    asking, requests = listed.asking(at=at, every=every)
    return asking, (published, *requests)
