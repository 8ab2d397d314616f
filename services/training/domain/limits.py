"""What a job may use, and how often and how soon it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import COMPUTE_LIMIT, JobError
from services.training.domain.job import Job
from services.training.domain.kinds import WORK

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one job. `attempts` counts errors of its own; `deaths` runners lost in a row without a new checkpoint between.

    `clock_time` is the most that a job's runs may take by the clock, whatever its request says, and `memory_bytes` the most that its runner
    may use; `clock_by_kind` and `memory_mb_by_kind` have what a kind's jobs may on a tier, where that is less. `checkpoints_kept` is how
    long the checkpoint of a job is kept that was ended by COMPUTE_LIMIT.
    """

    clock_time: timedelta
    clock_by_kind: Mapping[JobKind, Mapping[str, timedelta]]
    memory_bytes: int
    memory_mb_by_kind: Mapping[JobKind, Mapping[str, int]]
    attempts: int
    deaths: int
    retry_after: timedelta
    retry_at_most: timedelta
    checkpoints_kept: timedelta

    def overstepped(self, job: Job, *, rss_bytes: int, at: datetime) -> JobError | None:
        """Return why the job must end now, or None; `rss_bytes` is the memory of its runner."""
        if job.compute_hours >= job.reserved_hours:
            return self._used_up(job, f"It has used the {job.reserved_hours.normalize():f} compute hours that were reserved for it.", at=at)
        if job.clock_seconds > (allowed := self._clock(job)).total_seconds():
            return self._used_up(job, f"It has run for {_hours(allowed)} by the clock, the most that one {job.kind.noun} may take.", at=at)
        if rss_bytes > (allowed_bytes := self._memory_bytes(job)):
            used, most = f"{rss_bytes / MIB:.0f} MiB", f"{allowed_bytes / MIB:.0f} MiB"
            return JobError(type="MemoryLimitExceeded", message=f"The job uses {used} of memory; {most} are allowed.")
        return None

    def _clock(self, job: Job) -> timedelta:
        asked = self.clock_time if job.clock_hours is None else timedelta(hours=job.clock_hours)
        return min(asked, self.clock_by_kind[job.kind].get(job.tier, self.clock_time), self.clock_time)

    def _memory_bytes(self, job: Job) -> int:
        of_kind = self.memory_mb_by_kind[job.kind].get(job.tier)
        return self.memory_bytes if of_kind is None else min(of_kind * MIB, self.memory_bytes)

    def _used_up(self, job: Job, why: str, *, at: datetime) -> JobError:
        go_on = WORK[job.kind].go_on
        if go_on is None:
            return JobError(type=COMPUTE_LIMIT, message=why)
        kept = f"What it has finished is kept until {at + self.checkpoints_kept:%Y-%m-%d %H:%M} UTC: {go_on} to go on."
        return JobError(type=COMPUTE_LIMIT, message=f"{why} {kept}")

    def backoff(self, times: int) -> timedelta:
        """Return how long to wait before the attempt after `times` bad ones: doubling, up to a bound."""
        doubled: int = 1 << min(max(times, 1) - 1, 16)
        return min(self.retry_after * doubled, self.retry_at_most)


def _hours(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours:.6g} hour" + ("" if hours == 1 else "s")
