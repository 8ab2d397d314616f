"""What the gateway answers operators about jobs of any account and kind."""

from typing import Literal

from pydantic import Field

from modelbourse.answers.accounts import ACCOUNT_ID
from modelbourse.answers.answer import AT, JOB_ID, MODEL_ID, Answer, Moment, Money, Page
from modelbourse.answers.trainings import JobStatus, LogLine

KindName = Literal[
    "train", "backtest", "validate", "refresh", "tune", "agent", "agent_run", "importance", "predict_batch", "train_text",
    "export", "score_texts", "check_texts", "run_recipe", "monitor_model", "generate_rows", "predict_recipe",
]  # fmt: skip


class AnyJob(Answer):
    """A job of any account and kind."""

    id: str = Field(description="The job's id.", examples=[JOB_ID])
    account_id: str = Field(description="Whose it is; `platform` for what refreshes live series.", examples=[ACCOUNT_ID])
    kind: KindName = Field(description="What it does.", examples=["train"])
    name: str = Field(description="Its name.", examples=["AAPL and MSFT momentum training v1.0"])
    model_id: str | None = Field(description="The model that it trains; null for other kinds.", examples=[MODEL_ID])
    status: JobStatus = Field(description="Where it stands.", examples=["FAILED"])
    progress: int = Field(ge=0, le=100, description="In percent.", examples=[40])
    attempts: int = Field(description="How often a runner took it up.", examples=[3])
    created_at: Moment = Field(description="When it was asked for.", examples=[AT])
    started_at: Moment | None = Field(description="When a runner took it up first; null before that.", examples=[AT])
    ended_at: Moment | None = Field(description="When it ended; null before that.", examples=[AT])
    cost: Money | None = Field(description="What it was charged; null until it has ended.", examples=["0.00"])
    refund: Money | None = Field(description="What came back of its reservation; null until it has ended.", examples=["0.05"])
    error: str | None = Field(description="Why it has failed; null otherwise.", examples=["RunnerLostError: Its runner died 10 times."])
    cancel_reason: str | None = Field(description="What an operator said who has ended it.", examples=[None])
    parent_id: str | None = Field(None, description="The job that it is a part of; null for a job of its own.", examples=[None])


class AnyJobDetails(AnyJob):
    """A job with its latest 500 log lines."""

    logs: list[LogLine] = Field(description="The oldest first.")


class AnyJobPage(Page[AnyJob]):
    """A part of all accounts' jobs, the newest first."""


class Requeued(Answer):
    """The failed job runs again, as another job."""

    requeued: str = Field(description="The job that has failed.", examples=[JOB_ID])
    job: AnyJob = Field(description="The job that does its work now: asked for again, it is the same one.")
