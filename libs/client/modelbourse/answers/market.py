"""What the gateway answers about the marketplace: listings, what is said of them, and one's dashboard."""

import datetime as dt
from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import MODEL_ID, REASONS, Answer, Moment, Money, Page
from modelbourse.answers.predictions import AGE_BARS, STALE, STATIC_DATA
from modelbourse.answers.records import NONE_YET, Record, RecordEnd, TriedRecord

Category = Literal[
    "MOMENTUM",
    "MEAN_REVERSION",
    "TREND_FOLLOWING",
    "BREAKOUT",
    "VOLATILITY",
    "STATISTICAL_ARBITRAGE",
    "SENTIMENT",
    "MULTI_FACTOR",
    "OTHER",
]
AssetClass = Literal["EQUITY", "INDEX", "ETF", "FX", "CRYPTO", "COMMODITY", "RATES"]
Signal = Literal["BUY", "HOLD", "SELL"]
ListingStatus = Literal["PENDING_REVIEW", "PUBLISHED", "REJECTED", "WITHDRAWN"]
PricingModel = Literal["FIXED"]
# In examples.
LISTING_ID: Final = "listing_01kab8p4v7f2hzj5c8n1r6t9wq"
TITLE: Final = "Daily swings of two large caps"
DESCRIPTION: Final = "Buys and sells AAPL and MSFT by five indicators of momentum and mean reversion."
TERMS: Final = "For your own trading; no redistribution of signals."
AT: Final = "2026-01-15T15:30:00.000Z"
DATA_NOTE: Final = "Its candles end on 2013-03-01, 3,238 bars of 1d ago: no newer ones come, as there is no live source for AAPL, MSFT."


class Published(Answer):
    """The listing was submitted to the reviewers."""

    listing_id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    status: ListingStatus = Field(description="`PUBLISHED` at once on a platform without reviewers.", examples=["PENDING_REVIEW"])
    message: str = Field(description="In words.", examples=["Model submitted for marketplace review"])
    estimated_review_time: str | None = Field(
        description="From how long the latest reviews took.", examples=["about 2 hours (the median of the latest 12 reviews)"]
    )
    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    model_version: str = Field(description="The version that was submitted, whose record is shown.", examples=["1.0"])
    reasons: dict[str, str] = REASONS


class Unpublished(Answer):
    """The listing is withdrawn."""

    listing_id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    status: ListingStatus = Field(description="Where it stands.", examples=["WITHDRAWN"])
    message: str = Field(
        description="In words.", examples=["Model withdrawn from the marketplace; who has subscribed keeps the time that is paid."]
    )
    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])


class Seller(Answer):
    """Who sells."""

    id: str = Field(description="The seller's account.", examples=["account_01kab8k1s5e9rtn3x6z8b2d4fg"])
    username: str = Field(description="The seller's name.", examples=["quant_ada"])
    rating: float | None = Field(description="The mean of all ratings of the seller's models, 1 to 5.", examples=[4.6])
    total_models: int = Field(description="Models on sale.", examples=[3])


class ListingRow(Answer):
    """A listing as lists show it."""

    id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    title: str = Field(description="What it is called.", examples=[TITLE])
    description: str = Field(description="What the seller says of it.", examples=[DESCRIPTION])
    seller: Seller = Field(description="Who sells it.")
    category: Category = Field(description="What kind of strategy it follows, by its seller.", examples=["MOMENTUM"])
    asset_classes: list[AssetClass] = Field(description="What it is meant for.", examples=[["EQUITY"]])
    monthly_price: Money = Field(description="What a month costs.", examples=["29.00"])
    performance_metrics: TriedRecord = Field(
        description="The submitted version's record from the end of what it learned from to the last candle that the platform has."
    )
    live_performance: Record = Field(
        description="On candles that closed after it was listed; never mixed with the backtest.", examples=[NONE_YET]
    )
    ranking_sharpe_ratio: float | None = Field(
        description="What listings are ordered and filtered by; null for what is not ranked.", examples=[0.2456]
    )
    record: RecordEnd | None = Field(description="The end of the record's days.")
    total_subscribers: int = Field(description="Subscriptions that can be used now.", examples=[5])
    average_rating: float | None = Field(description="1 to 5.", examples=[4.6])
    ratings_count: int = Field(description="How many rated it.", examples=[12])
    is_featured: bool = Field(description="Whether it is shown first.", examples=[True])
    sample_signals_count: int = Field(description="Signals that the seller shows as examples.", examples=[1])
    status: ListingStatus = Field(description="Where it stands.", examples=["PUBLISHED"])
    published_at: Moment | None = Field(description="When it was listed.", examples=[AT])
    as_of: Moment | None = Field(
        None, description="Close of the newest candle, of the symbol whose candles are the oldest.", examples=["2013-03-01T21:00:00.000Z"]
    )
    age_bars: int | None = Field(None, description=AGE_BARS, examples=[3238])
    stale: bool | None = Field(None, description=STALE, examples=[True])
    static_data: bool = Field(default=False, description=STATIC_DATA, examples=[True])
    data_note: str | None = Field(None, description="How old its data is, and whether newer comes, in words.", examples=[DATA_NOTE])
    reasons: dict[str, str] = REASONS


class ListingPage(Page[ListingRow]):
    """A page of listings."""


class ListedVersion(Answer):
    """A version that subscribers may use."""

    version: str = Field(description="Its name.", examples=["1.0"])
    created_at: Moment | None = Field(description="When it was trained.", examples=[AT])
    expires_at: Moment | None = Field(None, description="Until when it predicts; left out: for ever.", examples=[AT])


class SampleSignal(Answer):
    """A signal that the seller shows as an example. The platform does not vouch for it."""

    symbol: str = Field(description="Of what.", examples=["AAPL"])
    signal: Signal = Field(description="What to do.", examples=["BUY"])
    confidence: float | None = Field(description="How sure the model was.", examples=[0.47])
    date: dt.date = Field(description="On which day.", examples=["2012-12-31"])


class ListingDetails(ListingRow):
    """All that is public about a listing."""

    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    model_version: str = Field(description="The version that was submitted, whose record is shown.", examples=["1.0"])
    versions: list[ListedVersion] = Field(description="The model's versions.")
    pricing_model: PricingModel = Field(description="How it is charged.", examples=["FIXED"])
    performance_fee_rate: Money = Field(description="Always `0.00`.", examples=["0.00"])
    sample_signals: list[SampleSignal] = Field(description="Signals that the seller shows as examples.")
    terms_and_conditions: str = Field(description="The seller's terms.", examples=[TERMS])
    submitted_at: Moment = Field(description="When it was put before the reviewers.", examples=[AT])
    rejection_reason: str | None = Field(description="Seen by the seller and reviewers.", examples=[None])
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.", examples=[{"rejection_reason": "It was not rejected."}]
    )


class Rated(Answer):
    """How a listing is rated with one's own stars."""

    listing_id: str = Field(description="The listing's id.", examples=[LISTING_ID])
    rating: int = Field(description="One's own stars.", examples=[5])
    average_rating: float = Field(description="The mean of all.", examples=[4.6])
    ratings: int = Field(description="How many there are.", examples=[12])
    message: str = Field(description="In words.", examples=["Rating saved"])


class Rating(Answer):
    """One subscriber's word on a listing."""

    rating: int = Field(description="1 to 5 stars.", examples=[5])
    comment: str = Field(description="In words, or empty.", examples=["It does what it says."])
    created_at: Moment = Field(description="When it was given.", examples=[AT])


class RatingPage(Page[Rating]):
    """A page of ratings, the newest first."""
