"""What listings need from outside."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from libs.chassis.stores.parts import Part
from libs.chassis.stores.snapshots import Snapshots
from libs.contracts.envelope import Event
from libs.contracts.listings import ListingSnapshot, Performance
from libs.contracts.records import RecordDay, RecordHead, RecordPage
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.model_version import ModelVersion
from services.marketplace.domain.standing import Trials


class Listings(Protocol):
    """All listings there ever were."""

    async def get(self, listing_id: str) -> Listing:
        """Return a listing. Raise ListingNotFoundError."""

    async def add(self, listing: Listing, *events: Event) -> Listing:
        """Keep a new listing with the events that tell of it; one that is known under its id is returned as it stands.

        Raise AlreadyListedError when its model has another one that is in review or on sale.
        """

    async def save(self, listing: Listing, *events: Event) -> None:
        """Write a listing and the events that tell of it, in one write.

        Raise BooksChangedError when another writer was faster, or OutboxFullError while too many of its events wait.
        """

    async def due(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Listing]:
        """Return up to `most` listings, none of `but`, whose records are due to be measured, the longest due first."""

    async def page(self, *, after: str, most: int) -> Snapshots[ListingSnapshot]:
        """Return a page of all listings in the order of their ids."""

    async def set_aside(self, listing_id: str, error: Exception) -> None:
        """Leave a listing alone that cannot be worked on, until people have looked at it."""

    async def aside(self) -> Sequence[str]:
        """Return the listings that are left alone."""

    async def of_seller(self, seller_id: str) -> list[Listing]:
        """Return all listings of a seller, the oldest first."""

    async def counting(self, version: ModelVersion) -> list[Listing]:
        """Return the open listings of a trained version's account whose record shares a symbol and the timeframe with it, the oldest first.

        They are those among whose trials it may be; what is not known of a training from before it was kept counts as shared.
        """

    async def open_ids(self) -> list[str]:
        """Return the ids of all listings that are in review or on sale."""

    async def review_times(self, *, most: int) -> Sequence[timedelta]:
        """Return how long reviewers took for what they looked at last."""


class ModelVersions(Protocol):
    """What is kept of trained versions."""

    async def note(self, version: ModelVersion) -> None:
        """Keep a version; one that is known stays as it is."""

    async def get(self, model_id: str, *, name: str) -> ModelVersion:
        """Return a version. Raise VersionUnknownError."""

    async def trials(self, account_id: str, record: Performance) -> Trials:
        """Return an account's trainings that share a symbol and the timeframe with a record and whose test overlaps it.

        What is not known of a training from before it was kept counts as if it did.
        """


class Records(Protocol):
    """The days of listings' records: each written once, after the one before, and never changed."""

    async def append(
        self, listing_id: str, days: Sequence[RecordDay], *, version: str, after: date | None, measured_at: datetime
    ) -> RecordHead:
        """Keep those days that are newer than what is kept, and return the end of the chain.

        `after` is the record's day before the first of these (None: there is none): where that is not kept, nothing is, so that no day is
        left out. Days that are kept otherwise stay as they are, and it is noted beside them what was measured now.
        """

    async def page(self, listing_id: str, part: Part, *, measured_at: datetime | None) -> RecordPage:
        """Return a part of the days, the oldest first, with what the measuring of this moment says of them where it says something else."""
