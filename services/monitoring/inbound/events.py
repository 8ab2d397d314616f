"""What monitoring does about heartbeats, and about refreshes that have ended."""

from libs.chassis.bus.handlers import Facts
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.monitoring import HeartbeatSent
from services.monitoring.usecases.record_beat import RecordBeat
from services.monitoring.usecases.record_refresh import RecordRefresh


def make_facts(*, record_beat: RecordBeat, record_refresh: RecordRefresh) -> Facts:
    """Bind each event to its use case."""
    facts = Facts()

    @facts.on(HeartbeatSent)
    async def on_heartbeat_sent(event: HeartbeatSent) -> None:
        await record_beat(event)

    @facts.on(JobCompleted)
    async def on_job_completed(event: JobCompleted) -> None:
        await record_refresh(event)

    @facts.on(JobFailed)
    async def on_job_failed(event: JobFailed) -> None:
        await record_refresh(event)

    return facts
