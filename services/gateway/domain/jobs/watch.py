"""Which of an account's jobs somebody watches, and where they are looked at."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.notices import Notice


@dataclass(frozen=True, slots=True)
class JobWatch:
    """Jobs by their ids, or all of an account; what is empty takes all. `states` are those in which they are shown.

    Jobs that have ended `ended_within` this time before they are watched are shown, too.
    """

    job_ids: frozenset[str] = frozenset()
    kinds: frozenset[JobKind] = frozenset()
    model_ids: frozenset[str] = frozenset()
    states: frozenset[JobState] = frozenset()
    ended_within: timedelta = timedelta(0)

    def concerns(self, notice: Notice) -> bool:
        """Tell whether what has changed is watched."""
        return self._takes(notice.job_id, kind=notice.kind, model_id=notice.model_id)

    def takes(self, job: Job) -> bool:
        """Tell whether a job is watched, whatever its state."""
        return self._takes(job.id, kind=job.kind, model_id=job.model_id)

    def shows(self, job: Job) -> bool:
        """Tell whether a job is in a state in which it is shown."""
        return not self.states or job.state in self.states

    def _takes(self, job_id: str, *, kind: str, model_id: str | None) -> bool:
        return (
            (not self.job_ids or job_id in self.job_ids)
            and (not self.kinds or kind in self.kinds)
            and (not self.model_ids or model_id in self.model_ids)
        )


class WatchedJobs(Protocol):
    """The jobs of all accounts, as who watches looks at them: without logs and results."""

    async def several(self, job_ids: Collection[str], *, account_id: str) -> Sequence[Job]:
        """Return those of these jobs that there are and that are the account's."""

    async def current(self, account_id: str, *, ended_since: datetime) -> Sequence[Job]:
        """Return the account's jobs that have not ended, and those that have since this moment."""
