"""What a job may use, and how often and how soon it is tried again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.training import COMPUTE_LIMIT, JobError
from services.training.domain.job import Job
from services.training.domain.kinds import WORK

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one job. `attempts` counts errors of its own; `deaths` runners lost in a row without a new checkpoint between.

    `clock_time` is the most that a job's runs may take by the clock, whatever its request says. `checkpoints_kept` is how long the
    checkpoint of a job is kept that was ended by COMPUTE_LIMIT.
    """

    clock_time: timedelta
    memory_bytes: int
    attempts: int
    deaths: int
    retry_after: timedelta
    retry_at_most: timedelta
    checkpoints_kept: timedelta

    def overstepped(self, job: Job, *, rss_bytes: int, at: datetime) -> JobError | None:
        """Return why the job must end now, or None; `rss_bytes` is the memory of its runner."""
        if job.compute_hours >= job.reserved_hours:
            return self._used_up(job, f"It has used the {job.reserved_hours.normalize():f} compute hours that were reserved for it.", at=at)
        asked = self.clock_time if job.clock_hours is None else timedelta(hours=job.clock_hours)
        if job.clock_seconds > (allowed := min(asked, self.clock_time)).total_seconds():
            return self._used_up(job, f"It has run for {_hours(allowed)} by the clock, the most that one {job.kind.noun} may take.", at=at)
        if rss_bytes > self.memory_bytes:
            used, most = f"{rss_bytes / MIB:.0f} MiB", f"{self.memory_bytes / MIB:.0f} MiB"
            return JobError(type="MemoryLimitExceeded", message=f"The job uses {used} of memory; {most} are allowed.")
        return None

    def _used_up(self, job: Job, why: str, *, at: datetime) -> JobError:
        if not WORK[job.kind].keeps_checkpoints:
            return JobError(type=COMPUTE_LIMIT, message=why)
        kept = (
            f"What it has finished is kept until {at + self.checkpoints_kept:%Y-%m-%d %H:%M} UTC: train the unchanged model again to go on."
        )
        return JobError(type=COMPUTE_LIMIT, message=f"{why} {kept}")

    def backoff(self, times: int) -> timedelta:
        """Return how long to wait before the attempt after `times` bad ones: doubling, up to a bound."""
        doubled: int = 1 << min(max(times, 1) - 1, 16)
        return min(self.retry_after * doubled, self.retry_at_most)


def _hours(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours:.6g} hour" + ("" if hours == 1 else "s")
