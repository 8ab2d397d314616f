"""What the marketplace's shop window needs from outside."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.listings import AssetClass, Category, ListingSnapshot
from libs.contracts.listings import ListingState as State

# Whose listings nobody is shown and nobody new may subscribe to: suspended accounts.
Suspended = Callable[[], Awaitable[Sequence[str]]]


class ListingOrder(StrEnum):
    """What listings are sorted by; what has no such value comes last. `featured`: those first, then the newest."""

    FEATURED = "featured"
    NEWEST = "-published_at"
    CHEAPEST = "monthly_price"
    SHARPE = "-sharpe_ratio"
    RATING = "-average_rating"
    SUBSCRIBERS = "-total_subscribers"


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """Which listings; what is None or empty does not count. Each of `words` stands somewhere in title or description.

    `not_of` are sellers who are not shown.
    """

    state: State | None = None
    seller_id: str | None = None
    category: Category | None = None
    asset_classes: tuple[AssetClass, ...] = ()
    min_sharpe_ratio: float | None = None
    max_price: Decimal | None = None
    words: tuple[str, ...] = ()
    not_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seller:
    """How a seller stands: models on sale, and the mean of all ratings that their listings ever got, if any."""

    total_models: int = 0
    rating: float | None = None


class ListingViews(Protocol):
    """The view of all listings, brought up to the marketplace's events by their sequence."""

    async def apply(self, listing: ListingSnapshot) -> None:
        """Keep what is told of a listing, unless something newer is known."""

    async def get(self, listing_id: str) -> ListingSnapshot:
        """Return a listing in any state. Raise ListingNotFoundError."""

    async def of_model(self, model_id: str) -> Sequence[ListingSnapshot]:
        """Return a model's listings, the latest submitted first."""

    async def offered_versions(self, model_id: str) -> set[str]:
        """Return which of a model's versions are in review or on sale."""

    async def find(self, wanted: ListingFilter, part: Part, *, order: ListingOrder) -> Page[ListingSnapshot]:
        """Return a part of listings."""

    async def sellers(self, account_ids: Collection[str]) -> Mapping[str, Seller]:
        """Return how these sellers stand."""
