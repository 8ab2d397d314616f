"""Examples of what is said when a view is built anew."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.envelope import Message
from libs.contracts.example_jobs import ABOUT, SPEC
from libs.contracts.example_listings import UPDATED
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, LISTING, MODEL, SUBSCRIPTION
from libs.contracts.example_subscriptions import EXPIRED
from libs.contracts.snapshots import (
    ChargeSnapshots,
    JobCharge,
    JobMeasured,
    JobSnapshot,
    JobSnapshots,
    ListingSnapshots,
    OtherJobSnapshot,
    ReadCharges,
    ReadJobs,
    ReadListings,
    ReadSubscriptions,
    SubscriptionSnapshots,
)
from libs.contracts.training import JobState, LogLine, ModelType, Priority, TrainingSpec

ENDED: Final = BEGIN + timedelta(minutes=2)
SNAPSHOTS: Final[tuple[Message, ...]] = (
    ReadJobs(after=JOB),
    JobSnapshots(
        jobs=(
            JobSnapshot(
                job_id=JOB,
                sequence=4,
                account_id=ACCOUNT,
                model_id=MODEL,
                job_name="Momentum, version 1.0",
                priority=Priority.NORMAL,
                version="1.0",
                spec=TrainingSpec(
                    model_type=ModelType.CLASSIFICATION,
                    algorithm="RANDOM_FOREST",
                    target_variable="signal_type",
                    features=("rsi_14", "macd_signal"),
                    hyperparameters={"n_estimators": 20},
                    training_config={"symbols": ["AAPL", "MSFT"]},
                ),
                reserved_hours=Decimal("0.020000"),
                requested_at=BEGIN,
                state=JobState.SUCCEEDED,
                attempt=1,
                progress=100,
                stage="writing",
                step=9,
                total_steps=9,
                metrics={"accuracy": 0.41},
                measured=JobMeasured(
                    metrics={"accuracy": 0.41, "sharpe_ratio": None},
                    training_metrics={"final_accuracy": 0.62},
                    validation_metrics={"accuracy": 0.4},
                    reasons={"sharpe_ratio": "There were no trades."},
                ),
                started_at=BEGIN,
                ended_at=ENDED,
                compute_hours=Decimal("0.016667"),
                error=None,
                logs=(LogLine(timestamp=ENDED, level="INFO", message="The artifacts are written."),),
            ),
        ),
        others=(
            OtherJobSnapshot(
                **ABOUT,
                sequence=3,
                model_id=None,
                job_name="backtest",
                priority=Priority.NORMAL,
                spec=SPEC,
                reserved_hours=Decimal("0.020000"),
                requested_at=BEGIN,
                state=JobState.SUCCEEDED,
                attempt=1,
                progress=100,
                stage="measuring",
                step=3,
                total_steps=3,
                metrics={},
                started_at=BEGIN,
                ended_at=ENDED,
                compute_hours=Decimal("0.002000"),
                error=None,
                logs=(),
                result={"metrics": {"total_return": 0.08}},
            ),
        ),
        next_after=None,
        count=2,
    ),
    ReadListings(after=LISTING),
    ListingSnapshots(listings=(UPDATED,), next_after=None, count=1),
    ReadSubscriptions(after=SUBSCRIPTION),
    SubscriptionSnapshots(subscriptions=(EXPIRED,), next_after=None, count=1),
    ReadCharges(after=JOB),
    ChargeSnapshots(charges=(JobCharge(job_id=JOB, charged_hours=Decimal("0.016667")),), next_after=None, count=1),
)
