"""A job's moves together with the event that tells of them, ready to be written at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.envelope import Event
from libs.contracts.job_kinds import KINDS, JobEvents
from libs.contracts.snapshots import JobMeasured, JobSnapshot, OtherJobSnapshot
from libs.contracts.training import (
    Artifact,
    JobError,
    JobState,
    LogLine,
    TrainingResult,
    TrainingSpec,
)
from services.training.domain.job import Job
from services.training.domain.runs import Done, Sighting

# Below this share an estimate of the rest is a guess.
ESTIMATED_FROM_PERCENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A job after a move, the event that tells of it, and the log lines that came with it."""

    job: Job
    event: Event | None = None
    lines: tuple[LogLine, ...] = ()

    @property
    def events(self) -> tuple[Event, ...]:
        """The event, if there is one."""
        return (self.event,) if self.event else ()


def line(message: str, *, at: datetime, level: str = "INFO") -> LogLine:
    """Make a log line of the service's own."""
    return LogLine.model_validate({"timestamp": at, "level": level, "message": message})


def progressed(job: Job, *, at: datetime, lines: Sequence[LogLine] = ()) -> Change:
    """Tell how far a job has come."""
    if job.started_at is None:  # No runner has begun it: there is nothing to tell yet.
        return Change(job=job, lines=tuple(lines))
    told = replace(job, sequence=job.sequence + 1)
    event = _events(told).progressed(
        **_about(told, at=at),
        attempt=max(job.starts, 1),
        started_at=job.started_at,
        progress=job.percent,
        stage=job.progress.stage,
        step=job.progress.step,
        total_steps=job.progress.total_steps,
        metrics=dict(job.progress.metrics),
        logs=tuple(lines),
        estimated_completion=_estimate(job, at=at),
        compute_hours=job.compute_hours,
        **_partial(job),
    )
    return Change(job=told, event=event, lines=tuple(lines))


def _partial(job: Job) -> dict[str, Any]:
    """Return what its kind knows already; nothing where it has told nothing, as trainings on candles, whose events have no place for it."""
    return {} if job.progress.partial is None else {"partial": job.progress.partial}


def _estimate(job: Job, *, at: datetime) -> datetime | None:
    percent = job.percent
    if percent < ESTIMATED_FROM_PERCENT or job.state is not JobState.RUNNING:
        return None
    left = timedelta(seconds=job.clock_now * (100 - percent) / percent)
    return (at + left).replace(microsecond=0)


def completed(job: Job, *, sighting: Sighting, done: Done, at: datetime) -> Change:
    """End a job well."""
    kept = (
        {"measured": _measured(done.result, artifact=done.artifact)} if isinstance(done.result, TrainingResult) else {"result": done.result}
    )
    ended = replace(job.see(sighting).end(JobState.SUCCEEDED, at=at), sequence=job.sequence + 1, **kept)
    made: dict[str, Any] = {"spec": job.spec, "version": job.model_version, "artifact": done.artifact, "result": done.result}
    event = _events(ended).completed(
        **_about(ended, at=at), **_work(ended), **made, continued_hours=ended.continued_hours, logs=sighting.lines
    )
    return Change(job=ended, event=event, lines=sighting.lines)


def _events(job: Job) -> JobEvents:
    return KINDS[job.kind].events


def _about(job: Job, *, at: datetime) -> dict[str, Any]:
    """Return what every event of a job says; the job bears the event's sequence."""
    return {
        "occurred_at": at,
        "sequence": job.sequence,
        "job_id": job.id,
        "kind": job.kind.value,
        "parent": job.parent,
        "model_id": job.model_id,
        "account_id": job.account_id,
    }


def _work(job: Job) -> dict[str, Any]:
    """Return what every end says of the work done."""
    return {"started_at": job.started_at, "ended_at": job.ended_at, "compute_hours": job.compute_hours, "resource": job.resource}


def _measured(result: TrainingResult, *, artifact: Artifact | None) -> JobMeasured:
    return JobMeasured(
        artifact=artifact,
        metrics=result.metrics,
        training_metrics=result.training_metrics,
        validation_metrics=result.validation_metrics,
        reasons=result.reasons,
    )


def snapshot(job: Job, *, lines: Sequence[LogLine]) -> JobSnapshot | OtherJobSnapshot:
    """Tell all of a job as it stands, with its latest lines."""
    standing: dict[str, Any] = {
        "job_id": job.id,
        "sequence": job.sequence,
        "account_id": job.account_id,
        "job_name": job.name,
        "priority": job.priority,
        "reserved_hours": job.reserved_hours,
        "requested_at": job.requested_at,
        "state": job.state,
        "attempt": job.starts,
        "progress": job.percent,
        "stage": job.progress.stage,
        "step": job.progress.step,
        "total_steps": job.progress.total_steps,
        "metrics": dict(job.progress.metrics),
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "compute_hours": job.compute_hours,
        "continued_hours": job.continued_hours,
        "error": job.error,
        "logs": tuple(lines),
        "parent": job.parent,
    }
    if KINDS[job.kind].spec is not TrainingSpec:
        about: dict[str, Any] = {"kind": job.kind.value, "model_id": job.model_id, "spec": job.spec, "partial": job.progress.partial}
        return OtherJobSnapshot(**standing, **about, result=job.result)
    assert job.model_id is not None
    spec = TrainingSpec.model_validate(job.spec)
    return JobSnapshot(**standing, model_id=job.model_id, version=job.model_version, spec=spec, measured=job.measured)


def failed(
    job: Job,
    *,
    error: JobError,
    at: datetime,
    lines: Sequence[LogLine] = (),
    checkpoint_until: datetime | None = None,
    attempts_most: int | None = None,
) -> Change:
    """End a job badly.

    `checkpoint_until` says how long its checkpoint is kept, for a later job to go on from; `attempts_most` how often it was tried at most.
    """
    ended = replace(job.end(JobState.FAILED, at=at, error=error, checkpoint_until=checkpoint_until), sequence=job.sequence + 1)
    told = (*lines, line(f"The job has failed: {error.type}: {error.message}", at=at, level="ERROR"))
    event = _events(ended).failed(
        **_about(ended, at=at),
        **_work(ended),
        spec=job.spec,
        continued_hours=ended.continued_hours,
        attempts=ended.starts,
        attempts_most=attempts_most,
        error=error,
        logs=told,
        **_partial(ended),
    )
    return Change(job=ended, event=event, lines=told)


def cancelled(job: Job, *, at: datetime, lines: Sequence[LogLine] = ()) -> Change:
    """End a job because its owner wants it."""
    ended = replace(job.end(JobState.CANCELLED, at=at), sequence=job.sequence + 1)
    told = (*lines, line("The job was cancelled.", at=at))
    event = _events(ended).cancelled(
        **_about(ended, at=at),
        **_work(ended),
        progress=ended.percent,
        logs=told,
        **_partial(ended),
    )
    return Change(job=ended, event=event, lines=told)
