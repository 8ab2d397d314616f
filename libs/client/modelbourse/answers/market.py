"""What the gateway answers about the marketplace: listings, subscriptions, earnings."""

import datetime as dt
from typing import Any

from modelbourse.answers.answer import Answer, Moment, Money
from modelbourse.answers.frames import to_frame
from modelbourse.answers.records import Record, RecordEnd, TriedRecord


class Published(Answer):
    """The listing was submitted to the reviewers."""

    listing_id: str
    status: str
    message: str
    estimated_review_time: str | None
    model_id: str | None = None
    model_version: str | None = None
    reasons: dict[str, str] | None = None


class Unpublished(Answer):
    """The listing is withdrawn."""

    listing_id: str
    status: str
    message: str
    model_id: str


class Seller(Answer):
    """Who sells."""

    id: str
    username: str
    rating: float | None
    total_models: int


class ListingRow(Answer):
    """A listing as lists show it: its record from the end of what it learned from, and the one from the day on that it was listed."""

    id: str
    title: str
    description: str
    seller: Seller
    category: str
    asset_classes: list[str] | None = None
    monthly_price: Money
    performance_metrics: TriedRecord
    live_performance: Record | None = None
    ranking_sharpe_ratio: float | None = None
    record: RecordEnd | None = None
    total_subscribers: int
    average_rating: float | None
    ratings_count: int | None = None
    is_featured: bool
    sample_signals_count: int
    status: str | None = None
    published_at: Moment | None = None
    reasons: dict[str, str] | None = None


class ListedVersion(Answer):
    """A version that subscribers may use."""

    version: str
    created_at: Moment | None


class SampleSignal(Answer):
    """A signal that the seller shows as an example."""

    symbol: str
    signal: str
    confidence: float | None
    date: dt.date


class ListingDetails(ListingRow):
    """All that is public about a listing."""

    model_id: str
    model_version: str
    versions: list[ListedVersion]
    pricing_model: str
    performance_fee_rate: Money
    sample_signals: list[SampleSignal]
    terms_and_conditions: str
    submitted_at: Moment
    rejection_reason: str | None


class Subscription(Answer):
    """A subscription as it stands."""

    subscription_id: str
    status: str
    start_date: dt.date
    end_date: dt.date
    next_billing_date: dt.date | None
    total_amount: Money
    listing_id: str | None = None
    model_id: str | None = None
    title: str | None = None
    subscription_type: str | None = None
    auto_renew: bool | None = None
    version: str | None = None
    price: Money | None = None
    renewals: int | None = None
    started_at: Moment | None = None
    usable_until: Moment | None = None
    cancelled_at: Moment | None = None
    ended_at: Moment | None = None
    end_reason: str | None = None
    reasons: dict[str, str] | None = None


class Subscribed(Subscription):
    """The period is paid and the model can be used."""

    message: str


class Rated(Answer):
    """How a listing is rated with one's own stars."""

    listing_id: str
    rating: int
    average_rating: float
    ratings: int | None = None
    message: str | None = None


class Rating(Answer):
    """One subscriber's word on a listing."""

    rating: int
    comment: str
    created_at: Moment


class ModelRevenue(Answer):
    """What one listed model has brought; gross."""

    model_name: str
    monthly_revenue: Money
    subscribers: int
    churn_rate: float | None
    model_id: str | None = None
    listing_id: str | None = None
    title: str | None = None
    total_revenue: Money | None = None
    reasons: dict[str, str] | None = None


class Trend(Answer):
    """A value a month."""

    labels: list[str]
    data: list[float]


class Leasing(Answer):
    """What one's listed models have earned; gross unless a key says net."""

    total_revenue: Money
    active_subscriptions: int
    revenue_by_model: list[ModelRevenue]
    revenue_trend: Trend
    revenue_by_month: Trend | None = None
    platform_fees: Money | None = None
    net_earnings: Money | None = None

    def to_frame(self) -> Any:
        """Return the models as a pandas.DataFrame, a line each; raise PandasMissingError."""
        return to_frame(self.revenue_by_model)
