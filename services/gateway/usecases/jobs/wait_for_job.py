"""Wait a little for a job's end, for answers that tell it at once where it is quick."""

import asyncio
from dataclasses import dataclass
from typing import Final

from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs

FIRST_PAUSE_S: Final = 0.05
PAUSE_MOST_S: Final = 0.5
GROWTH: Final = 1.5


@dataclass(frozen=True, slots=True)
class WaitForJob:
    """A request waits for `within_s` seconds at most; 0: not at all."""

    jobs: Jobs
    within_s: float

    async def __call__(self, job: Job) -> Job:
        """Return the job as it has ended, or as it stands when the time is over. Raise UnavailableError."""
        clock = asyncio.get_running_loop().time
        until, pause = clock() + self.within_s, FIRST_PAUSE_S
        while not job.state.ended and clock() < until:
            await asyncio.sleep(min(pause, max(until - clock(), 0)))
            job = await self.jobs.get(job.id, account_id=job.account_id, kind=job.kind)
            pause = min(pause * GROWTH, PAUSE_MOST_S)
        return job
