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
    ListingSnapshot,
    ListingState,
    ListingSubmitted,
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
from libs.contracts.record_chain import chained, genesis, rounded_day
from libs.contracts.records import KeptDay, ReadRecord, RecordDay, RecordHead, RecordPage, Standing

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
    since=date(2011, 5, 19),
    until=date(2012, 12, 31),
    synthetic=False,
    measured_at=BEGIN + timedelta(minutes=10),
    reasons={},
    bars=408,
    bars_per_year=251.6,
    absent_days=0,
    skewness=-0.2114,
    kurtosis=5.4031,
    sharpe_interval={
        "low": -1.2871,
        "high": 1.7462,
        "level": 0.95,
        "method": "stationary bootstrap (Politis and Romano 1994), percentiles",
        "samples": 1000,
        "mean_block": 7.4169,
    },
    baselines={"buy_and_hold": {"sharpe_ratio": 0.9673, "max_drawdown": 0.2135, "total_return": 0.3204, "volatility": 0.2146}},
    symbols=("AAPL", "MSFT"),
    timeframe="1d",
)
# What it counts for, as the best of 80.
STANDING: Final = Standing(sharpe_ratio=0.2456, deflated_sharpe_ratio=0.0164, trials=80, trials_variance=0.6182, reasons={})
DAYS: Final = chained(
    [
        rounded_day(date(2011, 5, 19), day_return=0.0, position=0.5, absent=False),
        rounded_day(date(2011, 5, 20), day_return=-0.0061538462, position=1.0, absent=False),
    ],
    previous=genesis(LISTING, version="1.0"),
)
HEAD: Final = RecordHead(days=2, hash=DAYS[-1].hash, last=DAYS[-1].date)
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
SUBMITTED: Final = ListingSnapshot(
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
    update={
        "sequence": 4,
        "state": ListingState.LISTED,
        "backtest": BACKTEST,
        "standing": STANDING,
        "record": HEAD,
        "published_at": BEGIN + timedelta(hours=1),
    }
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
        since=datetime(2011, 5, 18, 20, tzinfo=UTC),
        until=None,
        kept=RecordHead(days=0, hash=genesis(LISTING, version="1.0"), last=None),
    ),
    PerformanceMeasured(
        **event("01ke6xaj3wf5k8n2q4t7w1y3bc", 2, 10),
        **IDS,
        kind="backtest",
        version="1.0",
        performance=BACKTEST,
        days=tuple(RecordDay.model_validate(day.model_dump()) for day in DAYS),
    ),
    ReadRecord(listing_id=LISTING),
    RecordPage(count=2, days=tuple(KeptDay(**day.model_dump()) for day in DAYS)),
)
