"""Asking an owner for its documents, page by page, so that a view of them can be built anew."""

from decimal import Decimal
from typing import ClassVar, Generic

from pydantic import Field, NonNegativeInt

from libs.contracts.envelope import Ask, JsonObject, Message, Moment, R, Reply
from libs.contracts.listings import ListingSnapshot, PublishModel
from libs.contracts.marketplace import ReserveCredits
from libs.contracts.money import Hours
from libs.contracts.subscriptions import Subscribe, SubscriptionSnapshot
from libs.contracts.training import Artifact, CancelTraining, JobError, JobState, LogLine, Priority, TrainingSpec


class JobMeasured(Message):
    """What a job that ended well has measured; `reasons` say why a value is null."""

    metrics: dict[str, float | None]
    training_metrics: dict[str, float | None]
    validation_metrics: dict[str, float | None]
    reasons: dict[str, str]
    artifact: Artifact | None = Field(None, description="The manifest of what it made; null for a job that ended before this was kept.")


class JobStanding(Message):
    """A job of any kind as it stands; `sequence` is that of the newest event that was told of it."""

    job_id: str
    sequence: NonNegativeInt
    account_id: str
    job_name: str
    priority: Priority
    reserved_hours: Hours
    requested_at: Moment
    state: JobState
    attempt: int
    progress: int = Field(ge=0, le=100, description="Percent.")
    stage: str
    step: int
    total_steps: int
    metrics: dict[str, float] = Field(description="Latest values of its progress.")
    started_at: Moment | None
    ended_at: Moment | None
    compute_hours: Hours
    continued_hours: Hours = Field(Decimal("0.00"), description="What earlier jobs had used on the work that this one went on with.")
    error: JobError | None
    logs: tuple[LogLine, ...] = Field(description="Its latest lines.")
    parent: str | None = Field(None, description="The job that this one is a part of.")


class JobSnapshot(JobStanding):
    """The whole of a training."""

    model_id: str
    version: str = Field(description="The model version this job makes.")
    spec: TrainingSpec
    measured: JobMeasured | None = Field(description="Null for a job that has not ended well, or ended before this was kept.")


class OtherJobSnapshot(JobStanding):
    """The whole of a job that is no training."""

    kind: str = Field(description="What it does: `backtest`.")
    model_id: str | None = Field(description="The model that it works on; null for a job without one.")
    spec: JsonObject = Field(description="As it was requested.")
    result: JsonObject | None = Field(
        description="What it has answered; null for a job that has not ended well, or ended before this was kept."
    )
    partial: JsonObject | None = Field(None, description="What its kind knew already when it last told of its progress.")


class JobCharge(Message):
    """What an ended job was charged."""

    job_id: str
    charged_hours: Hours


class SnapshotPage(Reply):
    """Some documents in the order of their ids; a page is cut short where it would become too large for the bus."""

    next_after: str | None = Field(description="What to ask for next; null when this was the last page.")
    count: NonNegativeInt = Field(description="How many documents the owner has, about.")


class JobSnapshots(SnapshotPage):
    """Some of training's jobs: trainings, and those of other kinds."""

    jobs: tuple[JobSnapshot, ...] = Field(description="Trainings.")
    others: tuple[OtherJobSnapshot, ...] = Field((), description="Jobs of other kinds.")


class ListingSnapshots(SnapshotPage):
    """Some of the marketplace's listings."""

    listings: tuple[ListingSnapshot, ...]


class SubscriptionSnapshots(SnapshotPage):
    """Some of the marketplace's subscriptions that were ever paid."""

    subscriptions: tuple[SubscriptionSnapshot, ...]


class ChargeSnapshots(SnapshotPage):
    """What some of the ended jobs were charged."""

    charges: tuple[JobCharge, ...]


class ReadSnapshots(Ask[R], Generic[R]):
    """Ask an owner for the documents behind an id; the first page is behind the empty one."""

    key_field: ClassVar[str] = "after"

    after: str = ""
    most: int = Field(100, ge=1, le=500)


class ReadJobs(ReadSnapshots[JobSnapshots]):
    """Ask training for its jobs."""

    topic: ClassVar[str] = CancelTraining.topic
    name: ClassVar[str] = "job.snapshots"


class ReadListings(ReadSnapshots[ListingSnapshots]):
    """Ask the marketplace for its listings."""

    topic: ClassVar[str] = PublishModel.topic
    name: ClassVar[str] = "listing.snapshots"


class ReadSubscriptions(ReadSnapshots[SubscriptionSnapshots]):
    """Ask the marketplace for its subscriptions."""

    topic: ClassVar[str] = Subscribe.topic
    name: ClassVar[str] = "subscription.snapshots"


class ReadCharges(ReadSnapshots[ChargeSnapshots]):
    """Ask the marketplace what jobs were charged."""

    topic: ClassVar[str] = ReserveCredits.topic
    name: ClassVar[str] = "charge.snapshots"
