"""Put right what others have left behind: jobs without an owner, marked jobs that still run, runners without a job."""

from dataclasses import dataclass

from libs.chassis.logs import log
from libs.chassis.stores.set_aside import is_hopeless
from libs.contracts.envelope import now
from services.training.domain.errors import JobNotFoundError
from services.training.domain.ports import Checkpoints, Cluster, Following, Jobs
from services.training.domain.runs import job_id_of
from services.training.usecases.stop_job import StopJob


@dataclass(frozen=True, slots=True)
class AdoptJobs:
    """Take over running jobs whose owner is no longer there, this process's own former self included."""

    jobs: Jobs
    following: Following
    owner: str

    async def __call__(self) -> None:
        """Look after every job that nobody looks after."""
        while (job := await self.jobs.adopt(owner=self.owner, following=self.following.job_ids)) is not None:
            log().info("a running job was taken over", job_id=job.id, runner=job.run and job.run.runner)
            self.following.begin(job)


@dataclass(frozen=True, slots=True)
class KeepLeases:
    """Say that this process lives, and finish cancellations that were begun elsewhere."""

    jobs: Jobs
    following: Following
    stop_job: StopJob
    owner: str

    async def __call__(self) -> None:
        """Renew the leases of the jobs that are looked after here; stop those that are to be cancelled."""
        ours = self.following.job_ids
        if not ours:
            return
        await self.jobs.renew(ours, owner=self.owner)
        for job_id in await self.jobs.marked(ours):
            try:
                await self.stop_job(await self.jobs.get(job_id))
            except Exception as error:
                if not is_hopeless(error):
                    raise
                await self.jobs.set_aside(job_id, error)


@dataclass(frozen=True, slots=True)
class ReapRunners:
    """Free runners that work for nobody."""

    jobs: Jobs
    cluster: Cluster

    async def __call__(self) -> None:
        """Stop every runner whose run is not its job's present one: the job has ended, or runs elsewhere."""
        for busy in await self.cluster.busy():
            # A run is in the ledger before its runner has it: what is not there is left over.
            if not await self._is_wanted(busy.run_id):
                log().info("a left-over runner is stopped", runner=busy.runner, run_id=busy.run_id)
                await self.cluster.stop(busy.runner, run_id=busy.run_id)

    async def _is_wanted(self, run_id: str) -> bool:
        try:
            return (await self.jobs.get(job_id_of(run_id))).is_on(run_id)
        except JobNotFoundError:
            return False
        except Exception as error:
            if not is_hopeless(error):
                raise
            # Nobody knows whether it is wanted: it goes on until the job can be read again.
            await self.jobs.set_aside(job_id_of(run_id), error)
            return True


@dataclass(frozen=True, slots=True)
class ForgetCheckpoints:
    """Remove what was kept of jobs that their limit has ended, and that nobody has gone on with for long."""

    jobs: Jobs
    checkpoints: Checkpoints

    async def __call__(self) -> None:
        """Remove what has been kept long enough."""
        for job_id in await self.jobs.outlived(now()):
            await self.checkpoints.forget(job_id)
            await self.jobs.checkpoint_forgotten(job_id)
