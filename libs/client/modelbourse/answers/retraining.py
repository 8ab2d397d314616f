"""What the gateway answers about a model's schedule of retraining, and what a new version must reach to serve."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, Answer, Moment

GateMetric = Literal["log_loss", "accuracy", "f1_score", "roc_auc", "rmse", "mae", "directional_accuracy"]
GATE_REASON: Final = "log_loss is 1.064, that of version 1.0 1.071 on the same 180 rows: at most 1.092 passes."
SKIPPED: Final = "There are no candles after 2013-03-01, the last day that version 1.0 has seen."


class Gate(Answer):
    """What a new version must reach against the one that serves."""

    metric: GateMetric | None = Field(None, description="By which both are measured.", examples=["log_loss"])
    tolerance: float = Field(0.02, description="How much worse the new one may be.", examples=[0.02])


class Retrain(Answer):
    """When and how a model is retrained by itself."""

    every: str = Field(description="How long after its newest version was made: days or hours.", examples=["7d"])
    window: Literal["anchored", "rolling"] = Field(
        "anchored", description="Days from start_date on, or the last `window_days`, up to the newest candle."
    )
    window_days: int | None = Field(None, description="Of a rolling window.", examples=[730])
    expire_after: str | None = Field(
        None, description="How long after it was made a version predicts; left out: for ever.", examples=["30d"]
    )
    gate: Gate = Field(default_factory=Gate, description="What a new version must reach to serve.")


class GateVerdict(Answer):
    """How a version compares with the one that served, on rows that neither has learned from."""

    incumbent: str = Field(description="The version that served.", examples=["1.0"])
    metric: GateMetric = Field(description="By which both were measured.", examples=["log_loss"])
    tolerance: float = Field(description="How much worse the new one might be.", examples=[0.02])
    rows: int = Field(description="How many rows both were measured on.", examples=[180])
    old: float | None = Field(description="Of the version that served; null where it could not be measured.", examples=[1.071])
    new: float | None = Field(description="Of the new version, on the same rows.", examples=[1.064])
    passed: bool = Field(description="Whether it might serve.", examples=[True])
    reason: str = Field(description="Why, in words.", examples=[GATE_REASON])


class LastTurn(Answer):
    """What came of the schedule's last turn."""

    at: Moment = Field(description="When it was.", examples=[AT])
    outcome: Literal["STARTED", "PASSED", "NOT_PASSED", "SKIPPED", "REFUSED", "FAILED"] = Field(
        description="A training is at work; it made a version that has, or has not, passed; there were no new candles; no training could "
        "be started; it failed or was cancelled.",
        examples=["PASSED"],
    )
    reason: str = Field(description="Why, in words.", examples=[GATE_REASON])
    job_id: str | None = Field(None, description="The training that it started.", examples=[JOB_ID])
    version: str | None = Field(None, description="The version that this made.", examples=["1.1"])
    gate: GateVerdict | None = Field(None, description="How that compares with the one that served.")


class Retraining(Answer):
    """How a model's retraining stands; how it is set, `training_config.retrain` says."""

    next_at: Moment | None = Field(None, description="When its next turn is; left out before it has a version.", examples=[AT])
    expires_at: Moment | None = Field(None, description="Until when the version that serves predicts; left out: for ever.", examples=[AT])
    expired: bool = Field(description="Whether that is over: predictions are refused.", examples=[False])
    last: LastTurn | None = Field(None, description="The last turn; left out before the first.")
