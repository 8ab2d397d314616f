"""What subscriptions need from outside (a payment provider: payments.py)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from libs.chassis.stores.parts import Part
from libs.chassis.stores.snapshots import Snapshots
from libs.contracts.envelope import Event
from libs.contracts.subscriptions import RatingsPage, SubscriptionSnapshot
from services.marketplace.domain.billing import Bill
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Tally:
    """What a listing's subscribers come to: how many can use it now, how they rate it, and what they have paid, gross, less refunds."""

    subscribers: int
    ratings: int
    rating_sum: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """What subscriptions need to know of a listing. `on_sale` says whether one can subscribe to it, and renew."""

    listing_id: str
    model_id: str
    seller_id: str
    title: str
    monthly_price: Decimal
    on_sale: bool


class Sales(Protocol):
    """The listings, as subscriptions see them."""

    async def get(self, listing_id: str) -> Sale | None:
        """Return a listing, whatever its state."""

    async def of(self, seller_id: str) -> list[Sale]:
        """Return all listings of a seller that were ever on sale."""

    async def has_version(self, model_id: str, version: str) -> bool:
        """Tell whether a model has a version of this name."""


# Ids and versions of what was written.
Mark = Sequence[tuple[str, int]]


class Subscriptions(Protocol):
    """Subscriptions and their payments."""

    async def begin(self, subscription: Subscription, bill: Bill) -> None:
        """Keep a new subscription with its first payment. Raise BooksChangedError when its subscriber has an open one of this listing."""

    async def get(self, subscription_id: str) -> Subscription:
        """Return a subscription. Raise SubscriptionNotFoundError."""

    async def open(self, listing_id: str, *, subscriber_id: str) -> Subscription | None:
        """Return the account's subscription to a listing that is neither over nor declined."""

    async def bill(self, bill_id: str) -> Bill | None:
        """Return a payment."""

    async def note(
        self, subscription: Subscription, bill: Bill | None = None, *, money: Sequence[MoneyMovement] = (), event: Event | None = None
    ) -> None:
        """Write a subscription, a payment of it, what moved and what tells of it, as a whole.

        Raise BooksChangedError for a lost race, or OutboxFullError while too many of its events wait; what has come of a payment under way
        is written all the same.
        """

    async def unfinished(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Bill]:
        """Return up to `most` payments and refunds, none of `but`, that are under way and due to go on, the longest due first."""

    async def due(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Subscription]:
        """Return up to `most` subscriptions, none of `but`, that are over or to be renewed (again), the longest due first."""

    async def page(self, *, after: str, most: int) -> Snapshots[SubscriptionSnapshot]:
        """Return a page of the subscriptions that were ever paid, in the order of their ids."""

    async def set_aside(self, thing: Subscription | Bill, error: Exception) -> None:
        """Leave a subscription or a payment alone that cannot be worked on, until people have looked at it."""

    async def has_paid(self, listing_id: str, *, account_id: str) -> bool:
        """Tell whether the account has ever paid for a listing and has not got it all back."""


class Ratings(Protocol):
    """What subscribers say of listings."""

    async def rate(self, listing_id: str, *, account_id: str, rating: int, comment: str, at: datetime) -> None:
        """Keep an account's word on a listing; it replaces its earlier one."""

    async def page(self, listing_id: str, part: Part) -> RatingsPage:
        """Return a page of what is said of a listing, the newest first; who said it is left out."""


class Tallies(Protocol):
    """Listings whose numbers are to be added up again, and the sums."""

    async def stale(self, *, most: int, but: Collection[str] = ()) -> list[str]:
        """Return up to `most` listings, none of `but`, about which something was written that is not in their numbers yet."""

    async def mark(self, listing_id: str) -> Mark:
        """Return what was written about a listing so far and is not in its numbers yet."""

    async def tally(self, listing_id: str, *, at: datetime) -> Tally:
        """Add up what is there now."""

    async def counted(self, mark: Mark) -> None:
        """Note that what is in the mark is in the listing's numbers; what was written since is not."""


@dataclass(frozen=True, slots=True)
class Takings:
    """What a listing has brought in a calendar month (`YYYY-MM`, UTC): gross, less refunds, and the fees on it."""

    listing_id: str
    month: str
    revenue: Decimal
    fees: Decimal


@dataclass(frozen=True, slots=True)
class Coming:
    """A listing's subscriptions: how many can be used now, how many could when the month began, and how many of these have ended since."""

    listing_id: str
    usable: int
    at_first: int
    gone: int


class LeasingFigures(Protocol):
    """A seller's figures, added up from the ledger of money and from subscriptions."""

    async def takings(self, seller_id: str) -> list[Takings]:
        """Return what was paid, by listing and month, in order of months."""

    async def comings(self, seller_id: str, *, month_began: datetime, at: datetime) -> list[Coming]:
        """Return the numbers of subscriptions by listing."""
