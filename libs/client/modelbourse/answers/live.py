"""What sockets tell about jobs as they go on. A message is a job's newest state: changes that follow each other quickly come as one."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, Answer, Moment

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
ProgressStatus = Literal["started", "running", "completed", "failed", "cancelled"]


class JobFailure(Answer):
    """Why a job failed."""

    type: str = Field(description="Its kind.", examples=["NotEnoughDataError"])
    message: str = Field(description="In words.", examples=["Only 12 rows are left after the warm-up."])


class LiveJob(Answer):
    """A job of any kind as it stands."""

    kind: str = Field(description="What it does: `train`, `backtest` …", examples=["train"])
    name: str = Field(description="Its name.", examples=["AAPL and MSFT momentum training v1.0"])
    model_id: str | None = Field(description="The model that it works on; null for a job without one.", examples=[MODEL_ID])
    model_version: str | None = Field(description="The version that a training makes.", examples=["1.0"])
    state: JobState = Field(description="Where it stands; the last three are its ends.", examples=["running"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[34])
    stage: str = Field(description="What it is doing, in words.", examples=["training"])
    step: int = Field(description="How many of its steps are done.", examples=[150])
    total_steps: int = Field(description="How many there are; 0 while that is not known.", examples=[441])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])
    started_at: Moment | None = Field(description="When a runner took it up.", examples=[AT])
    estimated_completion: Moment | None = Field(description="When it will have ended, where that is known.", examples=[AT])
    ended_at: Moment | None = Field(description="When it ended.", examples=[None])
    compute_hours: float | None = Field(description="Hours that it has used.", examples=[0.001204])
    error: JobFailure | None = Field(description="Null unless it has failed.", examples=[None])
    parent_id: str | None = Field(None, description="The job that it is a part of; null for a job of its own.", examples=[None])

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("queued", "running")


class JobUpdate(Answer):
    """`/ws/jobs`: a job has changed, or was there when the socket was opened."""

    type: Literal["job_update"] = Field(description="Which message this is.")
    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    data: LiveJob = Field(description="How it stands.")
    timestamp: Moment = Field(description="When this was said.", examples=[AT])


class TrainingProgress(Answer):
    """A training as it stands, in Model Builder's words. What its kind of model does not have, or has not measured yet, is null."""

    status: ProgressStatus = Field(description="Where it stands; the last three are its ends.", examples=["running"])
    epoch: float | None = Field(description="Of the fit under way.", examples=[2.0])
    total_epochs: float | None = Field(description="How many there will be.", examples=[3.0])
    step: int = Field(description="How many of its steps are done.", examples=[150])
    total_steps: int = Field(description="How many there are; 0 while that is not known.", examples=[441])
    percentage: int = Field(ge=0, le=100, description="How far it is.", examples=[34])
    stage: str = Field(description="What it is doing, in words.", examples=["training"])
    train_loss: float | None = Field(description="Of the fit under way, then of the last.", examples=[0.45])
    val_loss: float | None = Field(description="Out of fold; on texts of the validation part.", examples=[0.52])
    val_accuracy: float | None = Field(description="Out of fold; on texts of the validation part.", examples=[0.87])
    val_macro_f1: float | None = Field(None, description="Of a training on texts, of the validation part.", examples=[0.86])
    error: str | None = Field(description="Null unless it has failed.", examples=[None])


class ProgressUpdate(Answer):
    """`/ws/training/{job_id}`: the training has changed, or was so when the socket was opened."""

    type: Literal["progress_update"] = Field(description="Which message this is.")
    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    data: TrainingProgress = Field(description="How it stands.")
    timestamp: Moment = Field(description="When this was said.", examples=[AT])
