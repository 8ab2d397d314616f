"""Examples of what is said about listings."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import Message
from libs.contracts.example_story import ACCOUNT, ADMIN, BEGIN, LISTING, MODEL, SHA, event
from libs.contracts.listings import (
    AssetClass,
    Category,
    Listed,
    ListingRejected,
    ListingState,
    ListingSubmitted,
    ListingTold,
    ListingUpdated,
    ListingWithdrawn,
    ModelPublished,
    Offer,
    Performance,
    PerformanceMeasured,
    PerformanceRequested,
    PublishModel,
    ReviewListing,
    SampleSignal,
    Submitted,
    WithdrawListing,
)

OFFER: Final = Offer(
    title="Daily swings of two large caps",
    description="Buys and sells AAPL and MSFT by five indicators.",
    category=Category.MOMENTUM,
    asset_classes=(AssetClass.EQUITY,),
    monthly_price=Decimal("29.00"),
    sample_signals=(SampleSignal(symbol="AAPL", signal="BUY", confidence=0.47, date=date(2012, 12, 31)),),
    terms_and_conditions="For your own trading.",
)
BACKTEST: Final = Performance(
    sharpe_ratio=0.2456,
    max_drawdown=0.164,
    total_return=0.0441,
    win_rate=0.4917,
    total_trades=242,
    since=date(2011, 5, 26),
    until=date(2012, 12, 31),
    synthetic=False,
    measured_at=BEGIN + timedelta(minutes=10),
    reasons={},
)
NO_CANDLE: Final = "There is no candle yet that is newer than the listing."
LIVE: Final = Performance(
    sharpe_ratio=None,
    max_drawdown=None,
    total_return=None,
    win_rate=None,
    total_trades=None,
    since=None,
    until=None,
    synthetic=False,
    measured_at=BEGIN + timedelta(minutes=61),
    reasons=dict.fromkeys(("sharpe_ratio", "max_drawdown", "total_return", "win_rate", "total_trades"), NO_CANDLE),
)
SUBMITTED: Final = ListingTold(
    listing_id=LISTING,
    sequence=1,
    model_id=MODEL,
    seller_id=ACCOUNT,
    seller_name="quant",
    state=ListingState.IN_REVIEW,
    offer=OFFER,
    version="1.0",
    submitted_at=BEGIN + timedelta(minutes=9),
    published_at=None,
    backtest=None,
    live=None,
)
REJECTED: Final = SUBMITTED.model_copy(
    update={"sequence": 4, "state": ListingState.REJECTED, "backtest": BACKTEST, "rejection_reason": "The description says too little."}
)
ON_SALE: Final = SUBMITTED.model_copy(
    update={"sequence": 4, "state": ListingState.LISTED, "backtest": BACKTEST, "published_at": BEGIN + timedelta(hours=1)}
)
UPDATED: Final = ON_SALE.model_copy(update={"sequence": 6, "live": LIVE})
WITHDRAWN: Final = UPDATED.model_copy(update={"sequence": 7, "state": ListingState.WITHDRAWN})
IDS: Final[dict[str, Any]] = {"listing_id": LISTING, "model_id": MODEL}
OF_SELLER: Final[dict[str, Any]] = {**IDS, "account_id": ACCOUNT}
LISTINGS: Final[tuple[Message, ...]] = (
    PublishModel(**OF_SELLER, seller_name="quant", version="1.0", offer=OFFER),
    Submitted(listing=SUBMITTED, review_seconds=5400.0, reviews=12),
    ReviewListing(**IDS, reviewer_id=ADMIN, word="approve"),
    Listed(listing=ON_SALE),
    WithdrawListing(**OF_SELLER),
    ListingSubmitted(**event("01ke6x9h2vf4k7n1q3s6v9y2zb", 1, 9), **OF_SELLER, listing=SUBMITTED),
    ModelPublished(**event("01ke6xeh4wf6m9p3s5v8y1z4bd", 4, 60), **OF_SELLER, listing=ON_SALE),
    ListingRejected(**event("01ke6xfk5xf7n1q4t6w9z2b5ce", 4, 60), **OF_SELLER, listing=REJECTED),
    ListingUpdated(**event("01ke6xgm6yf8p2r5v7x1b3c6df", 6, 61), **OF_SELLER, listing=UPDATED),
    ListingWithdrawn(**event("01ke6xhn7zf9q3s6w8y2c4d7eg", 7, 1440), **OF_SELLER, listing=WITHDRAWN),
    PerformanceRequested(
        **event("01ke6x9h2vf4k7n1q3s6v9y2zc", 2, 9),
        **IDS,
        kind="backtest",
        version="1.0",
        artifact=SHA,
        since=datetime(2011, 5, 26, 19, 59, 59, 999000, tzinfo=UTC),
        until=datetime(2012, 12, 31, 21, tzinfo=UTC),
    ),
    PerformanceMeasured(**event("01ke6xaj3wf5k8n2q4t7w1y3bc", 2, 10), **IDS, kind="backtest", version="1.0", performance=BACKTEST),
)
