"""Record that an instance is alive."""

from dataclasses import dataclass

from libs.chassis.stores.outbox import OutboxFullError
from libs.contracts.monitoring import HeartbeatSent
from services.monitoring.domain.instance import change_between, first_heard
from services.monitoring.domain.ports import Clock, Instances


@dataclass(frozen=True, slots=True)
class RecordBeat:
    """Take one heartbeat in and tell when it changes an instance's health."""

    instances: Instances
    clock: Clock

    async def __call__(self, beat: HeartbeatSent) -> None:
        """Raise InstanceChangedError when another replica wrote the instance meanwhile."""
        known = await self.instances.find(beat.instance)
        if known is not None and known.has_heard(beat):
            return  # Kafka may deliver a heartbeat twice.
        at = self.clock()
        heard = known.hear(beat, at=at) if known else first_heard(beat, at=at)
        try:
            await self.instances.save(heard, *change_between(known, heard))
        except OutboxFullError:
            # No event of a change can be kept now. The heartbeat counts all the same, or the instance would be taken for silent; its health
            # stays as it was told last, and the next heartbeat that finds room tells of the change.
            if known is not None:
                await self.instances.save(known.note(beat, at=at))
