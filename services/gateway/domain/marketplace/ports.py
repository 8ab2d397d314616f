"""What the marketplace's shop window and subscriptions need from outside."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.listings import AssetClass, Category, ListingSnapshot, ListingState
from libs.contracts.subscriptions import SubscriptionSnapshot, SubscriptionState

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

    state: ListingState | None = None
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


@dataclass(frozen=True, slots=True)
class Entitlement:
    """Until when an account may use somebody else's model, because it has subscribed to it.

    `version` is the one that is to answer, None for the one that serves.
    """

    model_id: str
    account_id: str
    version: str | None
    until: datetime


class Entitlements(Protocol):
    """Who may use whose model."""

    async def entitlement(self, model_id: str, *, account_id: str) -> Entitlement | None:
        """Return what lasts longest of an account's subscriptions to a model, over or not. Raise UnavailableError."""


class Subscriptions(Entitlements, Protocol):
    """The view of all subscriptions."""

    async def get(self, subscription_id: str, *, account_id: str) -> SubscriptionSnapshot:
        """Return a subscription of this account's. Raise SubscriptionNotFoundError."""

    async def find(self, account_id: str, part: Part, *, states: Collection[SubscriptionState] | None) -> Page[SubscriptionSnapshot]:
        """Return a part of an account's subscriptions, the newest first."""

    async def pinned(self, model_id: str, *, at: datetime) -> set[str]:
        """Return the versions of a model on which subscribers stay who may use it at this moment."""

    async def is_used(self, model_id: str, *, at: datetime) -> bool:
        """Tell whether a subscriber may use a model at this moment."""

    async def apply(self, told: SubscriptionSnapshot) -> bool:
        """Bring a subscription up to what is told; False when this or newer was seen before."""
