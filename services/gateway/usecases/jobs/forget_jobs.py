"""Forget jobs that ended long ago."""

from dataclasses import dataclass
from datetime import timedelta

from services.gateway.domain.jobs.ports import OldJobs
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class ForgetJobs:
    """`life` is how long an ended job is shown; one that made a version of a model is shown as long as that is there."""

    jobs: OldJobs
    clock: Clock
    life: timedelta

    async def __call__(self) -> int:
        """Return how many were forgotten."""
        return await self.jobs.forget(before=self.clock() - self.life)
