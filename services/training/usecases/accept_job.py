"""Take a requested job into the ledger."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.envelope import now
from libs.contracts.training import JobState, TrainingRequested
from services.training.domain.job import Job, job_from
from services.training.domain.ports import Jobs
from services.training.domain.telling import Change, cancelled
from services.training.usecases.change_job import ChangeJob, log_state


@dataclass(frozen=True, slots=True)
class AcceptJob:
    """`wake` tells whoever takes up jobs that there is one."""

    jobs: Jobs
    change_job: ChangeJob
    wake: Callable[[], None]

    async def __call__(self, request: TrainingRequested, *, traceparent: str | None, correlation_id: str | None) -> None:
        """Queue the job; the same request twice is one job. One that was cancelled before it came ends at once."""
        job = job_from(request, traceparent=traceparent, correlation_id=correlation_id)
        if not await self.jobs.add(job):
            job = await self.jobs.get(request.job_id)  # It came before, perhaps to a process that died here.
        # After the insert: whichever of request and cancellation comes second sees the other.
        if job.state is JobState.QUEUED and await self.jobs.has_cancellation(job.id, account_id=job.account_id):
            await self.change_job(job, _cancel_queued)
            return
        log_state(job)
        self.wake()


def _cancel_queued(job: Job) -> Change | None:
    return cancelled(job, at=now()) if job.state is JobState.QUEUED else None
