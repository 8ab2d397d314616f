"""Who is next: the account with the fewest running jobs, then the more urgent job, then the older one; nobody waits for ever."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from libs.contracts.training import Priority

RANK: Final = {Priority.HIGH: 0, Priority.NORMAL: 1, Priority.LOW: 2}
# A job that has waited this long counts as one step more urgent than it is, so that LOW is late but never starved.
STEP_UP_AFTER: Final = timedelta(minutes=5)
# An account's running jobs weigh less with every such wait, so that a busy account is slowed down but never shut out.
FORGIVEN_AFTER: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A queued job, as far as its place in the queue goes."""

    job_id: str
    account_id: str
    priority: Priority
    since: datetime


def in_order(waiting: Iterable[Waiting], *, running: Mapping[str, int], at: datetime) -> list[Waiting]:
    """Sort queued jobs, the next one first. `running` counts the jobs that each account has on the cluster."""

    def place(job: Waiting) -> tuple[int, int, datetime, str]:
        waited = max(at - job.since, timedelta(0))
        load = running.get(job.account_id, 0) - waited // FORGIVEN_AFTER
        return max(load, 0), RANK[job.priority] - waited // STEP_UP_AFTER, job.since, job.job_id

    return sorted(waiting, key=place)
