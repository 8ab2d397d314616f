"""A job as training would have it in its database."""

from datetime import datetime, timedelta
from decimal import Decimal

from libs.contracts.snapshots import JobMeasured, JobSnapshot
from libs.contracts.training import JobState, LogLine, TrainingRequested, TrainingResult


def snapshot(
    request: TrainingRequested, sequence: int, state: JobState, hours: Decimal, *, result: TrainingResult, started_at: datetime
) -> JobSnapshot:
    """Return a job that waits or has ended with this result."""
    ended_at, well = started_at + timedelta(minutes=2), state is JobState.SUCCEEDED
    measured = JobMeasured(**result.model_dump(include=set(JobMeasured.model_fields))) if well else None
    return JobSnapshot(
        **request.model_dump(include={"job_id", "account_id", "model_id", "job_name", "priority", "version", "reserved_hours"}),
        spec=request.spec,
        sequence=sequence,
        requested_at=request.occurred_at,
        state=state,
        attempt=0,
        progress=100 if well else 0,
        stage="",
        step=0,
        total_steps=0,
        metrics={},
        measured=measured,
        started_at=started_at if state.ended else None,
        ended_at=ended_at if state.ended else None,
        compute_hours=hours,
        error=None,
        logs=(LogLine(timestamp=ended_at, level="INFO", message="done"),) if well else (),
    )
