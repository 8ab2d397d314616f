"""One example of every message, for the documents; a test holds them against the schemas."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import Message
from libs.contracts.gateway import ModelCreated, ModelDeleted, ModelUpdated
from libs.contracts.inference import CandlePrediction, Predict, Prediction, Predictions, PredictRange, RangePredictions, Skipped
from libs.contracts.marketplace import CreditsReserved, CreditsSettled, ReserveCredits, SettleCredits
from libs.contracts.monitoring import HealthChanged, HeartbeatSent
from libs.contracts.training import (
    Artifact,
    CancelTraining,
    JobError,
    JobState,
    LogLine,
    ModelType,
    Priority,
    TrainingCancelled,
    TrainingCancelRequested,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
    TrainingResult,
    TrainingSpec,
    TrainingStopped,
)

BEGIN: Final = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SHA: Final = "6b1f0e0f0d6a4f5f7a1f2c1f6f0f8d9d3f3f4b7a5d6c7e8f9a0b1c2d3e4f5a6b"
ACCOUNT: Final = "account_01ke6wz3h8e4fvk2m9q7xr5t1n"
MODEL: Final = "model_01ke6x0a4tf8s9v3c5n7w2y6qp"
JOB: Final = "job_01ke6x1m7bek4r8t2v6z9d3hsj"
FEATURES: Final = ("rsi_14", "macd_signal", "bollinger_position", "volume_ma_ratio", "price_ma_50_ratio")
SPEC: Final = TrainingSpec(
    model_type=ModelType.CLASSIFICATION,
    algorithm="RANDOM_FOREST",
    target_variable="signal_type",
    features=FEATURES,
    hyperparameters={"n_estimators": 100, "max_depth": 10},
    training_config={"symbols": ["AAPL", "MSFT"], "timeframe": "1d", "train_test_split": 0.8, "cross_validation_folds": 5},
)
LINE: Final = LogLine(timestamp=BEGIN, level="INFO", message="fitting fold 2 of 5")
ARTIFACT: Final = Artifact(uri=f"sha256/{SHA[:2]}/{SHA}", sha256=SHA, size=1874)


def _event(name: str, sequence: int, minutes: float) -> dict[str, Any]:
    return {"event_id": f"event_{name}", "occurred_at": BEGIN + timedelta(minutes=minutes), "sequence": sequence}


JOB_IDS: Final = {"job_id": JOB, "model_id": MODEL, "account_id": ACCOUNT}
MODEL_FIELDS: Final = {
    "model_id": MODEL,
    "account_id": ACCOUNT,
    "name": "Swing",
    "description": "Daily swings of two symbols",
    "spec": SPEC,
}
RESULT: Final = TrainingResult(
    metrics={"accuracy": 0.41, "f1_score": 0.39, "roc_auc": 0.56, "sharpe_ratio": 0.38, "max_drawdown": -0.21},
    backtest={"total_trades": 84, "winning_trades": 44, "losing_trades": 40, "win_rate": 0.5238, "profit_factor": 1.17},
    feature_importance={
        "rsi_14": 0.18,
        "macd_signal": 0.22,
        "bollinger_position": 0.19,
        "volume_ma_ratio": 0.17,
        "price_ma_50_ratio": 0.24,
    },
    training_metrics={"final_accuracy": 0.78, "final_loss": None, "epochs": None, "best_epoch": None},
    validation_metrics={"accuracy": 0.4},
    baselines={"majority_class": {"accuracy": 0.36}, "buy_and_hold": {"sharpe_ratio": 0.52}},
    sharpe_interval={"low": -0.4, "high": 1.2, "level": 0.95, "method": "stationary bootstrap", "samples": 1000},
    equity_curve=(("2012-03-01", 1.0), ("2012-03-02", 1.004)),
    reasons={"final_loss": "a forest has no loss that it minimises", "epochs": "a forest is fitted at once", "best_epoch": "as epochs"},
    run_card={"data_source": "bokeh-sampledata", "data_hash": SHA, "rows": 6540, "seed": 42, "synthetic": False},
)
PREDICTION: Final = Prediction(
    symbol="AAPL",
    prediction="BUY",
    confidence=0.47,
    feature_contributions={
        "rsi_14": 0.03,
        "macd_signal": 0.05,
        "bollinger_position": 0.02,
        "volume_ma_ratio": -0.01,
        "price_ma_50_ratio": 0.05,
    },
    probabilities={"BUY": 0.47, "HOLD": 0.29, "SELL": 0.24},
    value=None,
    base_value=0.33,
    scale="probability",
    additivity_error=0.0,
    as_of=None,
    synthetic=False,
)
CANDLE_PREDICTION: Final = CandlePrediction(
    as_of=datetime(2012, 12, 31, 21, tzinfo=UTC),
    day=date(2012, 12, 31),
    prediction="BUY",
    confidence=0.47,
    probabilities={"BUY": 0.47, "HOLD": 0.29, "SELL": 0.24},
    value=None,
    output=0.47,
    contributions=(0.03, 0.05, 0.02, -0.01, 0.05),
    base_value=0.33,
    additivity_error=0.0,
)
EXAMPLES: Final[dict[type[Message], Message]] = {
    type(example): example
    for example in (
        TrainingRequested(
            **_event("01ke6x1m7cf0a8q9v4s2w7t3xz", 1, 0),
            **JOB_IDS,
            tier="pro",
            job_name="Swing, first try",
            priority=Priority.NORMAL,
            version="v1",
            spec=SPEC,
            reserved_hours=Decimal("0.5"),
        ),
        TrainingCancelRequested(**_event("01ke6x3d2sf7h1k5m9p4r8v6yb", 2, 1), job_id=JOB, account_id=ACCOUNT),
        TrainingProgressed(
            **_event("01ke6x1t5ve3g7j9n2q6s8w4zc", 3, 0.2),
            **JOB_IDS,
            attempt=1,
            started_at=BEGIN,
            progress=35,
            stage="cross-validation",
            step=2,
            total_steps=5,
            metrics={"accuracy": 0.4},
            logs=(LINE,),
            estimated_completion=BEGIN + timedelta(minutes=1),
        ),
        TrainingCompleted(
            **_event("01ke6x2c8xf4h6k1m5p9r3t7vd", 4, 0.8),
            **JOB_IDS,
            version="v1",
            spec=SPEC,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(seconds=48),
            compute_hours=Decimal("0.013333"),
            artifact=ARTIFACT,
            result=RESULT,
            logs=(LINE,),
        ),
        TrainingFailed(
            **_event("01ke6x2h1zf5j8m3q7s9v2w6xe", 4, 0.8),
            **JOB_IDS,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(seconds=48),
            compute_hours=Decimal("0.013333"),
            attempts=3,
            error=JobError(type="WorkerDied", message="The worker died three times."),
            logs=(LINE,),
        ),
        TrainingCancelled(
            **_event("01ke6x3e4bf6k9n2r5t8w1y7zf", 4, 1),
            **JOB_IDS,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(minutes=1),
            compute_hours=Decimal("0.016667"),
            progress=60,
        ),
        ModelCreated(**_event("01ke6x0a4ve8g2j5m9q3s7v1wg", 1, -5), **MODEL_FIELDS),
        ModelUpdated(**_event("01ke6x0f7xf9h3k6n1r4t8w2yh", 2, -3), **MODEL_FIELDS),
        ModelDeleted(**_event("01ke6x9k2zf1j4m7p2s5v9x3aj", 9, 90), model_id=MODEL, account_id=ACCOUNT),
        HeartbeatSent(
            **_event("01ke6x1n1cf2k5n8q3t6w1y4bk", 412, 0),
            service="training",
            instance="training-2",
            started_at=BEGIN - timedelta(minutes=20),
            every_s=3,
            state="degraded",
            checks={"mongodb": "ok", "redis": "no answer within 1 s"},
        ),
        HealthChanged(
            **_event("01ke6x1p3df3m6p9r4v7x2z5cm", 1767605400123, 0),
            service="training",
            instance="training-2",
            health="degraded",
            reason="redis: no answer within 1 s",
        ),
        Predict(
            model_id=MODEL,
            account_id=ACCOUNT,
            version="v1",
            artifact=SHA,
            symbols=("AAPL",),
            rows=((41.2, 0.8, 0.31, 1.12, 0.98),),
            timeframe="1d",
        ),
        Predictions(predictions=(PREDICTION,), model_version="v1", prediction_timestamp=BEGIN),
        PredictRange(
            model_id=MODEL,
            account_id=ACCOUNT,
            version="v1",
            artifact=SHA,
            symbol="AAPL",
            timeframe="1d",
            start=date(2012, 12, 29),
            end=date(2012, 12, 31),
            last=30,
            explain=True,
        ),
        RangePredictions(
            features=FEATURES,
            scale="probability",
            synthetic=False,
            predictions=(CANDLE_PREDICTION,),
            skipped=(Skipped(reason="There is no candle on the day.", count=2),),
            next_after=None,
        ),
        CancelTraining(**JOB_IDS),
        TrainingStopped(job_id=JOB, state=JobState.CANCELLED, compute_hours=Decimal("0.016667"), progress=60),
        ReserveCredits(job_id=JOB, account_id=ACCOUNT, tier="pro", hours=Decimal("0.5")),
        CreditsReserved(
            job_id=JOB,
            hours=Decimal("0.5"),
            cost=Decimal("2.50"),
            available_hours=Decimal("99.5"),
            expires_at=BEGIN + timedelta(minutes=15),
        ),
        SettleCredits(job_id=JOB, account_id=ACCOUNT, outcome="cancelled", used_hours=Decimal("0.016667")),
        CreditsSettled(job_id=JOB, charged_hours=Decimal(0), charged=Decimal("0.00"), refund_amount=Decimal("2.50")),
    )
}
