"""A job of any kind in the words in which it is told live."""

from modelbourse.answers.live import JobFailure, LiveJob
from services.gateway.domain.jobs.job import Job


def live_job_of(job: Job) -> LiveJob:
    """Return a job as it stands."""
    return LiveJob(
        kind=job.kind.value,
        name=job.name,
        model_id=job.model_id,
        model_version=job.model_version,
        state=job.state.value,
        progress=job.progress,
        stage=job.stage,
        step=job.step,
        total_steps=job.total_steps,
        created_at=job.created_at,
        started_at=job.started_at,
        estimated_completion=job.estimated_completion,
        ended_at=job.ended_at,
        compute_hours=None if job.compute_hours is None else float(job.compute_hours),
        error=JobFailure(type=job.error.type, message=job.error.message) if job.error else None,
        parent_id=job.parent,
    )
