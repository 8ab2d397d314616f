"""What AI Engine answers about one's jobs of every kind."""

from pydantic import Field

from modelbourse.answers.answer import JOB_ID, REASONS, Answer, Money, Numbers
from modelbourse.answers.datasets import DATASET_ID
from modelbourse.answers.live import LiveJob
from modelbourse.answers.trainings import LogLine


class BelongsTo(Answer):
    """What a job works for beside its model; what it has nothing to do with is null."""

    run_id: str | None = Field(None, description="The run that it is, or whose version it asks.", examples=[None])
    recipe_id: str | None = Field(None, description="The recipe that it runs, makes rows for, or asks a model of.", examples=[None])
    experiment_id: str | None = Field(None, description="The experiment that it searches for.", examples=[None])
    environment_id: str | None = Field(None, description="The environment that its agent acts in.", examples=[None])
    agent_id: str | None = Field(None, description="The agent that it trains or runs.", examples=[None])
    dataset_id: str | None = Field(None, description="The dataset that it checks or answers.", examples=[DATASET_ID])
    snapshot_id: str | None = Field(None, description="The snapshot that it takes of its model.", examples=[None])
    prediction_id: str | None = Field(None, description="The prediction of a recipe's model that it is.", examples=[None])
    batch_id: str | None = Field(None, description="The batch of predictions that it is.", examples=[None])


class OwnJob(LiveJob):
    """A job of any kind, and what it belongs to."""

    job_id: str = Field(description="The job's id.", examples=[JOB_ID])
    priority: str = Field(description="How urgent it is.", examples=["NORMAL"])
    attempts: int = Field(description="How often a runner took it up.", examples=[1])
    belongs_to: BelongsTo = Field(description="What it works for.")
    cost: Money | None = Field(description="What it was charged; null until it has ended.", examples=["0.01"])
    refund: Money | None = Field(description="What came back of its reservation; null until it has ended.", examples=["0.05"])
    cancel_reason: str | None = Field(description="What an operator said who has ended it.", examples=[None])
    result_url: str | None = Field(
        description="Where the API shows what comes of it, in full.", examples=[f"/api/ai-studio/training-jobs/{JOB_ID}/"]
    )
    reasons: dict[str, str] = REASONS


class OwnJobDetails(OwnJob):
    """A job with what it has measured so far, and its latest 500 log lines."""

    metrics: Numbers = Field(description="What it measures while it runs.", examples=[{"loss": 0.61}])
    logs: list[LogLine] = Field(description="The oldest first.")


class OwnJobs(Answer):
    """A part of one's jobs, the newest first."""

    jobs: list[OwnJob] = Field(description="So many of them, at most `limit`.")
    total: int = Field(description="How many there are in all, with these filters.", examples=[1])
    limit: int = Field(description="How many were asked for at most.", examples=[100])
    offset: int = Field(description="How many were passed over.", examples=[0])
