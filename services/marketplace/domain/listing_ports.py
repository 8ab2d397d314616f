"""What listings need from outside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from libs.chassis.snapshots import Snapshots
from libs.contracts.envelope import Event
from libs.contracts.listings import ListingTold
from services.marketplace.domain.listing import Listing
from services.marketplace.domain.model_version import ModelVersion


class Listings(Protocol):
    """All listings there ever were."""

    async def get(self, listing_id: str) -> Listing:
        """Return a listing. Raise ListingNotFoundError."""

    async def add(self, listing: Listing, *events: Event) -> Listing:
        """Keep a new listing with the events that tell of it; one that is known under its id is returned as it stands.

        Raise AlreadyListedError when its model has another one that is in review or on sale.
        """

    async def save(self, listing: Listing, *events: Event) -> None:
        """Write a listing and the events that tell of it, in one write. Raise BooksChangedError when another writer was faster."""

    async def due(self, *, at: datetime, most: int) -> list[Listing]:
        """Return up to `most` listings whose live record is due to be measured, the longest due first."""

    async def page(self, *, after: str, most: int) -> Snapshots[ListingTold]:
        """Return a page of all listings in the order of their ids."""

    async def set_aside(self, listing_id: str, error: Exception) -> None:
        """Leave a listing alone that cannot be worked on, until people have looked at it."""

    async def aside(self) -> Sequence[str]:
        """Return the listings that are left alone."""

    async def of_seller(self, seller_id: str) -> list[Listing]:
        """Return all listings of a seller, the oldest first."""

    async def review_times(self, *, most: int) -> Sequence[timedelta]:
        """Return how long reviewers took for what they looked at last."""


class ModelVersions(Protocol):
    """What is kept of trained versions."""

    async def note(self, version: ModelVersion) -> None:
        """Keep a version; one that is known stays as it is."""

    async def get(self, model_id: str, *, name: str) -> ModelVersion:
        """Return a version. Raise VersionUnknownError."""
