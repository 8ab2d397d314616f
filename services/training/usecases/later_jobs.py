"""Jobs that this release leaves to a later one: looked at once, logged once, and told of where none comes for them."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from libs.chassis.errors import UnavailableError
from libs.chassis.logs import log
from libs.contracts.envelope import now
from libs.contracts.job_kinds import is_for_later_release
from services.training.domain.job import Job

# Longer than a roll takes, in which gateways may go before training.
PATIENCE: Final = timedelta(minutes=15)


class LaterJobs:
    """What a job asks for never changes, and neither does what a process knows: so its verdict is kept while the job waits."""

    def __init__(self, *, clock: Callable[[], datetime] = now) -> None:
        self._clock, self._since = clock, dict[str, datetime]()

    def __contains__(self, job_id: str) -> bool:
        """Tell whether this job was found to be one."""
        return job_id in self._since

    def notice(self, job: Job) -> bool:
        """Tell whether a job asks for what this release does not know: to do the rest of it would be another job."""
        if not is_for_later_release(job.kind, job.spec):
            return False
        log().warning("a job waits for a later release", job_id=job.id, kind=job.kind.value)
        self._since[job.id] = self._clock()
        return True

    def keep(self, waiting: Collection[str]) -> None:
        """Forget those that wait no more: a later release has taken them up, or they were cancelled."""
        for job_id in self._since.keys() - set(waiting):
            del self._since[job_id]

    async def check(self) -> None:
        """Raise UnavailableError, for heartbeats, where some have waited for long and no later release has come for them."""
        waits = [job_id for job_id, since in self._since.items() if self._clock() - since > PATIENCE]
        if waits:
            minutes = int(PATIENCE.total_seconds() // 60)
            message = f"{len(waits)} waiting for a later release for over {minutes} minutes, such as {waits[0]}: upgrade, or cancel"
            raise UnavailableError(message)
