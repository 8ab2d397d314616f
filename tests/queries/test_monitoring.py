"""Monitoring's fleet: what is gone costs nothing."""

from dataclasses import replace
from datetime import timedelta

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.monitoring import HeartbeatSent
from services.monitoring.domain.alert import Alert
from services.monitoring.domain.instance import Health, first_heard
from services.monitoring.domain.live_series import LiveSeries
from services.monitoring.outbound.instances_mongo import InstancesMongo
from services.monitoring.outbound.live_series_mongo import LiveSeriesMongo
from tests.queries.profiled import multiply, profiled


async def test_instances(database: Database, many: int) -> None:
    instances, beat = InstancesMongo(database["instances"]), EXAMPLES[HeartbeatSent]
    assert isinstance(beat, HeartbeatSent)
    await instances.prepare(forget_after=timedelta(days=1))
    await instances.save(replace(first_heard(beat, at=now()), name="i", health=Health.HEALTHY))
    await multiply(database["instances"], "i", by=30)
    await multiply(database["instances"], "i_1", by=many, health=Health.GONE.value)

    async with profiled(database) as took:
        assert len(await instances.present()) == 31
        assert await instances.count() == {Health.HEALTHY: 31, Health.DEGRADED: 0, Health.SILENT: 0, Health.GONE: many}

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
