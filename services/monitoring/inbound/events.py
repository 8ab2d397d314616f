"""What monitoring does about heartbeats, refreshes that have ended, and alerts that instances and series keep themselves."""

from libs.chassis.bus.handlers import Facts
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.monitoring import AlertRaised, AlertResolved, HeartbeatSent
from services.monitoring.domain.alert import known_from
from services.monitoring.domain.ports import Alerts
from services.monitoring.usecases.record_beat import RecordBeat
from services.monitoring.usecases.record_refresh import RecordRefresh


def make_facts(*, record_beat: RecordBeat, record_refresh: RecordRefresh, alerts: Alerts) -> Facts:
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

    @facts.on(AlertRaised)
    async def on_alert_raised(event: AlertRaised) -> None:
        await alerts.hear_raised(known_from(event))

    @facts.on(AlertResolved)
    async def on_alert_resolved(event: AlertResolved) -> None:
        await alerts.hear_resolved(
            event.alert_id, subject=event.subject, raised_at=event.raised_at, at=event.occurred_at, notes=event.message
        )

    return facts
