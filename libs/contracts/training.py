"""What the training service says and hears: a job's life as events, and the ask that ends it early."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from libs.contracts.envelope import Ask, Event, JsonObject, Message, Moment, Reply
from libs.contracts.money import Hours
from libs.contracts.own_candles import OwnCandles
from libs.contracts.retraining import GateVerdict, Incumbent

# The `type` of the error of a job that has used up what it may use: its reserved hours, or its tier's time by the clock.
COMPUTE_LIMIT: Final = "COMPUTE_LIMIT"
# The kind of model that learns from candles.
MARKET: Final = "market"
Resource = Literal["cpu", "gpu"]
ContinuedHours = Annotated[Hours, Field(description="CPU hours of the jobs that it went on from: those were ended by their limits.")]
# Of a job that has ended otherwise than well.
KNOWN_IN_THE_END: Final = (
    "What the kind knew by then, whole. `tune`: a TuneProgress, `train_text`: a TextProgress, `export`: an ExportProgress."
)
UsedHours = Annotated[Hours, Field(description="CPU time of its runners and their workers, in hours, over all attempts.")]
UsedResource = Annotated[Resource, Field(description="What its runners had: `gpu` when any of them had one.")]


class ModelType(StrEnum):
    """What a model predicts."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    TIME_SERIES = "time_series"


class Priority(StrEnum):
    """How soon a queued job is taken up, within its account's fair share."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class JobState(StrEnum):
    """Where a job stands; `queued` and `running` are the states it can leave."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the job."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


class TrainingSpec(Message):
    """Everything that decides a training's result; its hash is the run card's `config_hash`."""

    kind: Literal["market"] = Field(MARKET, description="The kind of model that it makes: one that learns from candles.")
    model_type: ModelType
    algorithm: str = Field(description="A learner's name, such as RANDOM_FOREST.")
    target_variable: str
    features: tuple[str, ...]
    hyperparameters: JsonObject = Field(description="As given by the user, in the library's own names.")
    training_config: JsonObject = Field(
        description="A training_config.CheckedConfig as JSON: symbols, dates, timeframe, split, folds, horizon, barrier, costs."
    )
    own: tuple[OwnCandles, ...] = Field(
        (), description="What stands behind those symbols that are the account's own, as it was when the job was started."
    )
    incumbent: Incumbent | None = Field(
        None, description="The version that the new one is measured against; null unless the schedule of its model trains it."
    )

    @property
    def workers(self) -> int:
        """How many processes train together."""
        return int(self.training_config.get("num_workers") or 1)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Whose candles it learns from."""
        return tuple(self.training_config.get("symbols", ()))

    @property
    def timeframe(self) -> str:
        """How long a candle is."""
        return str(self.training_config.get("timeframe") or "1d")


class LogLine(Message):
    """One line of a job's log."""

    timestamp: Moment
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"]
    message: str


class Artifact(Message):
    """A content-addressed file in the artifact store."""

    uri: str = Field(description="Where it lies, relative to ARTIFACTS_URL.")
    sha256: str
    size: int = Field(description="Bytes.")


class JobError(Message):
    """Why a job failed."""

    type: str = Field(
        description=f"`{COMPUTE_LIMIT}`: it has used up its reserved hours or its time by the clock, and can go on from its checkpoint."
    )
    message: str
    traceback: str | None = Field(
        None, description="Where an error of a library came from, without the platform's folders; null for what was refused or ended."
    )

    @property
    def is_compute_limit(self) -> bool:
        """Whether the job has used up what it may use, and is charged for it; what it has finished is kept."""
        return self.type == COMPUTE_LIMIT


class TrainingRequested(Event):
    """A user wants a model trained; its compute credits are reserved under the job's id."""

    topic: ClassVar[str] = "training.requested"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str
    account_id: str
    tier: str
    job_name: str
    priority: Priority
    version: str = Field(description="The model version this job makes.")
    model_name: str = Field("", description="How its owner calls the model, for the plots' titles.")
    spec: TrainingSpec
    reserved_hours: Hours = Field(description="CPU hours that it may use, and the most that it is charged.")
    clock_hours: int | None = Field(None, description="Hours by the clock that its runs may take in all; null: as training is set.")
    parent: str | None = Field(None, description="The job that this one is a part of; it is shown, and has no influence on when it runs.")


class TrainingProgressed(Event):
    """A job runs; sent when it starts, then throttled."""

    topic: ClassVar[str] = "training.progressed"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str
    account_id: str
    attempt: int = Field(description="1 for the first run, more after a runner died.")
    started_at: Moment
    progress: int = Field(ge=0, le=100, description="Percent.")
    stage: str = Field(description="What the job is doing, in words.")
    step: int
    total_steps: int
    metrics: dict[str, float] = Field(description="Latest values, by name.")
    logs: tuple[LogLine, ...] = Field(description="Lines since the event before.")
    estimated_completion: Moment | None
    compute_hours: Hours | None = Field(None, description="CPU hours used so far, over all attempts.")


class TrainingCompleted(Event):
    """A job ended well; its artifacts lie in the store. Webhooks call this `training_job.completed`."""

    topic: ClassVar[str] = "training.completed"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str
    account_id: str
    version: str
    spec: TrainingSpec
    started_at: Moment
    ended_at: Moment
    compute_hours: UsedHours
    artifact: Artifact = Field(description="The version's manifest, which names its other files.")
    result: "TrainingResult"
    logs: tuple[LogLine, ...] = Field(description="Lines since the last progress.")
    resource: UsedResource = "cpu"
    continued_hours: ContinuedHours = Decimal(0)


class TrainingResult(Message):
    """What a training measured. A value that cannot be computed is null, and `reasons` says why under its name."""

    metrics: dict[str, float | None] = Field(
        description="Out of sample. Classification: accuracy, precision, recall, f1_score, roc_auc, log_loss; "
        "regression: mae, rmse, r2, directional_accuracy; both: sharpe_ratio, max_drawdown, total_return …"
    )
    backtest: dict[str, float | None] = Field(
        description="total_trades, winning_trades, losing_trades, win_rate, avg_win, avg_loss, profit_factor …"
    )
    feature_importance: dict[str, float] = Field(description="Sums to 1.")
    training_metrics: dict[str, float | None] = Field(description="final_accuracy, final_loss, epochs, best_epoch.")
    validation_metrics: dict[str, float | None] = Field(
        description="Mean over the purged folds, or the held-out part when there are no folds."
    )
    baselines: JsonObject = Field(description="majority_class, buy_and_hold …: the same metrics, for comparison.")
    sharpe_interval: JsonObject = Field(description="low, high, level, method, samples of the Sharpe ratio's bootstrap interval.")
    equity_curve: tuple[tuple[str, float], ...] = Field(
        description="At most 500 points, extremes among them: date, equity starting at 1. The run card says of how many bars."
    )
    reasons: dict[str, str] = Field(description="Why a value is null, by its name.")
    run_card: JsonObject = Field(
        description="data_source, data_hash, adjustment, synthetic, rows, start, end, train_rows, test_rows, purged_rows, "
        "learned_until (no later candle has told the model anything), seed, config_hash, libraries, durations, model_bytes; of networks "
        "parameters and held_rows (set aside of train_rows to stop early)."
    )
    plots: dict[str, Artifact] = Field(
        default_factory=dict,
        description="Files in the artifact store, by name. As PNG: feature-importance, shap-summary, reliability (of classifiers), equity, "
        "drawdown, monthly-returns, trades; the last four as `<name>.svg`, too, and all in `report.html`. Empty where none were drawn.",
    )
    tables: dict[str, Artifact] = Field(
        default_factory=dict,
        description="Gzipped JSON files in the artifact store, by name: trades, equity-curve. Empty where none were kept.",
    )
    gate: GateVerdict | None = Field(
        None, description="How it compares with the version that served; null unless the schedule of its model trained it."
    )


class TrainingFailed(Event):
    """A job ended badly, after its retries."""

    topic: ClassVar[str] = "training.failed"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str
    account_id: str
    started_at: Moment | None
    ended_at: Moment
    compute_hours: UsedHours
    attempts: int
    attempts_most: int | None = Field(
        None, description="How often it is tried at most for what it failed by; null where it is not tried again, or was not told."
    )
    error: JobError
    logs: tuple[LogLine, ...] = Field(description="Lines since the last progress.")
    resource: UsedResource = "cpu"
    continued_hours: ContinuedHours = Decimal(0)


class TrainingCancelled(Event):
    """A job was ended by its owner."""

    topic: ClassVar[str] = "training.cancelled"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str
    account_id: str
    started_at: Moment | None
    ended_at: Moment
    compute_hours: UsedHours
    progress: int
    logs: tuple[LogLine, ...] = Field((), description="Lines since the last progress.")
    resource: UsedResource = "cpu"


class TrainingCancelRequested(Event):
    """An owner wants a job ended; it may arrive before the job's request does."""

    topic: ClassVar[str] = "training.cancel_requested"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    account_id: str


class TrainingStopped(Reply):
    """How a job that was to be cancelled ended."""

    job_id: str
    state: JobState
    compute_hours: Hours = Decimal(0)
    progress: int = 0
    partial: JsonObject | None = Field(None, description=KNOWN_IN_THE_END)


class CancelTraining(Ask[TrainingStopped]):
    """End a job now; answered when its cluster resources are free."""

    topic: ClassVar[str] = "training.asks.job"
    name: ClassVar[str] = "job.cancel"
    key_field: ClassVar[str] = "job_id"

    job_id: str
    model_id: str = Field("", description="Empty for a job without a model.")
    account_id: str


TrainingCompleted.model_rebuild()
