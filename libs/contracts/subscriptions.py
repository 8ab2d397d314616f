"""What the marketplace answers and tells about subscriptions to listed models, and what their seller earns."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, NonNegativeInt

from libs.contracts.envelope import Ask, Event, Message, Moment, Reply
from libs.contracts.listings import Listed
from libs.contracts.money import Money


class Period(StrEnum):
    """How long one payment lasts, in calendar months: 1, 3 or 12. The price is the monthly one times these."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class SubscriptionState(StrEnum):
    """`pending`: nobody knows yet whether it is paid. `cancelled` can be used until it ends; `expired` and `declined` cannot be used."""

    PENDING = "pending"
    ACTIVE = "active"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DECLINED = "declined"

    @property
    def usable(self) -> bool:
        """Whether the model may be asked for predictions, until the subscription's end."""
        return self in {SubscriptionState.ACTIVE, SubscriptionState.CANCELLED}


class EndReason(StrEnum):
    """Why a subscription is over: its time has passed, its renewal was not paid, the model is no longer on sale, or it was refunded."""

    TIME = "time"
    UNPAID = "unpaid"
    WITHDRAWN = "withdrawn"
    REFUNDED = "refunded"


class SubscriptionSnapshot(Message):
    """The whole of a subscription, as every event and answer about it tells it; `sequence` says which is newer."""

    subscription_id: str
    sequence: NonNegativeInt = Field(description="That of the event that tells it; an answer's is compared with them.")
    listing_id: str
    model_id: str
    title: str = Field(description="The listing's.")
    seller_id: str
    subscriber_id: str
    period: Period
    state: SubscriptionState
    auto_renew: bool
    price: Money = Field(description="Of one period, as agreed when it was bought.")
    paid: Money = Field(
        description="What was charged last: less than the price where the rest of an earlier period was taken into account."
    )
    version: str | None = Field(description="The model version its owner stays on; null follows the one that serves.")
    started_at: Moment
    period_began_at: Moment
    ends_at: Moment = Field(description="The end of the period that is paid.")
    usable_until: Moment = Field(
        description="It can be used before this moment: `ends_at`, and while it is to be renewed some days more, in which that is tried."
    )
    next_billing_at: Moment | None = Field(description="Null when it will not be renewed.")
    renewals: int = 0
    cancelled_at: Moment | None = None
    ended_at: Moment | None = None
    end_reason: EndReason | None = None
    earned: Money = Field(Decimal("0.00"), description="All that was paid for it so far, gross, less refunds.")


class Subscribed(Reply):
    """A subscription as it stands after an ask."""

    subscription: SubscriptionSnapshot


class Subscribe(Ask[Subscribed]):
    """Pay for the first period of a listed model, or change to a longer one; the same subscription id is one charge, however often asked.

    Refused with `own_listing`, `already_subscribed`, `not_listed`, `payment_declined`, `payment_pending` or `payments_away`.
    """

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "subscription.begin"
    key_field: ClassVar[str] = "listing_id"

    subscription_id: str
    listing_id: str
    account_id: str
    period: Period
    auto_renew: bool
    payment_method: str
    version: str | None = None


class ChangeSubscription(Ask[Subscribed]):
    """Renew or not, stay on a version or follow the one that serves; what is null stays as it is. Twice is once.

    Not to renew is to cancel: what is paid can be used until its end. Refused with `subscription_over`, `subscription_busy` or
    `version_unknown`.
    """

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "subscription.change"
    key_field: ClassVar[str] = "subscription_id"

    subscription_id: str
    account_id: str
    auto_renew: bool | None = None
    version: str | None = None
    newest: bool = Field(default=False, description="Whether to follow the version that serves from now on.")
    card_on_file: bool = Field(
        default=False,
        description="Whether the account's card on file pays for it from now on. A renewal that was declined is tried at once.",
    )


class CancelSubscription(Ask[Subscribed]):
    """Do not renew; what is paid can be used until its end. Twice is once."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "subscription.cancel"
    key_field: ClassVar[str] = "subscription_id"

    subscription_id: str
    account_id: str


class RefundSubscription(Ask[Subscribed]):
    """An admin gives the last payment back and ends the subscription. Twice is once. Refused with `nothing_to_refund`, `payments_away`."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "subscription.refund"
    key_field: ClassVar[str] = "subscription_id"

    subscription_id: str
    admin_id: str
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class RateListing(Ask[Listed]):
    """A subscriber's word on a listing, 1 to 5; the same account's later word replaces its earlier one. Refused with `not_a_subscriber`."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "listing.rate"
    key_field: ClassVar[str] = "listing_id"

    listing_id: str
    account_id: str
    rating: Annotated[int, Field(ge=1, le=5)]
    comment: str = Field("", max_length=2000)


class RatingSnapshot(Message):
    """One subscriber's word on a listing; who it was is not told."""

    rating: Annotated[int, Field(ge=1, le=5)]
    comment: str = ""
    rated_at: Moment


class RatingPlace(Message):
    """Where a rating stands in its listing's list."""

    rated_at: Moment
    id: str


class RatingsPage(Reply):
    """A part of what subscribers say of a listing, the newest first."""

    count: NonNegativeInt = Field(description="Of all of them.")
    ratings: tuple[RatingSnapshot, ...]
    after: RatingPlace | None = Field(None, description="Where the last one stands; null when none comes after it.")


class ReadRatings(Ask[RatingsPage]):
    """What subscribers say of a listing: after a place, or by pages that begin with 1. Refused with `not_listed`."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "listing.ratings"
    key_field: ClassVar[str] = "listing_id"

    listing_id: str
    page: Annotated[int, Field(ge=1)] = 1
    size: Annotated[int, Field(ge=1, le=100)] = 20
    after: RatingPlace | None = Field(None, description="Comes before `page`.")


class ModelLeasing(Message):
    """What one listed model has brought its seller. Money is gross, less refunds."""

    model_id: str
    listing_id: str
    title: str
    monthly_revenue: Money = Field(description="Paid in this calendar month.")
    total_revenue: Money
    subscribers: int
    churn_rate: float | None = Field(description="See docs/guides/subscriptions.md; null while nobody was subscribed when the month began.")


class MonthRevenue(Message):
    """What was paid in one calendar month, UTC, and by its end; gross, less refunds."""

    month: str = Field(description="YYYY-MM")
    revenue: Money
    total: Money = Field(description="All that was paid by the end of the month.")


class Leasing(Reply):
    """A seller's earnings by model and month."""

    total_revenue: Money
    platform_fees: Money
    net_earnings: Money
    active_subscriptions: int
    models: tuple[ModelLeasing, ...]
    months: tuple[MonthRevenue, ...] = Field(description="The last twelve, in order.")
    currency: str = Field("USD", description="Of all amounts, by ISO 4217.")


class ReadLeasing(Ask[Leasing]):
    """Ask what an account's listed models have earned."""

    topic: ClassVar[str] = "marketplace.asks.subscription"
    name: ClassVar[str] = "leasing.read"
    key_field: ClassVar[str] = "account_id"

    account_id: str


class SubscriptionEvent(Event):
    """What all events about a subscription carry."""

    subscription_id: str
    listing_id: str
    model_id: str
    account_id: str = Field(description="The seller's, as in every event about a model.")
    subscriber_id: str
    amount: Money = Field(Decimal("0.00"), description="What was charged with it.")
    subscription: SubscriptionSnapshot


class ModelSubscribed(SubscriptionEvent):
    """Somebody has subscribed to a model, or changed to a longer period, and it is paid."""

    topic: ClassVar[str] = "model.subscribed"
    key_field: ClassVar[str] = "model_id"


class SubscriptionRenewed(SubscriptionEvent):
    """A subscription is paid for another period."""

    topic: ClassVar[str] = "subscription.renewed"
    key_field: ClassVar[str] = "subscription_id"


class SubscriptionCancelled(SubscriptionEvent):
    """A subscription will not be renewed; it can be used until it ends."""

    topic: ClassVar[str] = "subscription.cancelled"
    key_field: ClassVar[str] = "subscription_id"


class SubscriptionExpired(SubscriptionEvent):
    """A subscription is over: its time has passed, or its renewal could not be paid."""

    topic: ClassVar[str] = "subscription.expired"
    key_field: ClassVar[str] = "subscription_id"


class SubscriptionChanged(SubscriptionEvent):
    """Something changed that no other event tells.

    A subscriber stays on another version, follows the one that serves again, or wants it renewed after all; a declined renewal is tried
    again at `next_billing_at`; or one that was over was refunded.
    """

    topic: ClassVar[str] = "subscription.changed"
    key_field: ClassVar[str] = "subscription_id"
