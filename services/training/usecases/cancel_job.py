"""End a job because its owner wants it."""

import asyncio
from dataclasses import dataclass

from libs.contracts.envelope import now
from libs.contracts.training import JobState
from services.training.domain.changes import Change, cancelled
from services.training.domain.errors import JobNotFoundError
from services.training.domain.job import Job
from services.training.domain.ports import Jobs
from services.training.usecases.change_job import ChangeJob
from services.training.usecases.stop_job import StopJob

LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancels what is queued at once, and what runs after its runner is free."""

    jobs: Jobs
    change_job: ChangeJob
    stop_job: StopJob

    async def __call__(self, job_id: str, *, account_id: str, wait_s: float = 0.0) -> Job | None:
        """Return the job as it ended (an ended one stays as it is), or None when its request has not come within `wait_s`.

        The cancellation is kept and ends a job whose request comes later. Raises `JobNotFoundError` for another account's job.
        """
        # Before looking for the job: whichever of request and cancellation comes second sees the other.
        await self.jobs.keep_cancellation(job_id, account_id=account_id)
        job = await self._find(job_id, wait_s=wait_s)
        if job is None:
            return None
        if job.account_id != account_id:
            raise JobNotFoundError(job_id)
        job = await self.change_job(job, _cancel_or_mark)
        return await self.stop_job(job)

    async def _find(self, job_id: str, *, wait_s: float) -> Job | None:
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while True:
            try:
                return await self.jobs.get(job_id)
            except JobNotFoundError:
                if loop.time() >= until:
                    return None
            await asyncio.sleep(LOOK_AGAIN_S)


def _cancel_or_mark(job: Job) -> Change | None:
    """End a queued job; mark a running one, so that no other end is written and whoever looks after it may finish this."""
    if job.state.ended or job.cancel_requested:
        return None
    if job.state is JobState.QUEUED:
        return cancelled(job, at=now())
    return Change(job=job.mark_for_cancel())
