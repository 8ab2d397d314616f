"""What monitoring does about heartbeats."""

from libs.chassis.bus.handlers import Facts
from libs.contracts.monitoring import HeartbeatSent
from services.monitoring.usecases.record_beat import RecordBeat


def make_facts(*, record_beat: RecordBeat) -> Facts:
    """Bind each event to its use case."""
    facts = Facts()

    @facts.on(HeartbeatSent)
    async def on_heartbeat_sent(event: HeartbeatSent) -> None:
        await record_beat(event)

    return facts
