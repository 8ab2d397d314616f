"""Settle what jobs claimed to try of whose end, or whose very insert, nobody heard."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from services.gateway.domain.jobs.trials import Trials
from services.gateway.domain.models.ports import Clock

# Long after a request that claims them has inserted its job, or died.
AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SettleTrials:
    """What a job that ended well has tried is kept; what one failed at, or one that was never inserted, is taken back."""

    trials: Trials
    clock: Clock

    async def __call__(self) -> int:
        """Return of how many jobs."""
        return await self.trials.settle(before=self.clock() - AFTER)
