"""The training that the OpenAPI document shows: asked for, and completed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, SHA
from libs.contracts.example_story import MODEL as MODEL_ID
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, Priority
from services.gateway.domain.jobs.job import Job

MODEL: Final = "lstm_BTCUSDT_15m_20260105"
QUEUED: Final = Job(
    id=JOB,
    kind=JobKind.TRAIN,
    account_id=ACCOUNT,
    name="training_lstm_BTCUSDT_20260105",
    priority=Priority.NORMAL,
    created_at=BEGIN,
    reserved_hours=Decimal("0.08"),
    expected_hours=Decimal("0.0264"),
    slot=0,
    slug="training_lstm_BTCUSDT_20260105",
    model_id=MODEL_ID,
    model_version="1.0",
    algorithm="LSTM",
    symbols=("BTC-USD",),
    timeframe="15m",
    estimated_completion=BEGIN + timedelta(seconds=96),
)
STARTED: Final = BEGIN + timedelta(seconds=1)
COMPLETED: Final = replace(
    QUEUED,
    state=JobState.SUCCEEDED,
    slot=None,
    progress=100,
    attempt=1,
    started_at=STARTED,
    ended_at=STARTED + timedelta(seconds=91),
    estimated_completion=None,
    artifact=SHA,
    metrics={"accuracy": 0.52, "precision": 0.5, "recall": 0.48, "f1_score": 0.49, "sharpe_ratio": 0.31, "max_drawdown": 0.14},
    training_metrics={"final_accuracy": 0.55, "final_loss": 0.98, "epochs": 35.0, "best_epoch": 27.0},
    validation_metrics={"accuracy": 0.5},
)
