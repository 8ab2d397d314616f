"""Two processes of monitoring that look at the same moment, by the store that they share."""

from datetime import timedelta

from libs.chassis.stores.mongo import connect
from libs.contracts.envelope import now
from services.monitoring.domain.ports import Values
from services.monitoring.domain.rules import MetricName
from services.monitoring.outbound.alerts_mongo import AlertsMongo
from services.monitoring.settings import Settings
from services.monitoring.usecases.watch_readings import WatchReadings
from tests.monitoring.fleet import Clock, settings

__all__ = ["settings"]


async def test_an_alert_is_raised_once_and_not_ended_by_what_was_read_before_it(settings: Settings) -> None:
    database, clock = connect(settings, "monitoring"), Clock(now())
    alerts = AlertsMongo(database["alerts"])
    await alerts.prepare()

    async def missing() -> Values:
        return {MetricName.MISSING: {"training": 1.0}}

    async def not_missing() -> Values:
        return {MetricName.MISSING: {"training": 0.0}}

    async def missing_by_now() -> Values:
        clock.passed += timedelta(seconds=1)
        raised.append(await WatchReadings(alerts, missing, clock)())
        return await missing()

    async def not_missing_yet() -> Values:
        clock.passed += timedelta(seconds=1)
        raised.append(await WatchReadings(alerts, missing, clock)())
        return await not_missing()

    raised: list[int] = []
    looks = [await WatchReadings(alerts, read, clock)() for read in (missing_by_now, not_missing, not_missing_yet, not_missing)]

    assert (raised, looks) == ([1, 1], [0, 1, 0, 1])
    await database.client.drop_database(database.name)
    database.client.close()
