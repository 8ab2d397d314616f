"""What the gateway answers about trainings: what one will take, how it stands, how it ended."""

from typing import Final, Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, REASONS, Answer, Moment, Money, Numbers, Page, left_out
from modelbourse.answers.limits import Priority

JobStatus = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"]
ENDED: Final = frozenset({"COMPLETED", "FAILED", "CANCELLED"})
COST: Final = (
    "What is set aside, and the most that the job is charged. It is the interval's upper end or half as much again as expected, whichever "
    "is more; without an interval three times as much as expected."
)


class Estimate(Answer):
    """The compute hours that a training will take, and how sure that is."""

    hours: float = Field(description="Expected.", examples=[0.002914])
    low_hours: float | None = Field(description="Lower end of the interval.", examples=[0.002311])
    high_hours: float | None = Field(description="Upper end of the interval.", examples=[0.003674])
    level: float | None = Field(description="Share of such jobs that the interval holds.", examples=[0.8])
    jobs: int = Field(ge=0, description="How many past jobs it rests on.", examples=[7])
    basis: Literal["your past jobs", "all past jobs", "size only"] = Field(description="What it rests on.")
    queue_seconds: float | None = Field(description="How long the job will wait before it begins.", examples=[0.0])
    reasons: dict[str, str] = REASONS


class TrainingEstimated(Answer):
    """What a model's next training would take and cost."""

    model_id: str = Field(description="The model's id.", examples=[MODEL_ID])
    estimated_completion: Moment = Field(description="If it were started now.", examples=[AT])
    estimated_cost: Money = Field(description=COST, examples=["0.05"])
    estimate: Estimate = Field(description="Its hours.")


class TrainingStarted(Answer):
    """The job is queued, its credits are reserved: `estimated_cost`."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    message: str = Field(description="What was done.", examples=["Training job queued successfully"])
    estimated_completion: Moment | None = Field(description="After the wait in the queue, where that is known.", examples=[AT])
    estimated_cost: Money = Field(description=COST, examples=["0.05"])
    estimate: Estimate = Field(description="Its hours.")
    status: JobStatus = Field(description="Where it stands.")
    model_version: str = Field(description="The version that it makes.", examples=["1.0"])


class TrainingMetrics(Answer):
    """How the last fit went, on its own rows."""

    __pydantic_extra__: Numbers

    final_accuracy: float | None = Field(description="At its end.", examples=[0.8147])
    final_loss: float | None = Field(description="At its end.", examples=[0.7877])
    epochs: int | None = Field(description="How many there were: trees, rounds, epochs or iterations.", examples=[100])
    best_epoch: int | None = Field(description="The one that was kept.", examples=[100])


class ValidationMetrics(Answer):
    """Means over the folds, or of the held-out part when there are none."""

    __pydantic_extra__: Numbers

    accuracy: float | None = Field(description="Share of rows that it classed rightly.", examples=[0.3615])
    precision: float | None = Field(description="Its mean over the classes.", examples=[0.3582])
    recall: float | None = Field(description="Its mean over the classes.", examples=[0.3594])


class JobRow(Answer):
    """A training job as lists show it."""

    id: str = Field(description="The job's id.", examples=[JOB_ID])
    model_id: str = Field(description="The model that it trains.", examples=[MODEL_ID])
    job_name: str = Field(description="Its name.", examples=["AAPL and MSFT momentum training v1.0"])
    status: JobStatus = Field(description="Where it stands.", examples=["COMPLETED"])
    priority: Priority = Field(description="How soon it is taken up, among its account's jobs.", examples=["NORMAL"])
    model_version: str = Field(description="The version that it makes.", examples=["1.0"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[100])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])
    started_at: Moment | None = Field(description="When a runner took it up.", examples=[AT])
    completed_at: Moment | None = Field(description="When it ended.", examples=[AT])
    compute_hours: float | None = Field(description="Hours that it has used.", examples=[0.002662])
    training_metrics: TrainingMetrics = Field(description="Of its last fit.")
    validation_metrics: ValidationMetrics = Field(description="Out of fold.")
    reasons: dict[str, str] = Field(
        description="Why a value is null, by its name.", examples=[{"estimated_completion": "The job has ended."}]
    )
    parent_id: str | None = Field(
        None, description="The job that this one is a part of; left out of a job of its own.", json_schema_extra=left_out
    )


class JobPage(Page[JobRow]):
    """A page of jobs, the newest first."""


class Failure(Answer):
    """Why a job failed."""

    code: Literal["MODEL_TRAINING_ERROR", "COMPUTE_LIMIT"] = Field(
        description="`COMPUTE_LIMIT`: the job has used up its reserved hours or its time by the clock. It is charged what it used; the "
        "next training of the unchanged model goes on from where it was."
    )
    type: str = Field(description="The more exact kind.", examples=["NotEnoughDataError"])
    message: str = Field(description="In words.", examples=["Only 12 rows are left after the warm-up."])


class LogLine(Answer):
    """A line of a job's log."""

    timestamp: Moment = Field(description="When it was written.", examples=[AT])
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(description="How grave it is.", examples=["INFO"])
    message: str = Field(description="What it says.", examples=["Tree 100 of 100: training loss 0.7877, accuracy 0.815"])


class JobDetails(JobRow):
    """The job as it stands, with its latest 500 log lines."""

    stage: str = Field(description="What it is doing, in words.", examples=["completed"])
    current_epoch: int = Field(description="Of the fit under way; before it began, a step.", examples=[100])
    total_epochs: int = Field(description="How many there will be.", examples=[100])
    best_epoch: int | None = Field(description="The one that would be kept now, or was.", examples=[100])
    current_metrics: Numbers = Field(
        description="Of one fit, the one under way: its loss and accuracy, and when a fold has ended what that was judged by out of fold.",
        examples=[{"accuracy": 0.4106, "loss": 1.086}],
    )
    estimated_completion: Moment | None = Field(description="When it will have ended.", examples=[None])
    estimated_cost: Money = Field(description="What was reserved.", examples=["0.05"])
    cost: Money | None = Field(description="What it was charged.", examples=["0.01"])
    refund_amount: Money | None = Field(description="What came back of the reservation.", examples=["0.04"])
    attempts: int = Field(description="How often a runner took it up.", examples=[1])
    error: Failure | None = Field(description="Null unless the job is FAILED.", examples=[None])
    cancel_requested_at: Moment | None = Field(description="When its owner or an operator wanted it ended.", examples=[None])
    cancel_reason: str | None = Field(
        None, description="What an operator said who has ended it; null where its owner did, or nobody.", examples=[None]
    )
    logs: list[LogLine] = Field(description="The oldest first.")

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ENDED


class JobCancelled(Answer):
    """The cluster is free, unused credits are back."""

    message: str = Field(description="What was done.", examples=["Training job cancelled successfully"])
    refund_amount: Money = Field(description="What came back of the reservation.", examples=["0.04"])
    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    status: JobStatus = Field(description="Where it stands.", examples=["CANCELLED"])
