"""What a webhook is sent: a `WebhookEvent`, whose `data` is by its `event` one of these."""

from typing import Literal, TypeAlias

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, Answer, Moment, Money
from modelbourse.answers.live import JobFailure
from modelbourse.answers.retraining import SKIPPED, GateVerdict
from modelbourse.answers.webhooks import WEBHOOK_ID


class HeadlineMetrics(Answer):
    """What a model is judged by first. What cannot be computed (a regression has no accuracy) is null."""

    accuracy: float | None = Field(description="Out of fold.", examples=[0.4106])
    sharpe_ratio: float | None = Field(description="Out of fold, after costs.", examples=[0.2456])


class JobData(Answer):
    """Of every event of a training."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model that it trains.", examples=[MODEL_ID])


class JobCompletedData(JobData):
    """`training_job.completed`: a training has ended well."""

    status: Literal["COMPLETED"] = Field(description="Where it stands.")
    performance_metrics: HeadlineMetrics = Field(description="Of the new version.")
    reasons: dict[str, str] | None = Field(None, description="Why a metric is null, by its name; left out where none is.")


class JobError(JobFailure):
    """Why a job failed."""


class JobFailedData(JobData):
    """`training_job.failed`: a training has failed."""

    status: Literal["FAILED"] = Field(description="Where it stands.")
    error: JobError = Field(description="Why.")


class JobCancelledData(JobData):
    """`training_job.cancelled`: its owner has cancelled a training."""

    status: Literal["CANCELLED"] = Field(description="Where it stands.")
    progress: int = Field(description="How far it had come, in percent.", examples=[30])


class AnyJobData(Answer):
    """Of every event of a job that is no training. What does not apply is left out."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    kind: str = Field(
        description="What it does: `backtest`, `validate` (a check of a dataset), and what a later release has.", examples=["backtest"]
    )
    model_id: str | None = Field(None, description="The model that it works on, where there is one.", examples=[MODEL_ID])
    parent_id: str | None = Field(None, description="The job that it is a part of, where it is one.", examples=[JOB_ID])


class AnyJobCompletedData(AnyJobData):
    """`job.completed`: a job that is no training has ended well."""

    status: Literal["COMPLETED"] = Field(description="Where it stands.")


class AnyJobFailedData(AnyJobData):
    """`job.failed`: a job that is no training has failed."""

    status: Literal["FAILED"] = Field(description="Where it stands.")
    error: JobError = Field(description="Why.")


class AnyJobCancelledData(AnyJobData):
    """`job.cancelled`: its owner or an operator has cancelled a job that is no training."""

    status: Literal["CANCELLED"] = Field(description="Where it stands.")
    progress: int = Field(description="How far it had come, in percent.", examples=[30])


class ModelRetrainedData(Answer):
    """`model.retrained`: the schedule of a model of yours has made a new version."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    job_id: str = Field(description="The training that made it.", examples=[JOB_ID])
    version: str = Field(description="The new version.", examples=["1.1"])
    passed: bool = Field(description="Whether it has passed its gate; else it is archived.", examples=[True])
    serving_version: str = Field(description="The version that answers now.", examples=["1.1"])
    gate: GateVerdict = Field(description="How it compares with the one that served.")
    next_at: Moment | None = Field(description="When the schedule's next turn is.", examples=[AT])


class RetrainingSkippedData(Answer):
    """`retraining.skipped`: a turn of a model's schedule has started no training."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    code: str = Field(description="`NO_NEW_CANDLES`, or the code of what was refused.", examples=["NO_NEW_CANDLES"])
    reason: str = Field(description="Why, in words.", examples=[SKIPPED])
    next_at: Moment | None = Field(description="When it is tried again.", examples=[AT])


class ModelAlertData(Answer):
    """An alert of a model that is watched."""

    alert_id: str = Field(description="The alert's id.", examples=["alert_01ke6x8r3vf5g9j2m6q4t8w1yb"])
    cause: str = Field(
        description="`performance`, `drift`, `predictions`, `domain`, `stream`, `missing`, `calibration` or `freshness`.",
        examples=["drift"],
    )
    subject: str = Field(description="The feature or the metric that it is of; empty where it is of the whole.", examples=["rsi_14"])
    message: str = Field(description="In words.", examples=["rsi_14 has a population stability index of 0.41, and drifts from 0.25 on."])
    value: float | None = Field(description="What was found; null where it is no number.", examples=[0.41])
    threshold: float | None = Field(description="From where it counts; null where there is no such number.", examples=[0.25])
    harm: float | None = Field(description="What it is estimated to cost; null where that cannot be said.", examples=[0.246])
    raised_at: Moment = Field(description="Since when.", examples=[AT])
    resolved_at: Moment | None = Field(description="When it was over; null while it is open.", examples=[None])


class ModelDriftedData(Answer):
    """`model.drifted`: a snapshot of a model of yours has found what it had not before."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    version: str = Field(description="The version that was looked at.", examples=["1.0"])
    snapshot_id: str = Field(description="The snapshot.", examples=["snap_01ke6x8r3vf5g9j2m6q4t8w1yb"])
    alerts: list[ModelAlertData] = Field(description="What is new, the most harm first; 20 at most.")
    open_alerts: int = Field(description="How many alerts of the model are open.", examples=[1])


class ModelRecoveredData(Answer):
    """`model.recovered`: no alert of a model of yours is open any more."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    version: str = Field(description="The version that was looked at.", examples=["1.0"])
    snapshot_id: str = Field(description="The snapshot.", examples=["snap_01ke6x8r3vf5g9j2m6q4t8w1yb"])
    alerts: list[ModelAlertData] = Field(description="What the snapshot has resolved, the most harm first; 20 at most.")


class RecipeChangedData(Answer):
    """`recipe.changed`: a recipe of yours is not as it was."""

    recipe_id: str = Field(description="The recipe.", examples=["recipe_01kab8m5v8ezfvzcr0s2k2h7qd"])
    change: str = Field(
        description="`created`, `updated`, `version_added`, `approved`, `archived` or `deleted`.", examples=["version_added"]
    )
    name: str = Field(description="What it is called.", examples=["Retail Pricing v1"])
    model_family: str = Field(description="What its models are for.", examples=["pricing"])
    level: str = Field(description="`baseline`, `industry` or `client`.", examples=["client"])
    status: str = Field(description="`draft`, `approved` or `archived`.", examples=["approved"])
    version_id: str = Field(description="Its newest version.", examples=["ver_01kab8m7j3fm0rrc5q9y2w6n4t"])
    version_number: str = Field(description="That version's semantic number.", examples=["1.1.0"])


class ModelDeployedData(Answer):
    """`model.deployed`: an admin has put a version of a model of yours into production for everybody."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    job_id: str = Field(description="The training that made the version.", examples=[JOB_ID])
    name: str = Field(description="The model's readable id.", examples=["lstm_BTCUSDT_15m_20260115"])
    version: str = Field(description="The version.", examples=["1.0"])
    symbol: str = Field(description="For which symbol it answers.", examples=["BTC-USD"])
    timeframe: str = Field(description="And for candles of which length.", examples=["15m"])
    is_active: bool = Field(description="Whether it answers from now on; else it stands by.", examples=[True])
    previous_model: str | None = Field(description="The model that answered before; null where there was none.", examples=[None])


class ListingData(Answer):
    """Of every event of a listing."""

    listing_id: str = Field(description="The listing's id.")
    model_id: str = Field(description="The model that is offered.", examples=[MODEL_ID])
    title: str = Field(description="As buyers read it.", examples=["Momentum of two large technology shares"])


class ModelPublishedData(ListingData):
    """`model.published`: a model of yours is on sale."""

    status: Literal["PUBLISHED"] = Field(description="Where it stands.")
    monthly_price: Money = Field(description="What a month costs.", examples=["29.99"])


class ListingRejectedData(ListingData):
    """`listing.rejected`: a reviewer has turned a listing of yours down."""

    status: Literal["REJECTED"] = Field(description="Where it stands.")
    reason: str | None = Field(description="Why, in the reviewer's words.", examples=["The description promises returns."])


class SubscriptionData(Answer):
    """Of every event of a subscription."""

    listing_id: str = Field(description="The listing's id.")
    subscriber_id: str = Field(description="The account that has subscribed.")
    subscription_id: str = Field(description="The subscription's id.")


class ModelSubscribedData(SubscriptionData):
    """`model.subscribed`: somebody has subscribed to a model of yours, or changed to a longer period, and it is paid."""

    amount: Money = Field(description="What was paid.", examples=["29.99"])


class SubscriptionChangedData(SubscriptionData):
    """`subscription.renewed`, `.cancelled` and `.expired`, told to seller and subscriber. What does not apply is left out."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    status: str = Field(description="Where it stands.", examples=["ACTIVE"])
    end_date: str = Field(description="The day (UTC) on which the paid time ends.", examples=["2026-02-15"])
    amount: Money | None = Field(None, description="What was paid, where something was.", examples=["29.99"])
    ended_at: Moment | None = Field(None, description="When it was over.", examples=[AT])
    reason: str | None = Field(None, description="Why it is over: `TIME`, `UNPAID`, `WITHDRAWN`, `REFUNDED`.", examples=["TIME"])


class AlertRaisedData(Answer):
    """`alert.raised`, admins only: a process degrades or falls silent, a live series is not refreshed, or a rule is broken."""

    alert_id: str = Field(description="The alert's id.")
    kind: str = Field(description="`instance_degraded`, `instance_silent`, `refresh_failed`, or the rule.", examples=["instance_silent"])
    severity: str = Field(description="`warning`, `critical`.", examples=["critical"])
    subject: str = Field(description="What it is about.", examples=["training-1"])
    message: str = Field(description="In words.")


class AlertData(Answer):
    """Of what becomes of an alert."""

    alert_id: str = Field(description="The alert's id.")
    subject: str = Field(description="What it is about.", examples=["training-1"])
    raised_at: Moment = Field(description="Since when.", examples=[AT])


class AlertAcknowledgedData(AlertData):
    """`alert.acknowledged`, admins only: an operator looks after an alert."""

    notes: str | None = Field(description="What the operator has to say.", examples=["I have a look at Redis."])


class AlertResolvedData(AlertData):
    """`alert.resolved`, admins only: an alert is over, by itself or because an operator says so."""

    message: str = Field(description="How it ended.", examples=["training-1 is healthy: all checks pass"])


class WebhookTestData(Answer):
    """`webhook.test`: you asked for a test call."""

    webhook_id: str = Field(description="The webhook's id.", examples=[WEBHOOK_ID])
    message: str = Field(description="That it is a test.", examples=["This is a test call."])


EventData: TypeAlias = (
    JobCompletedData
    | JobFailedData
    | JobCancelledData
    | AnyJobCompletedData
    | AnyJobFailedData
    | AnyJobCancelledData
    | ModelRetrainedData
    | RecipeChangedData
    | ModelDeployedData
    | RetrainingSkippedData
    | ModelDriftedData
    | ModelRecoveredData
    | ModelPublishedData
    | ListingRejectedData
    | ModelSubscribedData
    | SubscriptionChangedData
    | AlertRaisedData
    | AlertAcknowledgedData
    | AlertResolvedData
    | WebhookTestData
)


class WebhookEvent(Answer):
    """The body of a delivery."""

    event: str = Field(description="What has happened.", examples=["training_job.completed"])
    data: EventData = Field(description="To what, and how it stands now.")
    timestamp: Moment = Field(description="When it happened.", examples=[AT])
