"""Notice the instances that have not been heard for too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.chassis.stores.outbox import OutboxFullError
from services.monitoring.domain.errors import InstanceChangedError
from services.monitoring.domain.instance import change_between
from services.monitoring.domain.ports import Clock, Instances


@dataclass(frozen=True, slots=True)
class Noticed:
    """What a look at the fleet found: changes of health, or that nobody at all is heard."""

    changes: int
    deaf: bool


@dataclass(frozen=True, slots=True)
class NoticeSilence:
    """Judge every instance that is not gone by the time since its last heartbeat."""

    instances: Instances
    clock: Clock
    missed_beats: int
    gone_after: timedelta

    async def __call__(self, *, listening_since: datetime) -> Noticed:
        """Judge the fleet, or nobody when all are silent: we beat ourselves, so it is the bus that carries nothing."""
        at = self.clock()
        present = await self.instances.present()
        judged = [
            known.judge_silence(at=at, listening_since=listening_since, missed_beats=self.missed_beats, gone_after=self.gone_after)
            for known in present
        ]
        if judged and all(after is not before for before, after in zip(present, judged, strict=True)):
            return Noticed(changes=0, deaf=True)
        changes = 0
        for before, after in zip(present, judged, strict=True):
            told = change_between(before, after)
            if not told:
                continue
            try:
                await self.instances.save(after, *told)
            except (InstanceChangedError, OutboxFullError):
                continue  # It was heard, or judged by another replica, at this moment, or nobody can be told: the next look decides.
            changes += 1
        return Noticed(changes=changes, deaf=False)
