"""The life of a job of any kind that has no topics of its own, as events. Trainings have theirs: `training.*`."""

from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from libs.contracts.envelope import Event, JsonObject, Moment
from libs.contracts.money import Hours
from libs.contracts.training import KNOWN_IN_THE_END, ContinuedHours, JobError, LogLine, Priority, UsedHours, UsedResource


class JobEvent(Event):
    """What all events of a job say; the kind is a header as well, so that a reader may pass over kinds without reading the value."""

    key_field: ClassVar[str] = "job_id"
    header_fields: ClassVar[dict[str, str]] = {"jobkind": "kind"}

    job_id: str
    # No enumeration: a reader of an older release must be able to read, and to pass over, a kind that it does not know.
    kind: str = Field(description="What is to be done: `backtest`.")
    account_id: str
    model_id: str | None = Field(None, description="The model that it works on; null for a job without one.")
    parent: str | None = Field(None, description="The job that this one is a part of; it is shown, and has no influence on when it runs.")


class JobRequested(JobEvent):
    """A user wants a job done; its compute credits are reserved under the job's id."""

    topic: ClassVar[str] = "job.requested"

    tier: str
    job_name: str
    priority: Priority
    spec: JsonObject = Field(
        description="What the kind takes. `backtest`: strategy, symbol, timeframe, dates, capital, commission. "
        "`validate`: the file that was sent, what it is said to be, what it is appended to. "
        "`refresh`: whom to ask for which candles, and what they are added to."
    )
    reserved_hours: Hours = Field(description="CPU hours that it may use, and the most that it is charged.")
    clock_hours: int | None = Field(None, description="Hours by the clock that its runs may take in all; null: as training is set.")


class JobProgressed(JobEvent):
    """A job runs; sent when it starts, then throttled."""

    topic: ClassVar[str] = "job.progressed"

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
    partial: JsonObject | None = Field(
        None,
        description="What the kind knows already, whole, at most 16 kB. `tune`: a TuneProgress, `train_text`: a TextProgress. "
        "Null where it tells nothing.",
    )


class JobCompleted(JobEvent):
    """A job ended well."""

    topic: ClassVar[str] = "job.completed"

    spec: JsonObject = Field(description="As it was requested.")
    started_at: Moment
    ended_at: Moment
    compute_hours: UsedHours
    result: JsonObject = Field(
        description="What the kind answers. `backtest`: metrics, buy_and_hold, trades, equity_curve, run_card. `validate`: status, "
        "columns, rows, start, end, findings, preview, and where the rows lie. `refresh`: the same, and what the source had."
    )
    logs: tuple[LogLine, ...] = Field(description="Lines since the last progress.")
    resource: UsedResource = "cpu"
    continued_hours: ContinuedHours = Decimal(0)


class JobFailed(JobEvent):
    """A job ended badly, after its retries."""

    topic: ClassVar[str] = "job.failed"

    spec: JsonObject = Field(default_factory=dict, description="As it was requested; empty in events from before it was told.")
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
    partial: JsonObject | None = Field(None, description=KNOWN_IN_THE_END)


class JobCancelled(JobEvent):
    """A job was ended by its owner."""

    topic: ClassVar[str] = "job.cancelled"

    started_at: Moment | None
    ended_at: Moment
    compute_hours: UsedHours
    progress: int
    logs: tuple[LogLine, ...] = Field((), description="Lines since the last progress.")
    resource: UsedResource = "cpu"
    partial: JsonObject | None = Field(None, description=KNOWN_IN_THE_END)


class JobCancelRequested(JobEvent):
    """An owner wants a job ended; it may arrive before the job's request does."""

    topic: ClassVar[str] = "job.cancel_requested"
