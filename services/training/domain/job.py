"""A job: what it may do, what it counts, and the one end it comes to."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import JobKind, Requested, kind_of, kind_word
from libs.contracts.money import to_hours
from libs.contracts.snapshots import JobMeasured
from libs.contracts.training import JobError, JobState, Priority, Resource
from services.training.domain.errors import IllegalMoveError, UnknownKindError
from services.training.domain.runs import WAITING, Run, RunProgress, Sighting, run_id_of

# Running goes back to queued when a runner is lost or an attempt has failed and another is due.
MOVES: Final = {
    JobState.QUEUED: {JobState.RUNNING, JobState.FAILED, JobState.CANCELLED},
    JobState.RUNNING: {JobState.QUEUED, JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED},
    JobState.SUCCEEDED: set[JobState](),
    JobState.FAILED: set[JobState](),
    JobState.CANCELLED: set[JobState](),
}
SHOWN_DONE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job, of whatever kind. `sequence` is that of the last event we told of it (at first the request's), `version` counts writes.

    `starts` counts runs, `failures` counts errors of its own, `deaths` lost runners since the last new checkpoint.
    `seconds_before` is the CPU time that earlier runs have used, `seconds_now` that of the present one; `clock_before` and `clock_now` are
    how long they took by the clock, of which it may take `clock_hours`. `resource` is `gpu` when any of its runs had one.

    `continues` is the job whose checkpoint it begins with, `seconds_continued` the CPU time of that one and those before;
    `checkpoint_until` says until when its own is kept although it has ended.
    `measured` is what a training that ended well has measured, `result` what a job of another kind has answered. `model_id` is None for a
    job without a model, `model_version` is empty for one that makes no version, and `spec` is JSON: the kind's own code reads it. `parent`
    is the job that this one is a part of.
    """

    id: str
    model_id: str | None
    account_id: str
    tier: str
    name: str
    priority: Priority
    model_version: str
    model_name: str
    spec: JsonObject
    reserved_hours: Decimal
    traceparent: str | None
    correlation_id: str | None
    requested_at: datetime
    not_before: datetime
    sequence: int
    version: int = 0
    state: JobState = JobState.QUEUED
    starts: int = 0
    failures: int = 0
    deaths: int = 0
    run: Run | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    seconds_before: float = 0.0
    seconds_now: float = 0.0
    clock_before: float = 0.0
    clock_now: float = 0.0
    clock_hours: int | None = None
    continues: str | None = None
    seconds_continued: float = 0.0
    checkpoint_until: datetime | None = None
    progress: RunProgress = field(default_factory=RunProgress)
    cancel_requested: bool = False
    error: JobError | None = None
    resource: Resource = "cpu"
    measured: JobMeasured | None = None
    result: JsonObject | None = None
    kind: JobKind = JobKind.TRAIN
    parent: str | None = None

    @property
    def seconds(self) -> float:
        """Seconds of CPU time that all its runs have used so far."""
        return self.seconds_before + self.seconds_now

    @property
    def clock_seconds(self) -> float:
        """Seconds by the clock that all its runs have taken so far; waiting for a runner is not among them."""
        return self.clock_before + self.clock_now

    @property
    def compute_hours(self) -> Decimal:
        """The same in hours, as it is charged."""
        return to_hours(self.seconds)

    @property
    def continued_hours(self) -> Decimal:
        """CPU hours of the jobs that it went on from."""
        return to_hours(self.seconds_continued)

    @property
    def percent(self) -> int:
        """How far it has come; 100 only when it has ended well."""
        return SHOWN_DONE if self.state is JobState.SUCCEEDED else self.progress.percent

    def go_on_from(self, ended: "Job") -> "Job":
        """Begin with the checkpoint of a job with the same spec that its limit has ended."""
        return replace(self, continues=ended.id, seconds_continued=ended.seconds + ended.seconds_continued)

    def is_on(self, run_id: str) -> bool:
        """Tell whether this run is the job's present one."""
        return self.state is JobState.RUNNING and self.run is not None and self.run.id == run_id

    def take_up(self, *, runner: str, owner: str) -> "Job":
        """Put the job on a runner."""
        run = Run(id=run_id_of(self.id, version=self.version), runner=runner, owner=owner)
        return self._move(JobState.RUNNING, run=run, starts=self.starts + 1)

    def take_back(self, *, at: datetime) -> "Job":
        """Undo `take_up`: the runner was not to be had, so nothing has begun."""
        return replace(self.put_back(not_before=at), starts=self.starts - 1)

    def begin(self, at: datetime) -> "Job":
        """Note that its runner has begun; the first time is when the job started."""
        return replace(self, started_at=self.started_at or at, progress=replace(self.progress, stage="starting"))

    def see(self, sighting: Sighting) -> "Job":
        """Note what its runner told."""
        assert self.run is not None
        run = replace(self.run, lines_seen=sighting.lines_seen, checkpoints=sighting.checkpoints)
        resource: Resource = "gpu" if sighting.has_gpu else self.resource
        return replace(
            self,
            run=run,
            seconds_now=sighting.seconds,
            clock_now=sighting.clock_seconds,
            progress=sighting.progress,
            resource=resource,
        )

    def count_death(self) -> "Job":
        """Note that its runner was lost; one that had made a new checkpoint begins the count again."""
        made_way = self.run is not None and self.run.checkpoints > 0
        return replace(self, deaths=1 if made_way else self.deaths + 1)

    def count_failure(self) -> "Job":
        """Note that an attempt ended with an error of its own."""
        return replace(self, failures=self.failures + 1)

    def put_back(self, *, not_before: datetime) -> "Job":
        """Queue it again, for after this time; what its run has used stays used."""
        waiting = replace(self.progress, stage=WAITING)
        return self._leave(JobState.QUEUED, not_before=not_before, progress=waiting)

    def mark_for_cancel(self) -> "Job":
        """Note that it is to be cancelled: from here no other end is written."""
        return replace(self, cancel_requested=True)

    def end(self, state: JobState, *, at: datetime, error: JobError | None = None, checkpoint_until: datetime | None = None) -> "Job":
        """Come to an end, once."""
        return self._leave(state, ended_at=at, error=error, checkpoint_until=checkpoint_until)

    def _leave(self, state: JobState, **changes: object) -> "Job":
        return self._move(
            state, run=None, seconds_before=self.seconds, seconds_now=0.0, clock_before=self.clock_seconds, clock_now=0.0, **changes
        )

    def _move(self, state: JobState, **changes: object) -> "Job":
        if state not in MOVES[self.state]:
            msg = f"Job {self.id} is {self.state} and cannot become {state}."
            raise IllegalMoveError(msg)
        return replace(self, state=state, **changes)  # type: ignore[arg-type]  # field names are checked by replace


def job_from(request: Requested, *, traceparent: str | None, correlation_id: str | None) -> Job:
    """Make the queued job that a request asks for; what is told of it later belongs to the same trace and HTTP request.

    Raise UnknownKindError for a kind that this release does not know.
    """
    kind = kind_of(request)
    if kind is None:
        raise UnknownKindError(kind_word(request))
    asked = request.model_dump(mode="json")
    return Job(
        id=request.job_id,
        kind=kind,
        parent=asked.get("parent"),
        model_id=request.model_id,
        account_id=request.account_id,
        tier=request.tier,
        name=request.job_name,
        priority=request.priority,
        model_version=asked.get("version", ""),
        model_name=asked.get("model_name") or request.model_id or "",
        spec=asked["spec"],
        reserved_hours=request.reserved_hours,
        clock_hours=request.clock_hours,
        traceparent=traceparent,
        correlation_id=correlation_id,
        requested_at=request.occurred_at,
        not_before=request.occurred_at,
        sequence=request.sequence,
    )
