"""AI Studio's bodies and answers about listings, as the OpenAPI document has them (translate_listings.py writes them)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

from libs.contracts.envelope import Moment
from libs.contracts.listings import SIGNALS_MOST, TEXT_MOST, TITLE_MOST
from services.gateway.inbound.faces.ai_studio import examples_listings as examples
from services.gateway.inbound.faces.ai_studio.answers import REASONS, shown
from services.gateway.inbound.faces.ai_studio.answers_records import Record, RecordEnd, TriedRecord
from services.gateway.inbound.http.paging import PageOut

CategoryWord = Literal[
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
AssetWord = Literal["EQUITY", "INDEX", "ETF", "FX", "CRYPTO", "COMMODITY", "RATES"]
SignalWord = Literal["BUY", "HOLD", "SELL"]
ListingStatus = Literal["PENDING_REVIEW", "PUBLISHED", "REJECTED", "WITHDRAWN"]
MONEY: Final = "Money, with two decimals."
DAY: Final[dict[str, Any]] = {"format": "date"}


class _Body(BaseModel):
    """A request body; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class SampleSignalIn(_Body):
    """A signal shown as an example. The platform does not vouch for it."""

    symbol: StrictStr = Field(min_length=1, max_length=20, description="One that candles are known of.")
    signal: SignalWord
    confidence: StrictFloat | StrictInt | None = Field(None, ge=0, le=1)
    date: StrictStr = Field(json_schema_extra=DAY, description="Not after today.")


class PublishIn(_Body):
    """What the seller says about the model. Its performance is measured by the platform and cannot be given."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.OFFER]})

    title: StrictStr = Field(min_length=1, max_length=TITLE_MOST)
    description: StrictStr = Field("", max_length=TEXT_MOST)
    category: CategoryWord
    asset_classes: list[AssetWord] = Field(min_length=1, max_length=7)
    pricing_model: Literal["FIXED"] = Field("FIXED", description="A price a period. A share of profits is not offered.")
    monthly_price: StrictStr = Field(max_length=20, description="From `1.00` to `100000.00`, with at most two decimals.")
    performance_fee_rate: StrictStr = Field("0.00", max_length=20, description="`0.00`: a share of profits is not offered.")
    sample_signals: list[SampleSignalIn] = Field(default_factory=list, max_length=SIGNALS_MOST)
    terms_and_conditions: StrictStr = Field("", max_length=TEXT_MOST)


class RejectIn(_Body):
    """Why a listing is turned down."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "The description says too little."}]})

    reason: StrictStr = Field(min_length=1, max_length=TEXT_MOST, description="The seller reads it.")


class Published(BaseModel):
    """The listing was submitted."""

    model_config = shown(examples.PUBLISHED)

    listing_id: str
    status: ListingStatus = Field(description="`PUBLISHED` at once on a platform without reviewers.")
    message: str
    estimated_review_time: str | None = Field(description="From how long the latest reviews took.")
    model_id: str
    model_version: str = Field(description="The version that was submitted, whose record is shown.")
    reasons: dict[str, str] = Field(description=REASONS)


class Unpublished(BaseModel):
    """The listing is withdrawn."""

    model_config = shown(examples.UNPUBLISHED)

    listing_id: str
    status: ListingStatus
    message: str
    model_id: str


class Seller(BaseModel):
    """Who sells."""

    id: str
    username: str
    rating: float | None = Field(description="The mean of all ratings of the seller's models, 1 to 5.")
    total_models: int = Field(description="Models on sale.")


class ListingRow(BaseModel):
    """A listing as lists show it."""

    model_config = shown(examples.LISTING_ROW)

    id: str
    title: str
    description: str
    seller: Seller
    category: CategoryWord
    asset_classes: list[AssetWord]
    monthly_price: str = Field(description=MONEY)
    performance_metrics: TriedRecord = Field(
        description="The submitted version's record from the end of what it learned from to the last candle that the platform has."
    )
    live_performance: Record = Field(description="On candles that closed after it was listed; never mixed with the backtest.")
    ranking_sharpe_ratio: float | None = Field(description="What listings are ordered and filtered by; null for what is not ranked.")
    record: RecordEnd | None
    total_subscribers: int
    average_rating: float | None = Field(description="1 to 5.")
    ratings_count: int
    is_featured: bool
    sample_signals_count: int
    status: ListingStatus
    published_at: Moment | None
    reasons: dict[str, str] = Field(description=REASONS)


class ListingPage(PageOut):
    """A page of listings."""

    results: list[ListingRow]


class ListedVersion(BaseModel):
    """A version that subscribers may use."""

    version: str
    created_at: Moment | None


class SampleSignalOut(BaseModel):
    """A signal that the seller shows as an example. The platform does not vouch for it."""

    symbol: str
    signal: SignalWord
    confidence: float | None
    date: str = Field(json_schema_extra=DAY)


class ListingDetails(ListingRow):
    """All that is public about a listing."""

    model_config = shown(examples.LISTING)

    model_id: str
    model_version: str = Field(description="The version that was submitted, whose record is shown.")
    versions: list[ListedVersion]
    pricing_model: Literal["FIXED"]
    performance_fee_rate: str = Field(description="Always `0.00`.")
    sample_signals: list[SampleSignalOut]
    terms_and_conditions: str
    submitted_at: Moment
    rejection_reason: str | None = Field(description="Seen by the seller and reviewers.")
