"""What ML Development answers about models in production: snapshots, alerts, the rules by which they are watched, and labels."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, JsonObject, Moment

SNAPSHOT_ID: Final = "snap_01kab8m9k4gn1ssd6r0z3x7p5v"
ALERT_ID: Final = "alert_01kab8m9m5hp2tte7s1a4y8q6w"
SnapshotSource = Literal["computed", "reported"]
SnapshotStatus = Literal["computing", "done", "failed"]
WatchedKind = Literal["market", "text", "recipe"]
KIND: Final = Field(description="The model's kind: it learns from candles, from texts, or by a recipe.", examples=["recipe"])
MODEL_NAME: Final = "Production Pricing Model"
AlertState = Literal["open", "resolved"]
PERFORMANCE: Final[JsonObject] = {"revenue_lift": 0.038, "MAPE": 0.15}
DRIFT: Final[JsonObject] = {"PSI": 0.08}
FRESHNESS: Final[JsonObject] = {"last_update": "2026-01-15T14:30:00.000Z"}
MESSAGE: Final = "price has a population stability index of 0.41, and drifts from 0.25 on."


class MlSnapshot(Answer):
    """A look at a model: how well it does, what drifts, how new its rows are."""

    id: str = Field(description="The snapshot's id.", examples=[SNAPSHOT_ID])
    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    captured_at: Moment = Field(description="When it was taken; while it is computed, when it was asked for.", examples=[AT])
    performance_metrics_json: JsonObject = Field(
        description="Metrics by name, measured where labels are there. Of what the platform computed besides: `intervals` of them, "
        "`estimated` (`{metric: {value, lower, upper}}`, without labels), `estimated_by` (`CBPE`, `DLE`), `reference` (as it was trained) "
        "and `degraded`, the metrics that are worse than its rules allow.",
        examples=[PERFORMANCE],
    )
    drift_metrics_json: JsonObject = Field(
        description="`PSI`, the largest of the features' population stability indices. Of what the platform computed besides: `features` "
        "(the most harm first), `predictions`, `domain_classifier_auc` with `domain_classifier`, and `adwin`.",
        examples=[DRIFT],
    )
    data_freshness_json: JsonObject = Field(description="`last_update`, the newest row; how old that is, and may be.", examples=[FRESHNESS])
    alerts_json: JsonObject = Field(
        description="Empty where there is none. Computed: `open` alerts of the model after it, the most harm first, and those that it "
        "`resolved`. Reported: as it was sent.",
        examples=[{}],
    )
    source: SnapshotSource = Field(
        description="`computed` by the platform, or `reported` by whoever runs the model.", examples=["reported"]
    )
    status: SnapshotStatus = Field(description="`computing` while its job is at work, then `done` or `failed`.", examples=["done"])
    version: str | None = Field(description="The version that was looked at; null for a model without one.", examples=["1.0"])
    job_id: str | None = Field(description="The job that computes it; null where it was reported.", examples=[None])
    calibration_json: JsonObject = Field(
        description="Expected calibration error, now and of the reference; empty where none.", examples=[{}]
    )
    rows_json: JsonObject = Field(description="Of how many rows it is, and of when; empty where it was reported.", examples=[{}])
    notes: list[str] = Field(description="What was assumed, or looked at in part, in sentences.", examples=[[]])
    report_url: str | None = Field(description="Where its page is; null where it has none.", examples=[None])
    reasons: dict[str, str] = REASONS


class MlSnapshots(Answer):
    """A part of a model's snapshots, the newest first."""

    snapshots: list[MlSnapshot] = Field(description="The snapshots, without the bins of their features.")
    total: int = Field(description="How many there are in all.", examples=[42])


class MlAlert(Answer):
    """An alert of a model."""

    id: str = Field(description="The alert's id.", examples=[ALERT_ID])
    cause: str = Field(
        description="`performance`, `drift`, `predictions`, `domain`, `stream`, `missing`, `calibration` or `freshness`.",
        examples=["drift"],
    )
    subject: str = Field(description="The feature or the metric that it is of; empty where it is of the whole.", examples=["price"])
    message: str = Field(description="In words.", examples=[MESSAGE])
    value: float | None = Field(description="What was found last; null where it is no number.", examples=[0.41])
    threshold: float | None = Field(description="From where it counts; null where there is no such number.", examples=[0.25])
    harm: float | None = Field(
        description="What it is estimated to cost: of performance the share that was lost, of a feature its index by its importance, of "
        "others how far they are from what they should be; null where that cannot be said.",
        examples=[0.164],
    )
    state: AlertState = Field(description="`open` or `resolved`.", examples=["open"])
    version: str = Field(description="The version that it was seen on last.", examples=["1.0"])
    snapshot_id: str = Field(description="The snapshot that raised it; once it is over, the one that resolved it.", examples=[SNAPSHOT_ID])
    raised_at: Moment = Field(description="Since when.", examples=[AT])
    seen_at: Moment = Field(description="When it was looked at last.", examples=[AT])
    told_at: Moment | None = Field(
        description="When `model.drifted` told of it; null while it is kept quiet, as the same was told not long before.", examples=[AT]
    )
    resolved_at: Moment | None = Field(description="When it was over; null while it is open.", examples=[None])
    resolution: str | None = Field(description="How it ended; null while it is open.", examples=[None])
    reasons: dict[str, str] = REASONS


class MlAlerts(Answer):
    """A model's alerts: those that are open, the most harm first, then the latest that are over."""

    alerts: list[MlAlert] = Field(description="The alerts.")
    total: int = Field(description="How many there are of this kind.", examples=[1])


class MlModelAlert(MlAlert):
    """An alert, and the model that it is of."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    model_name: str = Field(description="What it is called.", examples=[MODEL_NAME])
    kind: WatchedKind = KIND


class MlOpenAlerts(Answer):
    """A part of the open alerts of all your models, the most harm first."""

    alerts: list[MlModelAlert] = Field(description="The alerts.")
    total: int = Field(description="How many are open in all.", examples=[1])


class MlThresholds(Answer):
    """From where a difference counts."""

    psi: float = Field(
        description="Population stability index of a feature or the answers; the reference's own noise if that is more.", examples=[0.25]
    )
    noise: float = Field(description="Share of the reference's own samples that are below its noise.", examples=[0.99])
    domain_auc: float = Field(description="Area under the curve of the classifier that tells now from the reference.", examples=[0.6])
    missing: float = Field(description="By how much more of a feature may be missing.", examples=[0.1])
    performance: float = Field(description="By which share of the reference's a metric may be worse.", examples=[0.1])
    calibration: float = Field(description="By how much the expected calibration error may grow.", examples=[0.05])
    adwin_delta: float = Field(description="ADWIN's confidence.", examples=[0.002])
    freshness_seconds: int | None = Field(
        description="How old the newest row may be; null: three times the longest gap between the reference's.", examples=[None]
    )


class MlRules(Answer):
    """By which rules a model is watched."""

    schedule: str = Field(description="`default`, `never`, or how often: `7d`, `12h`.", examples=["default"])
    window: str | None = Field(description="How far back rows go; null: to the last that the version has learned from.", examples=[None])
    min_rows: int = Field(description="Fewer rows raise and resolve nothing.", examples=[100])
    cooldown: str = Field(description="How long the same cause is not told again after it was.", examples=["1d"])
    resolve_below: float = Field(description="Share of its threshold below which an alert is over.", examples=[0.9])
    data: str | None = Field(
        description="Current rows of a model that does not learn from candles; null where none are named.", examples=[None]
    )
    labels: str | None = Field(description="A CSV file of labels; null: those that were sent.", examples=[None])
    thresholds: MlThresholds = Field(description="Each threshold, by its name.")


class MlLook(Answer):
    """The newest turn of the schedule."""

    at: Moment = Field(description="When.", examples=[AT])
    outcome: Literal["started", "skipped", "refused"] = Field(description="What came of it.", examples=["started"])
    reason: str = Field(description="Why, in words.", examples=[f"{JOB_ID} is at work."])
    job_id: str | None = Field(description="The job that it started; null where it started none.", examples=[JOB_ID])


class MlWatch(Answer):
    """How a model is watched."""

    model_id: str = Field(description="The model.", examples=[MODEL_ID])
    model_name: str = Field(description="What it is called.", examples=[MODEL_NAME])
    kind: WatchedKind = KIND
    trained_by: str | None = Field(
        description="The job that made the version that serves, empty for one that no job has made; null before there is a version.",
        examples=[JOB_ID],
    )
    rules: MlRules = Field(description="Its rules.")
    in_production: bool = Field(description="Whether a version is in production: then it is looked at by itself.", examples=[True])
    every_seconds: float | None = Field(description="How often it is looked at while it is; null for never.", examples=[86400.0])
    next_at: Moment | None = Field(description="When it is looked at next; null while it is not by itself.", examples=[AT])
    last: MlLook | None = Field(description="The newest turn; null before there was any.", examples=[None])
    open_alerts: int = Field(description="How many alerts are open.", examples=[0])
    reasons: dict[str, str] = REASONS


class MlLabels(Answer):
    """What became of labels that were sent."""

    added: int = Field(description="How many are new.", examples=[2])
    replaced: int = Field(description="How many have taken the place of one that was there.", examples=[0])
    total: int = Field(description="How many the model has now.", examples=[2])
