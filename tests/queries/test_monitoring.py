"""Monitoring's fleet: what is gone costs nothing."""

from dataclasses import replace
from datetime import timedelta

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.monitoring import AlertRaised, HeartbeatSent
from services.monitoring.domain.alert import Alert, KnownAlert
from services.monitoring.domain.instance import STOPPED, Health, first_heard
from services.monitoring.domain.live_series import LiveSeries
from services.monitoring.outbound.alerts_mongo import AlertsMongo
from services.monitoring.outbound.instances_mongo import InstancesMongo
from services.monitoring.outbound.live_series_mongo import LiveSeriesMongo
from tests.queries.profiled import multiply, profiled


async def test_instances(database: Database, many: int) -> None:
    instances, beat = InstancesMongo(database["instances"]), EXAMPLES[HeartbeatSent]
    assert isinstance(beat, HeartbeatSent)
    await instances.prepare(forget_after=timedelta(days=1))
    await instances.save(replace(first_heard(beat, at=now()), name="i", health=Health.HEALTHY))
    await multiply(database["instances"], "i", by=30)
    await multiply(database["instances"], "i_1", by=many, health=Health.GONE.value, reason=STOPPED)
    await instances.save(replace(first_heard(beat, at=now()), name="lost", health=Health.GONE, reason="no heartbeat for 301 s"))

    async with profiled(database) as took:
        assert len(await instances.present()) == 31
        assert [each.name for each in await instances.left()] == ["lost"]
        assert await instances.count() == {Health.HEALTHY: 31, Health.DEGRADED: 0, Health.SILENT: 0, Health.GONE: many + 1}

    assert took.problems() == []


async def test_live_series(database: Database, many: int) -> None:
    series = LiveSeriesMongo(database["live_series"])
    await series.prepare()
    await series.save(LiveSeries("well", 1, every_s=3600, ok_at=now()))
    await series.save(LiveSeries("late", 1, Alert("alert_1", now())))
    await multiply(database["live_series"], "late", by=many)

    async with profiled(database) as took:
        assert [each.id for each in await series.without_alert()] == ["well"]

    assert took.problems() == []


async def test_alerts(database: Database, many: int) -> None:
    alerts, raised = AlertsMongo(database["alerts"]), EXAMPLES[AlertRaised]
    assert isinstance(raised, AlertRaised)
    await alerts.prepare()
    over = KnownAlert("over", None, "disk", "host-1", now(), condition="disk:host-1").resolve(by=None, notes=None, at=now())
    await alerts.add(over, raised)
    await multiply(database["alerts"], "over", by=many)
    await alerts.add(KnownAlert("open", None, "disk", "host-2", now(), condition="disk:host-2"), raised)

    async with profiled(database) as took:
        assert [each.id for each in await alerts.watched()] == ["open"]
        assert await alerts.ended_at("disk:host-1") == over.resolved_at
        assert await alerts.ended_at("disk:host-2") is None

    assert took.problems() == []
