"""One example of every message, for the documents; a test holds them against the schemas."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from libs.contracts.envelope import Message
from libs.contracts.example_alerts import ALERTS
from libs.contracts.example_analyses import ANALYSES
from libs.contracts.example_credits import CREDITS
from libs.contracts.example_deployments import DEPLOYMENTS
from libs.contracts.example_fleet import FLEET
from libs.contracts.example_jobs import JOBS
from libs.contracts.example_listings import LISTINGS
from libs.contracts.example_llm import LLM
from libs.contracts.example_model_monitoring import MODEL_MONITORING
from libs.contracts.example_operators import OPERATORS
from libs.contracts.example_predictions import FEATURES, PREDICTIONS
from libs.contracts.example_registry import REGISTRY
from libs.contracts.example_retraining import RETRAINING
from libs.contracts.example_signals import SIGNALS
from libs.contracts.example_snapshots import SNAPSHOTS
from libs.contracts.example_story import ACCOUNT, BEGIN, JOB, MODEL, SHA, event
from libs.contracts.example_subscriptions import SUBSCRIPTIONS
from libs.contracts.gateway import (
    ModelCreated,
    ModelDeleted,
    ModelStaged,
    ModelUpdated,
    VersionStage,
    WebhookDisabled,
)
from libs.contracts.plots import REPORT, TRADING_PLOTS, Plot
from libs.contracts.tables import Table
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

SPEC: Final = TrainingSpec(
    model_type=ModelType.CLASSIFICATION,
    algorithm="RANDOM_FOREST",
    target_variable="signal_type",
    features=FEATURES,
    hyperparameters={"n_estimators": 100, "max_depth": 10, "min_samples_split": 5, "random_state": 42},
    training_config={
        "symbols": ["AAPL", "MSFT"],
        "timeframe": "1d",
        "start_date": "2005-01-01",
        "end_date": "2012-12-31",
        "train_test_split": 0.8,
        "cross_validation_folds": 5,
        "horizon": 5,
        "commission": 0.0005,
        "slippage": 0.0002,
    },
)
LOST: Final = "Its runner died, 10 times in a row without a new checkpoint between."
ARTIFACT: Final = Artifact(uri=f"sha256/{SHA[:2]}/{SHA}", sha256=SHA, size=1874)


def _line(message: str, *, minutes: float, level: Literal["INFO", "ERROR"] = "INFO") -> LogLine:
    return LogLine(timestamp=BEGIN + timedelta(minutes=minutes), level=level, message=message)


JOB_IDS: Final[dict[str, Any]] = {"job_id": JOB, "model_id": MODEL, "account_id": ACCOUNT}
MODEL_FIELDS: Final[dict[str, Any]] = {
    "model_id": MODEL,
    "account_id": ACCOUNT,
    "name": "Swing",
    "description": "Daily swings of two symbols",
    "spec": SPEC,
}
# What this spec gives, shortened.
RESULT: Final = TrainingResult(
    metrics={"accuracy": 0.4106, "f1_score": 0.4082, "roc_auc": 0.5734, "sharpe_ratio": 0.2368, "max_drawdown": 0.1649},
    backtest={"total_trades": 242, "winning_trades": 119, "losing_trades": 123, "win_rate": 0.4917, "profit_factor": 1.073},
    feature_importance={
        "rsi_14": 0.2308,
        "macd_signal": 0.1586,
        "bollinger_position": 0.2421,
        "volume_ma_ratio": 0.201,
        "price_ma_50_ratio": 0.1675,
    },
    training_metrics={"final_accuracy": 0.8147, "final_loss": 0.7877, "epochs": 100, "best_epoch": 100},
    validation_metrics={"accuracy": 0.3615, "precision": 0.3582, "recall": 0.3594},
    baselines={"majority_class": {"class": "BUY", "accuracy": 0.3741}, "buy_and_hold": {"sharpe_ratio": 0.9673}},
    sharpe_interval={
        "low": -1.684,
        "high": 1.8055,
        "level": 0.95,
        "method": "stationary bootstrap (Politis and Romano 1994), studentised (Ledoit and Wolf 2008)",
        "samples": 1000,
        "mean_block": 7.3803,
        "bars": 402,
    },
    equity_curve=(("2011-05-26", 1.0), ("2011-05-27", 0.9938)),
    reasons={},
    run_card={
        "data_source": "bokeh-sampledata 2026.1 (Quandl WIKI, public domain)",
        "data_hash": SHA,
        "rows": 4000,
        "seed": 42,
        "synthetic": False,
        "learned_until": "2011-05-18T20:00:00Z",
        "test_start": "2011-05-26",
        "window": "common",
        "warnings": [],
        "test_opens": "2011-05-26T20:00:00Z",
        "test_closes": "2012-12-31T21:00:00Z",
    },
    plots=dict.fromkeys((*(plot.value for plot in Plot), *(plot.vector for plot in TRADING_PLOTS), REPORT), ARTIFACT),
    tables={table.value: ARTIFACT for table in Table},
)
EXAMPLES: Final[dict[type[Message], Message]] = {
    type(example): example
    for example in (
        TrainingRequested(
            **event("01ke6x1m7cf0a8q9v4s2w7t3xz", 1, 0),
            **JOB_IDS,
            tier="pro",
            job_name="Swing, first try",
            priority=Priority.NORMAL,
            version="1.0",
            model_name="Swing",
            spec=SPEC,
            reserved_hours=Decimal("0.5"),
        ),
        TrainingCancelRequested(**event("01ke6x3d2sf7h1k5m9p4r8v6yb", 2, 1), job_id=JOB, account_id=ACCOUNT),
        TrainingProgressed(
            **event("01ke6x1t5ve3g7j9n2q6s8w4zc", 3, 0.2),
            **JOB_IDS,
            attempt=1,
            started_at=BEGIN,
            progress=20,
            stage="validating fold 2 of 5",
            step=16,
            total_steps=80,
            metrics={"accuracy": 0.3692, "loss": 1.1221, "epoch": 10, "total_epochs": 100},
            logs=(_line("Fold 1 of 5: accuracy 0.355", minutes=0.2),),
            estimated_completion=BEGIN + timedelta(minutes=1),
        ),
        TrainingCompleted(
            **event("01ke6x2c8xf4h6k1m5p9r3t7vd", 4, 0.8),
            **JOB_IDS,
            version="1.0",
            spec=SPEC,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(seconds=48),
            compute_hours=Decimal("0.013333"),
            artifact=ARTIFACT,
            result=RESULT,
            logs=(_line("Done", minutes=0.8),),
        ),
        TrainingFailed(
            **event("01ke6x2h1zf5j8m3q7s9v2w6xe", 4, 0.8),
            **JOB_IDS,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(seconds=48),
            compute_hours=Decimal("0.013333"),
            attempts=10,
            error=JobError(type="RunnerLost", message=LOST),
            logs=(_line(f"The job has failed: RunnerLost: {LOST}", minutes=0.8, level="ERROR"),),
        ),
        TrainingCancelled(
            **event("01ke6x3e4bf6k9n2r5t8w1y7zf", 4, 1),
            **JOB_IDS,
            started_at=BEGIN,
            ended_at=BEGIN + timedelta(minutes=1),
            compute_hours=Decimal("0.016667"),
            progress=20,
            logs=(_line("The job was cancelled.", minutes=1),),
        ),
        ModelCreated(**event("01ke6x0a4ve8g2j5m9q3s7v1wg", 1, -5), **MODEL_FIELDS),
        ModelUpdated(**event("01ke6x0f7xf9h3k6n1r4t8w2yh", 2, -3), **MODEL_FIELDS),
        ModelStaged(
            **event("01ke6x8t6zh9k3n5q8s2v4x7be", 7, 80),
            model_id=MODEL,
            account_id=ACCOUNT,
            serving="1.0",
            versions=(
                VersionStage(version="1.0", stage="production", aliases=("champion",)),
                VersionStage(version="1.1", stage="staging", aliases=()),
            ),
        ),
        ModelDeleted(**event("01ke6x9k2zf1j4m7p2s5v9x3aj", 9, 90), model_id=MODEL, account_id=ACCOUNT),
        WebhookDisabled(
            **event("01ke6xb4t7c9d2f5h8k1m4p7rs", 7, 7200),
            webhook_id="webhook_01ke6x8r3vf5g9j2m6q4t8w1yb",
            account_id=ACCOUNT,
            reason="Nothing but failure since 2026-01-05 09:30 UTC.",
            failing_since=BEGIN,
        ),
        *PREDICTIONS,
        CancelTraining(**JOB_IDS),
        TrainingStopped(job_id=JOB, state=JobState.CANCELLED, compute_hours=Decimal("0.016667"), progress=20),
        *ANALYSES,
        *SIGNALS,
        *FLEET,
        *JOBS,
        *RETRAINING,
        *MODEL_MONITORING,
        *CREDITS,
        *DEPLOYMENTS,
        *REGISTRY,
        *ALERTS,
        *SUBSCRIPTIONS,
        *LISTINGS,
        *SNAPSHOTS,
        *OPERATORS,
        *LLM,
    )
}
