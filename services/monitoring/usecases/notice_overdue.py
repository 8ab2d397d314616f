"""Notice the live series of which no refresh has ended for too long: one that cannot even start tells nobody that it failed."""

from dataclasses import dataclass
from datetime import datetime

from libs.chassis.stores.outbox import OutboxFullError
from services.monitoring.domain.errors import SeriesChangedError
from services.monitoring.domain.live_series import alerts_between
from services.monitoring.domain.ports import AllLiveSeries, Clock


@dataclass(frozen=True, slots=True)
class NoticeOverdue:
    """Each is told of once; the alert ends as that of a failed refresh does, when one goes well."""

    series: AllLiveSeries
    clock: Clock

    async def __call__(self, *, listening_since: datetime) -> int:
        """Return how many alerts were raised."""
        at, raised = self.clock(), 0
        for before in await self.series.without_alert():
            after = before.overdue(at=at, listening_since=listening_since)
            if after is None:
                continue
            problem = f"no refresh has ended since {before.ok_at:%Y-%m-%d %H:%M} UTC. If it was taken out of the setting, that is why."
            try:
                await self.series.save(after, *alerts_between(before, after, problem=problem))
            except (SeriesChangedError, OutboxFullError):
                continue  # A refresh of it has just ended, or nobody can be told: the next look decides.
            raised += 1
        return raised
