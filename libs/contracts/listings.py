"""What the marketplace lists: a model on sale, its review, and its performance as the platform measures it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, NonNegativeInt

from libs.contracts.envelope import Ask, Event, JsonObject, Message, Moment, Reply
from libs.contracts.money import Money
from libs.contracts.records import RecordDay, RecordHead, Standing

PRICE_LEAST: Final = Decimal("1.00")
PRICE_MOST: Final = Decimal("100000.00")
TITLE_MOST: Final = 120
TEXT_MOST: Final = 5000
SIGNALS_MOST: Final = 20


class ListingState(StrEnum):
    """Where a listing stands; only a `listed` one is shown and can be subscribed to."""

    IN_REVIEW = "in_review"
    LISTED = "listed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Category(StrEnum):
    """What kind of strategy a model follows, by its seller."""

    MOMENTUM = "momentum"
    MEAN_REVERSION = "mean_reversion"
    TREND_FOLLOWING = "trend_following"
    BREAKOUT = "breakout"
    VOLATILITY = "volatility"
    STATISTICAL_ARBITRAGE = "statistical_arbitrage"
    SENTIMENT = "sentiment"
    MULTI_FACTOR = "multi_factor"
    OTHER = "other"


class AssetClass(StrEnum):
    """What a model is meant for."""

    EQUITY = "equity"
    INDEX = "index"
    ETF = "etf"
    FX = "fx"
    CRYPTO = "crypto"
    COMMODITY = "commodity"
    RATES = "rates"


class PricingModel(StrEnum):
    """How a subscription is charged: a fixed price a period. A share of profits is not offered: nobody here can measure a subscriber's."""

    FIXED = "fixed"


class SampleSignal(Message):
    """A signal that the seller shows as an example; the platform does not vouch for it."""

    symbol: str
    signal: Literal["BUY", "HOLD", "SELL"]
    confidence: float | None = Field(None, ge=0, le=1)
    date: date


class Offer(Message):
    """What a seller says about a model on sale."""

    title: Annotated[str, Field(min_length=1, max_length=TITLE_MOST)]
    description: Annotated[str, Field(max_length=TEXT_MOST)]
    category: Category
    asset_classes: tuple[AssetClass, ...]
    pricing_model: PricingModel = PricingModel.FIXED
    monthly_price: Annotated[Money, Field(ge=PRICE_LEAST, le=PRICE_MOST)]
    sample_signals: Annotated[tuple[SampleSignal, ...], Field(max_length=SIGNALS_MOST)] = ()
    terms_and_conditions: Annotated[str, Field(max_length=TEXT_MOST)] = ""


class Performance(Message):
    """A model's record over some days, computed by the platform. A value that cannot be computed is null, and `reasons` says why."""

    sharpe_ratio: float | None = Field(description="Annualised.")
    max_drawdown: float | None = Field(description="As a positive fraction.")
    total_return: float | None = Field(description="As a fraction.")
    win_rate: float | None
    total_trades: int | None
    since: date | None = Field(description="First day played.")
    until: date | None = Field(description="Last day played.")
    synthetic: bool = Field(description="Whether generated candles are behind it.")
    measured_at: Moment
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.")
    bars: int | None = Field(None, description="Candles played, on the clock of all symbols.")
    bars_per_year: float | None = Field(None, description="By which ratios are annualised.")
    absent_days: int | None = Field(None, description="Days on which the model had no prediction; they count with a position of 0.")
    skewness: float | None = Field(None, description="Of the bars' returns.")
    kurtosis: float | None = Field(None, description="Of the bars' returns; a normal distribution has 3.")
    sharpe_interval: JsonObject | None = Field(None, description="low, high, level, method, samples of the Sharpe ratio's interval.")
    baselines: JsonObject | None = Field(None, description="buy_and_hold: the same symbols, candles and costs, always long.")
    symbols: tuple[str, ...] = ()
    timeframe: str | None = None

    @classmethod
    def unmeasured(cls, reason: str, *, at: datetime, synthetic: bool) -> "Performance":
        """Return a record without any values, and why there are none."""
        values = dict.fromkeys(("sharpe_ratio", "max_drawdown", "total_return", "win_rate", "total_trades", "since", "until"))
        return cls.model_validate({**values, "synthetic": synthetic, "measured_at": at, "reasons": dict.fromkeys(values, reason)})


class ListingSnapshot(Message):
    """The whole of a listing, as every event and answer about it tells it; `sequence` says which is newer."""

    listing_id: str
    sequence: NonNegativeInt = Field(description="That of the event that tells it; an answer's is compared with them.")
    model_id: str
    seller_id: str
    seller_name: str
    state: ListingState
    offer: Offer
    version: str = Field(description="The model version that was submitted.")
    submitted_at: Moment
    published_at: Moment | None = Field(description="When it was listed; live performance counts from here.")
    rejection_reason: str | None = None
    is_featured: bool = False
    backtest: Performance | None = Field(
        description="Of the submitted version, from the end of what it learned from to the last candle there is; null until measured."
    )
    live: Performance | None = Field(description="From the day of listing on, with candles that nobody had before; null until measured.")
    subscribers: int = Field(0, description="Subscriptions that can be used now.")
    ratings: int = 0
    average_rating: float | None = Field(None, description="1 to 5; null without ratings.")
    revenue: Money = Field(Decimal("0.00"), description="What subscribers have paid so far, gross, less refunds.")
    standing: Standing | None = Field(None, description="What the backtest counts for among others; null until measured.")
    record: RecordHead | None = Field(None, description="The end of the chain of the backtest's days; null until measured.")
    static_data: bool = Field(
        default=False, description="Whether its seller has acknowledged that its symbols have no live source: no newer candle comes."
    )
    symbols: tuple[str, ...] = Field((), description="What the submitted version was trained on; none where that was not kept.")
    timeframe: str | None = Field(None, description="Of its candles; null where that was not kept.")


class Listed(Reply):
    """A listing as it stands after an ask."""

    listing: ListingSnapshot


class Submitted(Listed):
    """A listing that was put before the reviewers, and how long they took for others."""

    review_seconds: float | None = Field(description="The median of the latest reviews; null without any.")
    reviews: int = Field(description="How many reviews that is taken from.")


class PublishModel(Ask[Submitted]):
    """Put a trained model before the reviewers; the same listing id twice is one submission.

    Refused with `already_listed`, `listing_differs`, `not_sellable` or `version_unknown` (its training has not been
    heard of yet: ask again).
    """

    topic: ClassVar[str] = "marketplace.asks.listing"
    name: ClassVar[str] = "listing.publish"
    key_field: ClassVar[str] = "model_id"

    listing_id: str
    model_id: str
    account_id: str
    seller_name: str
    version: str
    offer: Offer
    static_data: bool = Field(
        default=False, description="Whether the seller has acknowledged that its symbols have no live source: no newer candle comes."
    )


class ReviewListing(Ask[Listed]):
    """An admin's word: list it, turn it down with a reason, or show it first. Twice the same word is once."""

    topic: ClassVar[str] = "marketplace.asks.listing"
    name: ClassVar[str] = "listing.review"
    key_field: ClassVar[str] = "model_id"

    listing_id: str
    model_id: str
    reviewer_id: str
    word: Literal["approve", "reject", "feature", "unfeature"]
    reason: str | None = Field(None, max_length=TEXT_MOST)


class WithdrawListing(Ask[Listed]):
    """The seller takes a listing off the market: nobody can subscribe any more, who has subscribed keeps the paid time."""

    topic: ClassVar[str] = "marketplace.asks.listing"
    name: ClassVar[str] = "listing.withdraw"
    key_field: ClassVar[str] = "model_id"

    listing_id: str
    model_id: str
    account_id: str


class ListingEvent(Event):
    """What all events about a listing carry."""

    listing_id: str
    model_id: str
    account_id: str = Field(description="The seller's.")
    listing: ListingSnapshot


class ListingSubmitted(ListingEvent):
    """A seller has put a model before the reviewers."""

    topic: ClassVar[str] = "listing.submitted"
    key_field: ClassVar[str] = "listing_id"


class ModelPublished(ListingEvent):
    """A model is on sale."""

    topic: ClassVar[str] = "model.published"
    key_field: ClassVar[str] = "model_id"


class ListingRejected(ListingEvent):
    """A reviewer has turned a listing down; `listing.rejection_reason` says why."""

    topic: ClassVar[str] = "listing.rejected"
    key_field: ClassVar[str] = "listing_id"


class ListingUpdated(ListingEvent):
    """Something about a listing has changed: its measured performance, subscribers, ratings, revenue or whether it is featured."""

    topic: ClassVar[str] = "listing.updated"
    key_field: ClassVar[str] = "listing_id"


class ListingWithdrawn(ListingEvent):
    """A model is no longer on sale."""

    topic: ClassVar[str] = "listing.withdrawn"
    key_field: ClassVar[str] = "listing_id"


class PerformanceRequested(Event):
    """The marketplace wants a version's record over some days."""

    topic: ClassVar[str] = "performance.requested"
    key_field: ClassVar[str] = "listing_id"

    listing_id: str
    model_id: str
    kind: Literal["backtest", "live"]
    version: str
    artifact: str = Field(description="sha256 of the version's manifest.")
    since: Moment = Field(description="Only candles that close after this moment are played.")
    until: Moment | None = Field(description="Only candles that close up to this moment are played; null for all there are.")
    kept: RecordHead | None = Field(
        None, description="The record's days that are kept already; null for a `live` record, which keeps none."
    )


class PerformanceMeasured(Event):
    """Inference has played a version's own signals over what was asked for. Of a long record each event has a part of the days."""

    topic: ClassVar[str] = "performance.measured"
    key_field: ClassVar[str] = "listing_id"

    listing_id: str
    model_id: str
    kind: Literal["backtest", "live"]
    version: str
    performance: Performance
    days: tuple[RecordDay, ...] = Field(
        (),
        description="Of a backtest: its days, the oldest first, in as many events as they need. Those that are kept already are left out "
        "where all of them are the same.",
    )
    days_after: date | None = Field(None, description="The record's day before the first of these; null when that is the first of all.")
