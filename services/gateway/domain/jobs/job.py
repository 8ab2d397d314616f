"""A job of any kind as the gateway keeps it: accepted here, then fed by the training service's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import KINDS, Cancelled, CancelRequested, Completed, Failed, JobKind, Requested, kind_word, shown_spec
from libs.contracts.jobs import JobRequested
from libs.contracts.money import price_of
from libs.contracts.own_candles import OwnCandles
from libs.contracts.snapshots import JobSnapshot, JobStanding, OtherJobSnapshot
from libs.contracts.texts import TextSpec
from libs.contracts.training import JobError, JobState, LogLine, Priority, TrainingSpec
from libs.contracts.trials import Tried
from services.gateway.domain.jobs.estimate import Estimate
from services.gateway.domain.jobs.job_size import size_of
from services.gateway.domain.jobs.run_report import RunReport

NOTHING: Final = Decimal("0.00")
# The sequence of the gateway's second event of a job, the wish to cancel it. What training tells of it has numbers of its own.
WISH: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it was last told of; `sequence` is that of the newest event applied.

    `slot` is its place among those that its account may have at once; None when it has ended. `slug` is a readable name that no other job
    of the account has, for faces that have such names. A training makes `model_version` of its model, and `asked` is its spec as JSON; it
    reads the candles of `symbols` at a `timeframe`, and has left its version's manifest at the sha256 `artifact`. `size_hours` compares it
    with other trainings (job_size.py), `expected_hours` is what was expected of it before it began, shared by its `workers`, and `reasons`
    say why a measured value is null. A failed job was tried `attempts_most` times at most; None where it is not tried again. A job of
    another kind has its `spec`, and its `result` in the end; some say before what they know already (`partial`). It reads
    `own_datasets`. A backtest has `trials`, the marks of what it tries on `tried_on` (libs/contracts/trials.py). `cancel_reason` is what
    an operator said who has ended it, `reported` what an outside worker has said of a run (domain/jobs/recipe_runs.py).
    """

    id: str
    kind: JobKind
    account_id: str
    name: str
    priority: Priority
    created_at: datetime
    reserved_hours: Decimal
    slot: int | None = None
    slug: str | None = None
    parent: str | None = None
    model_id: str | None = None
    model_version: str | None = None
    algorithm: str | None = None
    size_hours: float | None = None
    expected_hours: Decimal | None = None
    workers: int = 1
    spec: JsonObject | None = None
    asked: str | None = None
    own_datasets: tuple[str, ...] = ()
    tried_on: tuple[str, ...] | None = None
    trials: bytes | None = None
    symbols: tuple[str, ...] = ()
    timeframe: str | None = None
    artifact: str | None = None
    attempts_most: int | None = None
    state: JobState = JobState.QUEUED
    sequence: int = 1
    progress: int = 0
    stage: str = ""
    step: int = 0
    total_steps: int = 0
    attempt: int = 0
    metrics: dict[str, float | None] = field(default_factory=dict)
    training_metrics: dict[str, float | None] | None = None
    validation_metrics: dict[str, float | None] | None = None
    reasons: dict[str, str] = field(default_factory=dict)
    partial: JsonObject | None = None
    result: JsonObject | None = None
    logs: tuple[LogLine, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    estimated_completion: datetime | None = None
    compute_hours: Decimal | None = None
    error: JobError | None = None
    charged_hours: Decimal | None = None
    refund_amount: Decimal | None = None
    cancel_requested_at: datetime | None = None
    cancel_reason: str | None = None
    reported: RunReport | None = None

    @property
    def reserved_cost(self) -> Decimal:
        """What the hours cost that were set aside for it."""
        return price_of(self.reserved_hours)

    @property
    def cost(self) -> Decimal | None:
        """What the job was charged; None while it runs.

        Until the marketplace has told it, right after the end, that is its rule: used hours, at most those that were reserved, and nothing
        for a failure by an error.
        """
        if not self.state.ended:
            return None  # What it was charged may be heard of before its end is.
        if self.charged_hours is not None:
            return price_of(self.charged_hours)
        if self.state is JobState.FAILED and not (self.error and self.error.is_compute_limit):
            return NOTHING
        return price_of(min(self.compute_hours, self.reserved_hours)) if self.compute_hours is not None else None

    @property
    def refund(self) -> Decimal | None:
        """What came back of the reservation; None while the job runs."""
        if self.refund_amount is not None or self.cost is None:
            return self.refund_amount
        return max(NOTHING, self.reserved_cost - self.cost)


def model_of(job: Job) -> tuple[str, str]:
    """Return the model that a training trains, and the version that it makes. Raise ValueError for a job of another kind."""
    if job.model_id is None or job.model_version is None:
        message = f"{job.id} trains no model"
        raise ValueError(message)
    return job.model_id, job.model_version


def requested_job(
    event: Requested, expected: Estimate | None = None, *, slot: int | None = None, slug: str | None = None, tried: Tried | None = None
) -> Job:
    """Return the job that was just requested.

    A training ends as expected; where nobody says what was, when all reserved hours are used, if it starts at once. Raise ValueError for a
    kind that this release does not know.
    """
    kind = JobKind(kind_word(event))
    spec = shown_spec(KINDS[kind].spec, event.spec)
    job = Job(
        id=event.job_id,
        kind=kind,
        slot=slot,
        slug=slug,
        account_id=event.account_id,
        model_id=event.model_id,
        name=event.job_name,
        priority=event.priority,
        created_at=event.occurred_at,
        reserved_hours=event.reserved_hours,
        sequence=event.sequence,
        parent=event.parent,
        workers=KINDS[kind].processes(spec),
        own_datasets=_datasets_of(getattr(spec, "own", ())),
        tried_on=tried.on if tried else None,
        trials=tried.marks if tried else None,
    )
    if isinstance(spec, TrainingSpec | TextSpec):  # Past ones tell of it.
        job = replace(
            _sized(job, spec),
            expected_hours=expected.expected_hours if expected else None,
            estimated_completion=_completion(job, expected),
        )
    if isinstance(event, JobRequested):
        return replace(job, spec=event.spec)
    return replace(
        job,
        model_version=event.version,
        asked=event.spec.model_dump_json(),
        symbols=event.spec.symbols,
        timeframe=event.spec.timeframe,
    )


def _sized(job: Job, spec: TrainingSpec | TextSpec) -> Job:
    size = size_of(spec)
    return replace(job, algorithm=size.algorithm, size_hours=size.hours)


def _completion(job: Job, expected: Estimate | None) -> datetime:
    at = job.created_at
    return expected.completion(at) if expected else at + _most(job.reserved_hours, workers=job.workers)


def wish_of(job: Job) -> CancelRequested:
    """Return the event that tells that a job is to be cancelled."""
    said: dict[str, Any] = {"job_id": job.id, "kind": job.kind.value, "account_id": job.account_id, "parent": job.parent}
    return KINDS[job.kind].events.cancel_requested(sequence=WISH, model_id=job.model_id, **said)


def restored_training(told: JobSnapshot) -> Job:
    """Return a training as its owner has it. What was expected of it is not known again: one that waits may use all its hours."""
    measured, workers = told.measured, told.spec.workers
    return replace(
        _sized(_standing(told, kind=JobKind.TRAIN, workers=workers, own=told.spec.own), told.spec),
        model_id=told.model_id,
        model_version=told.version,
        asked=told.spec.model_dump_json(),
        symbols=told.spec.symbols,
        timeframe=told.spec.timeframe,
        metrics=dict(measured.metrics if measured else told.metrics),
        training_metrics=measured.training_metrics if measured else None,
        validation_metrics=measured.validation_metrics if measured else None,
        reasons=measured.reasons if measured else {},
        estimated_completion=told.requested_at + _most(told.reserved_hours, workers=workers) if told.state is JobState.QUEUED else None,
    )


def restored_job(told: OtherJobSnapshot, *, kind: JobKind, tried: Callable[[Any], Tried] | None) -> Job:
    """Return a job of another kind as its owner has it; `tried` tells which configurations its spec tries.

    What only a later release knows of its spec is kept, and changes nothing here. Raise ValidationError where the rest is of no use.
    """
    spec = shown_spec(KINDS[kind].spec, told.spec)
    marks = tried(spec) if tried else None
    job = _standing(told, kind=kind, workers=KINDS[kind].processes(spec), own=getattr(spec, "own", ()))
    return replace(
        _sized(job, spec) if isinstance(spec, TextSpec) else job,
        model_id=told.model_id,
        spec=told.spec,
        partial=told.partial,
        result=told.result,
        tried_on=marks.on if marks else None,
        trials=marks.marks if marks else None,
    )


def end_of(job: Job, told: JobStanding) -> Completed | Failed | Cancelled | None:
    """Return the event that tells of the end of a job that was restored; None before it has ended, and where its answer was not kept."""
    said = told.model_dump() | {"kind": job.kind.value, "model_id": job.model_id, "spec": job.spec, "result": job.result}
    events = KINDS[job.kind].events
    match job.state:
        case JobState.SUCCEEDED if job.result is not None:
            return events.completed(**said)
        case JobState.FAILED if told.error is not None:
            return events.failed(**said, attempts=told.attempt)
        case JobState.CANCELLED:
            return events.cancelled(**said)
        case _:
            return None


def _standing(told: JobStanding, *, kind: JobKind, workers: int, own: Sequence[OwnCandles]) -> Job:
    return Job(
        id=told.job_id,
        kind=kind,
        account_id=told.account_id,
        name=told.job_name,
        priority=told.priority,
        parent=told.parent,
        created_at=told.requested_at,
        reserved_hours=told.reserved_hours,
        workers=workers,
        own_datasets=_datasets_of(own),
        state=told.state,
        sequence=told.sequence,
        progress=told.progress,
        stage="completed" if told.state is JobState.SUCCEEDED else told.stage,
        step=told.step,
        total_steps=told.total_steps,
        attempt=told.attempt,
        metrics=dict(told.metrics),
        logs=told.logs,
        started_at=told.started_at,
        ended_at=told.ended_at,
        compute_hours=told.compute_hours if told.started_at else None,
        error=told.error,
    )


def _datasets_of(own: Sequence[OwnCandles]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.dataset_id for each in own))


def _most(hours: Decimal, *, workers: int) -> timedelta:
    """Return how long all reserved hours last."""
    return timedelta(hours=float(hours) / workers)
