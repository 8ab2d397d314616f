"""What a job may use, and how often and how soon it is tried again."""

from dataclasses import dataclass
from datetime import timedelta

from libs.contracts.training import JobError

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one job. `attempts` counts errors of its own; `deaths` runners lost in a row without a new checkpoint between."""

    wall_time: timedelta
    memory_bytes: int
    attempts: int
    deaths: int
    retry_after: timedelta
    retry_at_most: timedelta

    def overstepped(self, *, seconds: float, rss_bytes: int) -> JobError | None:
        """Return why the job must end now, or None."""
        if seconds > self.wall_time.total_seconds():
            used, allowed = f"{seconds:.0f} s", f"{self.wall_time.total_seconds():.0f} s"
            return JobError(type="WallTimeExceeded", message=f"The job has used {used} of runner time; {allowed} are allowed.")
        if rss_bytes > self.memory_bytes:
            used, allowed = f"{rss_bytes / MIB:.0f} MiB", f"{self.memory_bytes / MIB:.0f} MiB"
            return JobError(type="MemoryLimitExceeded", message=f"The job uses {used} of memory; {allowed} are allowed.")
        return None

    def backoff(self, times: int) -> timedelta:
        """Return how long to wait before the attempt after `times` bad ones: doubling, up to a bound."""
        doubled: int = 1 << min(max(times, 1) - 1, 16)
        return min(self.retry_after * doubled, self.retry_at_most)
