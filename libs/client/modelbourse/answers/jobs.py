"""What the gateway answers about trainings."""

from typing import Final, Literal

from modelbourse.answers.answer import Answer, Moment, Money, Numbers
from modelbourse.answers.planning import Estimate

JobStatus = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
Priority = Literal["LOW", "NORMAL", "HIGH"]
ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


class TrainingStarted(Answer):
    """The job is queued, its credits are reserved: `estimated_cost`."""

    job_id: str
    message: str
    estimated_completion: Moment | None
    estimated_cost: Money
    estimate: Estimate | None = None
    status: str
    model_version: str


class TrainingMetrics(Answer):
    """How the last fit went, on its own rows."""

    final_accuracy: float | None
    final_loss: float | None
    epochs: int | None
    best_epoch: int | None


class ValidationMetrics(Answer):
    """Means over the folds, or of the held-out part when there are none."""

    accuracy: float | None
    precision: float | None
    recall: float | None


class JobRow(Answer):
    """A training as lists show it; `progress` is in percent."""

    id: str
    model_id: str
    job_name: str
    status: str
    priority: str
    model_version: str
    progress: int
    created_at: Moment
    started_at: Moment | None
    completed_at: Moment | None
    compute_hours: float | None
    training_metrics: TrainingMetrics
    validation_metrics: ValidationMetrics
    reasons: dict[str, str]


class Failure(Answer):
    """Why a training failed; `type` is the more exact kind."""

    code: str
    type: str
    message: str


class LogLine(Answer):
    """A line of a training's log."""

    timestamp: Moment
    level: str
    message: str


class JobDetails(JobRow):
    """A training as it stands, with its latest log lines."""

    stage: str
    current_epoch: int
    total_epochs: int
    best_epoch: int | None = None
    current_metrics: Numbers
    estimated_completion: Moment | None
    estimated_cost: Money
    cost: Money | None
    refund_amount: Money | None
    attempts: int
    error: Failure | None
    cancel_requested_at: Moment | None
    logs: list[LogLine]

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


class JobCancelled(Answer):
    """The cluster is free, unused credits are back."""

    message: str
    refund_amount: Money
    job_id: str
    status: str
