"""Take a requested job into the ledger."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.contracts.envelope import now
from libs.contracts.job_kinds import Requested
from libs.contracts.training import JobState
from services.training.domain.changes import Change, cancelled
from services.training.domain.job import Job, job_from
from services.training.domain.kinds import WORK
from services.training.domain.ports import Jobs
from services.training.usecases.change_job import ChangeJob, log_state


@dataclass(frozen=True, slots=True)
class AcceptJob:
    """`wake` tells whoever takes up jobs that there is one."""

    jobs: Jobs
    change_job: ChangeJob
    wake: Callable[[], None]

    async def __call__(self, request: Requested, *, traceparent: str | None, correlation_id: str | None) -> None:
        """Queue the job; the same request twice is one job. One that was cancelled before it came ends at once.

        Raise UnknownKindError. It goes on from where a job with the same spec was ended by its limit, if there is one.
        """
        job = job_from(request, traceparent=traceparent, correlation_id=correlation_id)
        if WORK[job.kind].go_on and (ended := await self.jobs.resumable(job)):
            job = job.go_on_from(ended)
        if await self.jobs.has_cancellation(job.id, account_id=job.account_id):
            job = job.mark_for_cancel()  # Before the insert, too: nobody takes up what is marked.
        if not await self.jobs.add(job):
            job = await self.jobs.get(request.job_id)  # It came before, perhaps to a process that died here.
        # After the insert: whichever of request and cancellation comes second sees the other.
        if not job.state.ended and await self.jobs.has_cancellation(job.id, account_id=job.account_id):
            await self.change_job(job, _cancel_or_mark)
            return
        log_state(job)
        self.wake()


def _cancel_or_mark(job: Job) -> Change | None:
    """End it where it waits; where it was taken up meanwhile, whoever looks after it ends it."""
    if job.state is JobState.QUEUED:
        return cancelled(job, at=now())
    return None if job.state.ended or job.cancel_requested else Change(job=job.mark_for_cancel())
