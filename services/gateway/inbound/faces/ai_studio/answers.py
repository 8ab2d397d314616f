"""AI Studio's answers as the OpenAPI document has them. The routes write them as plain dictionaries (translate.py)."""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.envelope import JsonObject, Moment
from libs.contracts.training import LogLine
from services.gateway.inbound.faces.ai_studio import examples
from services.gateway.inbound.http.paging import PageOut

ModelStatus = Literal["DRAFT", "TRAINING", "COMPLETED", "FAILED", "PUBLISHED", "ARCHIVED"]
JobStatus = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
REASONS: Final = "Why a value is null, by its name."


def shown(example: Any) -> ConfigDict:
    """Return the configuration of a model that is shown by this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class _Measured(BaseModel):
    """Values by name: those below always, others as the kind of model has them."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None]


class Performance(BaseModel):
    """How good a model is on rows it was not trained on."""

    accuracy: float | None
    precision: float | None
    recall: float | None
    f1_score: float | None
    sharpe_ratio: float | None


class AllPerformance(_Measured, Performance):
    """How good a model is on rows it was not trained on: these and what else its kind has."""

    roc_auc: float | None
    max_drawdown: float | None
    total_return: float | None


class Backtest(_Measured):
    """What trading by the model would have brought, costs included."""

    total_trades: int | None
    winning_trades: int | None
    losing_trades: int | None
    win_rate: float | None
    avg_win: float | None
    avg_loss: float | None
    profit_factor: float | None


class ModelCreated(BaseModel):
    """A new draft."""

    model_config = shown(examples.CREATED)

    id: str
    name: str
    status: ModelStatus
    created_at: Moment
    message: str


class ModelRow(BaseModel):
    """A model as lists show it."""

    model_config = shown(examples.MODEL_ROW)

    id: str
    name: str
    description: str
    model_type: Literal["CLASSIFICATION", "REGRESSION", "TIME_SERIES"]
    algorithm: str
    status: ModelStatus
    is_published: bool
    performance_metrics: Performance
    total_earnings: str = Field(description="Money, with two decimals.")
    version: str | None = Field(description="The version that serves.")
    created_at: Moment
    updated_at: Moment
    reasons: dict[str, str] = Field(description=REASONS)


class ModelPage(PageOut):
    """A page of models, the newest first."""

    results: list[ModelRow]


class TrainedVersion(BaseModel):
    """One training's outcome."""

    version: str
    job_id: str
    created_at: Moment
    performance_metrics: dict[str, float | None]


class ModelDetails(ModelRow):
    """All there is to say of one model."""

    model_config = shown(examples.MODEL)

    target_variable: str
    features: list[str]
    hyperparameters: JsonObject = Field(description="As given; what was left out has its default.")
    training_config: JsonObject
    performance_metrics: AllPerformance
    backtest_results: Backtest
    feature_importance: dict[str, float] | None = Field(description="Sums to 1.")
    total_downloads: int = Field(description="How often its files were downloaded; 0, as no operation gives them out.")
    active_job_id: str | None = Field(description="The job that trains it now.")
    versions: list[TrainedVersion]
    baselines: JsonObject | None = Field(description="What simple rules reach, by the same metrics.")
    sharpe_interval: JsonObject | None = Field(
        description="Bootstrap interval of the Sharpe ratio: low, high, level, method, samples, bars; `warning` under 250 bars."
    )
    equity_curve: list[tuple[str, float]] | None = Field(
        description="Date and equity, starting at 1; at most 500 points, extremes among them: see `run_card.equity_curve`."
    )
    run_card: JsonObject | None = Field(
        description="All that is needed to train the same model again; each symbol's rows and bars by part; `warnings`."
    )
    learned_until: Moment | None = Field(description="When the last label was known that it learned from: it knows of nothing later.")
    data_source: str | None
    synthetic: bool | None = Field(description="Whether its candles were generated.")


class TrainingMetrics(_Measured):
    """How the last fit went, on its own rows."""

    final_accuracy: float | None
    final_loss: float | None
    epochs: int | None
    best_epoch: int | None


class ValidationMetrics(_Measured):
    """Means over the folds, or the held-out part when there are none."""

    accuracy: float | None
    precision: float | None
    recall: float | None


class JobRow(BaseModel):
    """A training job as lists show it."""

    model_config = shown(examples.JOB_ROW)

    id: str
    model_id: str
    job_name: str
    status: JobStatus
    priority: Literal["LOW", "NORMAL", "HIGH"]
    model_version: str
    progress: int = Field(ge=0, le=100)
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    compute_hours: float | None
    training_metrics: TrainingMetrics
    validation_metrics: ValidationMetrics
    reasons: dict[str, str] = Field(description=REASONS)


class JobPage(PageOut):
    """A page of jobs, the newest first."""

    results: list[JobRow]


class Failure(BaseModel):
    """Why a job failed."""

    code: Literal["MODEL_TRAINING_ERROR", "COMPUTE_LIMIT"] = Field(
        description="`COMPUTE_LIMIT`: the job has used up its reserved hours or its time by the clock. It is charged what it used; the "
        "next training of the unchanged model goes on from where it was."
    )
    type: str = Field(description="The more exact kind.", examples=["NotEnoughDataError"])
    message: str = Field(examples=["Only 12 rows are left after the warm-up."])


class JobDetails(JobRow):
    """The job as it stands, with its latest 500 log lines."""

    model_config = shown(examples.JOB)

    stage: str
    current_epoch: int
    total_epochs: int
    best_epoch: int | None = Field(description="The one that would be kept now, or was.")
    current_metrics: dict[str, float | None] = Field(
        description="Of one fit, the one under way: its loss and accuracy, and when a fold has ended what that was judged by out of fold."
    )
    estimated_completion: Moment | None
    estimated_cost: str = Field(description="Money, with two decimals: what was reserved.")
    cost: str | None = Field(description="What it was charged.")
    refund_amount: str | None = Field(description="What came back of the reservation.")
    attempts: int
    error: Failure | None = Field(description="Null unless the job is FAILED.")
    cancel_requested_at: Moment | None
    logs: list[LogLine]


class JobCancelled(BaseModel):
    """The cluster is free, unused credits are back."""

    model_config = shown(examples.CANCELLED)

    message: str
    refund_amount: str = Field(description="Money, with two decimals.")
    job_id: str
    status: JobStatus
