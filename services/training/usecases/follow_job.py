"""Look after a running job: write down how far it comes, heed its limits, end it once or have it tried again."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.logs import log
from libs.contracts.envelope import now
from libs.contracts.training import JobError
from services.training.domain.changes import Change, cancelled, completed, failed, line, progressed
from services.training.domain.errors import ClusterAwayError, RunnerGoneError, RunnerSilentError
from services.training.domain.job import Job
from services.training.domain.kinds import WORK
from services.training.domain.limits import Limits
from services.training.domain.ports import Checkpoints, Cluster
from services.training.domain.runs import WAITING, Broken, Done, Run, Sighting
from services.training.usecases.change_job import ChangeJob
from services.training.usecases.stop_job import StopJob

# A job is looked at (its memory, its time) at least so long after it might have told its progress.
HOLD_S = 0.5
CLUSTER_AGAIN_S = 0.5
# A busy runner may not answer for a while (a library that keeps the interpreter to itself); after this long it is lost.
SILENCE_S = 120.0
# CPU time that is written down although nothing else is new: so much at most is forgotten when a runner dies.
USE_REPORTED_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class FollowJob:
    """`change_job` is a patient one: a store that is away delays the end of a job and loses nothing, as the runner keeps it.

    A job tells its progress every `progress_every_s` seconds at most. A runner that is silent for `silence_s` is lost.
    """

    change_job: ChangeJob
    stop_job: StopJob
    cluster: Cluster
    checkpoints: Checkpoints
    limits: Limits
    owner: str
    wake: Callable[[], None]
    progress_every_s: float
    silence_s: float = SILENCE_S

    async def __call__(self, job: Job) -> None:
        """Return when this run is over, or when another instance looks after it."""
        assert job.run is not None
        run = job.run
        if job.progress.stage == WAITING:
            job = await self.change_job(job, lambda fresh: progressed(fresh.begin(now()), at=now()) if fresh.is_on(run.id) else None)
        seen: Sighting | None = None
        heard = asyncio.get_running_loop().time()
        while job.is_on(run.id) and not job.cancel_requested and job.run is not None and job.run.owner == self.owner:
            try:
                seen = await self._look(job.run, seen=seen)
            except ClusterAwayError:
                await asyncio.sleep(CLUSTER_AGAIN_S)
                heard = asyncio.get_running_loop().time()  # Silence of the cluster is not the runner's.
            except RunnerGoneError:
                job = await self.change_job(job, self._lost(run, why="Its runner died"))
            except RunnerSilentError:
                if asyncio.get_running_loop().time() - heard > self.silence_s:
                    job = await self.change_job(job, self._lost(run, why=f"Its runner has not answered for {self.silence_s:.0f} s"))
            else:
                heard = asyncio.get_running_loop().time()
                job = await self.change_job(job, self._heed(run, sighting=seen))
        await self._leave(job, run)

    async def _look(self, run: Run, *, seen: Sighting | None) -> Sighting:
        revision, settle = (seen.revision, self.progress_every_s) if seen else (0, 0.0)
        hold = self.progress_every_s + HOLD_S
        return await self.cluster.watch(
            run.runner, run_id=run.id, revision=revision, lines_seen=run.lines_seen, settle_s=settle, hold_s=hold
        )

    async def _leave(self, job: Job, run: Run) -> None:
        if job.is_on(run.id):
            if job.cancel_requested:
                await self.stop_job(job)
            return  # Else another instance looks after it now.
        try:
            await self.cluster.stop(run.runner, run_id=run.id)
        except ClusterAwayError:
            log().info("a runner is left to the sweep", job_id=job.id, runner=run.runner)
        if job.state.ended and job.checkpoint_until is None:
            await self.checkpoints.forget(job.id)
        self.wake()

    def _heed(self, run: Run, *, sighting: Sighting) -> Callable[[Job], Change | None]:
        def change(job: Job) -> Change | None:
            if not job.is_on(run.id) or job.run is None or job.run.owner != self.owner:
                return None
            if job.cancel_requested:
                return cancelled(job.see(sighting), at=now(), lines=sighting.lines) if sighting.end else None
            match sighting.end:
                case Done() as done:
                    return completed(job, sighting=sighting, done=done, at=now())
                case Broken() as broken:
                    return self._broken(job.see(sighting), broken=broken, sighting=sighting)
                case None:
                    return self._running(job, sighting=sighting)

        return change

    def _running(self, job: Job, *, sighting: Sighting) -> Change | None:
        at, seen = now(), job.see(sighting)
        if error := self.limits.overstepped(seen, rss_bytes=sighting.rss_bytes, at=at):
            kept = at + self.limits.checkpoints_kept if error.is_compute_limit and WORK[job.kind].go_on else None
            return failed(seen, error=error, at=at, lines=sighting.lines, checkpoint_until=kept)
        used = seen.seconds_now - job.seconds_now
        if not sighting.lines and sighting.progress == job.progress and used < USE_REPORTED_EVERY_S:
            return None
        return progressed(seen, at=at, lines=sighting.lines)

    def _broken(self, job: Job, *, broken: Broken, sighting: Sighting) -> Change:
        job = job.count_failure()
        if broken.final or job.failures >= self.limits.attempts:
            most = None if broken.final else self.limits.attempts
            return failed(job, error=broken.error, at=now(), lines=sighting.lines, attempts_most=most)
        why = f"The attempt failed ({broken.error.type}: {broken.error.message})"
        return self._again(job, why=why, times=job.failures, sighting=sighting)

    def _lost(self, run: Run, *, why: str) -> Callable[[Job], Change | None]:
        def change(job: Job) -> Change | None:
            # Who stood still may have been replaced, by one that hears the runner well.
            if not job.is_on(run.id) or job.run is None or job.run.owner != self.owner:
                return None
            if job.cancel_requested:
                return cancelled(job, at=now())
            job = job.count_death()
            if job.deaths >= self.limits.deaths:
                message = f"{why}, {job.deaths} times in a row without a new checkpoint between."
                return failed(job, error=JobError(type="RunnerLost", message=message), at=now(), attempts_most=self.limits.deaths)
            return self._again(job, why=why, times=job.deaths, sighting=None)

        return change

    def _again(self, job: Job, *, why: str, times: int, sighting: Sighting | None) -> Change:
        at = now()
        wait = self.limits.backoff(times)
        told = line(f"{why}; it is tried again in {wait.total_seconds():g} s.", at=at, level="WARNING")
        return progressed(job.put_back(not_before=at + wait), at=at, lines=(*(sighting.lines if sighting else ()), told))
