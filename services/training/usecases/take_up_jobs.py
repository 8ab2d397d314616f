"""Put queued jobs on free runners."""

from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.logs import log
from libs.chassis.stores.set_aside import is_hopeless
from libs.contracts.envelope import now
from libs.contracts.training import JobState
from services.training.domain.changes import Change
from services.training.domain.errors import ClusterAwayError, JobChangedError, RunnerGoneError, RunnerTakenError
from services.training.domain.job import Job
from services.training.domain.kinds import WORK
from services.training.domain.ports import Cluster, Following, Jobs
from services.training.domain.queue import in_order
from services.training.domain.runs import Assignment
from services.training.usecases.change_job import ChangeJob, log_state
from services.training.usecases.later_jobs import LaterJobs


@dataclass(frozen=True, slots=True)
class TakeUpJobs:
    """Any number of instances do this at once: a job is taken by whoever writes it first, a runner by whoever starts it first.

    `on_start` is called with each job that a runner has taken.
    """

    jobs: Jobs
    change_job: ChangeJob
    cluster: Cluster
    following: Following
    owner: str
    on_start: Callable[[Job], None]
    later: LaterJobs

    async def __call__(self) -> None:
        """Take up jobs as long as there are both a job and a free runner."""
        while (runner := await self.cluster.reserve()) is not None:
            taken = False
            try:
                taken = await self._take_next(runner)
            finally:
                if not taken:
                    self.cluster.release(runner)
            if not taken:
                return

    async def _take_next(self, runner: str) -> bool:
        """Return whether the runner was used (or turned out to be of no use)."""
        job = await self._claim(runner)
        if job is None:
            return False
        assert job.run is not None
        assignment = Assignment(
            run_id=job.run.id,
            job_id=job.id,
            version=job.model_version,
            model_name=job.model_name,
            spec=job.spec,
            traceparent=job.traceparent,
            continues=job.continues,
            kind=job.kind,
            runs=WORK[job.kind].runs,
        )
        try:
            with self.following.starting(job):
                await self.cluster.start(runner, assignment)
        except (RunnerTakenError, RunnerGoneError, ClusterAwayError) as error:
            log().info("the runner was not to be had", job_id=job.id, runner=runner, error=type(error).__name__)
            run_id = job.run.id
            await self.change_job(job, lambda fresh: Change(job=fresh.take_back(at=now())) if fresh.is_on(run_id) else None)
        else:
            log_state(job)
            self.on_start(job)
            self.following.begin(job)
        return True

    async def _claim(self, runner: str) -> Job | None:
        at = now()
        running = await self.jobs.running_by_account()
        waiting = in_order(await self.jobs.waiting(at, running=running), running=running, at=at)
        self.later.keep([each.job_id for each in waiting])
        for each in waiting:
            if each.job_id in self.later:
                continue
            job = await self._read(each.job_id)
            if job is None or job.state is not JobState.QUEUED or job.cancel_requested:
                continue
            if self.later.notice(job):
                continue
            try:
                # The runner is written down before it starts, so that whoever comes after us knows where to look.
                return await self.jobs.save(job.take_up(runner=runner, owner=self.owner))
            except JobChangedError:
                continue
        return None

    async def _read(self, job_id: str) -> Job | None:
        """Return a job; None for one that cannot be read, which must not keep the others waiting."""
        try:
            return await self.jobs.get(job_id)
        except Exception as error:
            if not is_hopeless(error):
                raise
            await self.jobs.set_aside(job_id, error)
            return None
