"""End a job that is marked for cancellation: free its runner, then write the end."""

import asyncio
from dataclasses import dataclass, replace

from libs.chassis.logs import log
from libs.contracts.envelope import now
from services.training.domain.changes import Change, cancelled
from services.training.domain.errors import ClusterAwayError
from services.training.domain.job import Job
from services.training.domain.ports import Checkpoints, Cluster
from services.training.usecases.change_job import ChangeJob

FREED_WITHIN_S = 3.5


@dataclass(frozen=True, slots=True)
class StopJob:
    """Works from any instance, whoever looks after the job: the version in the ledger decides."""

    change_job: ChangeJob
    cluster: Cluster
    checkpoints: Checkpoints

    async def __call__(self, job: Job) -> Job:
        """Return the job as it ended, which is not always cancelled: its own end may have been first."""
        while not job.state.ended:
            seconds = await self._free(job)
            job = await self.change_job(job, _cancel_at(job, seconds=seconds))
        if job.checkpoint_until is None:  # Else its limit was faster, and a later job may go on from there.
            await self.checkpoints.forget(job.id)
        return job

    async def _free(self, job: Job) -> float:
        if job.run is None:
            return 0.0
        try:
            async with asyncio.timeout(FREED_WITHIN_S):
                return await self.cluster.stop(job.run.runner, run_id=job.run.id) or 0.0
        except (ClusterAwayError, TimeoutError) as error:
            # The job ends all the same; its runner, should it live, is stopped as soon as the cluster answers.
            log().warning("a cancelled job's runner is left to the sweep", job_id=job.id, error=type(error).__name__)
            return 0.0


def _cancel_at(stopped: Job, *, seconds: float) -> "_Cancel":
    return _Cancel(stopped=stopped, seconds=seconds)


@dataclass(frozen=True, slots=True)
class _Cancel:
    """Ends the job if it is still where it was stopped; if not, it has another runner that must be stopped first."""

    stopped: Job
    seconds: float

    def __call__(self, job: Job) -> Change | None:
        if job.state.ended or (job.run and job.run.id) != (self.stopped.run and self.stopped.run.id):
            return None
        used = replace(job, seconds_now=max(job.seconds_now, self.seconds))
        return cancelled(used, at=now())
