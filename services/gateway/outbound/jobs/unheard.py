"""Says of a job that waits when no training service is heard, so that its owner does not wait for what will not come."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from libs.chassis.errors import PlatformError
from libs.chassis.single_flight import SingleFlight
from libs.contracts.envelope import now
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.operations import ReadSamples

WAITED: Final = timedelta(seconds=15)
"""A job that has waited for less is told nothing of: a service that is started anew is heard again by then."""
GOOD_FOR_S: Final = 5.0
"""One look serves all who ask so soon after it."""
HEARD: Final = "process_start_time_seconds"
SILENT: Final = "waiting: no training service has been heard for 30 s, and it begins when one comes"

Tell = Callable[[Job], Awaitable[Job]]


async def as_it_is(job: Job) -> Job:
    """Return the job."""
    return job


@dataclass(slots=True)
class Unheard:
    """Looks at what the fleet measures of itself: what is there is at most half a minute old."""

    samples: ReadSamples
    clock: Clock = now
    looking: SingleFlight[bool] = field(default_factory=SingleFlight)
    kept: tuple[float, bool] | None = None

    async def __call__(self, job: Job) -> Job:
        """Return the job, with a stage that says so where it waits for a service that is not there."""
        if job.state is not JobState.QUEUED or job.stage or self.clock() - job.created_at < WAITED:
            return job
        return job if await self._is_heard() else replace(job, stage=SILENT)

    async def _is_heard(self) -> bool:
        if self.kept is not None and time.monotonic() - self.kept[0] < GOOD_FOR_S:
            return self.kept[1]
        return await self.looking("training", self._look)

    async def _look(self) -> bool:
        try:
            found = await self.samples(names=(HEARD,))
        except PlatformError:
            return True  # It is not known that it is silent.
        # Where not even this gateway is among them, nothing is known.
        heard = not found or any(each.labels["service"] == "training" for each in found)
        self.kept = time.monotonic(), heard
        return heard
