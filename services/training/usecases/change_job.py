"""Write a move of a job, however many others write it at the same time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from libs.chassis.errors import UnavailableError
from libs.chassis.logs import log
from services.training.domain.changes import Change
from services.training.domain.errors import JobChangedError
from services.training.domain.job import Job
from services.training.domain.ports import Jobs

STORE_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class ChangeJob:
    """`patient` ones wait for a store that is away; the others raise `UnavailableError`."""

    jobs: Jobs
    patient: bool = False

    async def __call__(self, job: Job, change: Callable[[Job], Change | None]) -> Job:
        """Apply `change` to the job as it stands until it is written; None from it means that nothing is left to do.

        Returns the job as stored. A lost race loads the job again and asks `change` again, so a job cannot end twice.
        """
        while True:
            changed = change(job)
            if changed is None:
                return job
            try:
                saved = await self.jobs.save(changed.job, *changed.events, lines=changed.lines)
            except JobChangedError:
                job = await self._fresh(job)
            except UnavailableError:
                if not self.patient:
                    raise
                await asyncio.sleep(STORE_AGAIN_S)
                # The write may have reached the store though its answer did not reach us.
                job = await self._fresh(job)
            else:
                if saved.state is not job.state:
                    log_state(saved)
                return saved

    async def _fresh(self, job: Job) -> Job:
        while True:
            try:
                return await self.jobs.get(job.id)
            except UnavailableError:
                if not self.patient:
                    raise
                await asyncio.sleep(STORE_AGAIN_S)


def log_state(job: Job) -> None:
    """Log where a job stands, for operators: a line for each state that it comes into."""
    about = {"job_id": job.id, "model_id": job.model_id, "attempt": job.starts}
    if job.error is not None:
        about["error"] = f"{job.error.type}: {job.error.message}"
    if job.state.ended:
        about["compute_hours"] = str(job.compute_hours)
    log().info(f"job {job.state}", **about)
