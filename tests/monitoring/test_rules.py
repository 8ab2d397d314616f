"""Alerts of the rules: raised by what is measured, looked after by operators, and over by themselves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Gauge
from pymongo.errors import AutoReconnect
from redis.asyncio import Redis

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.bus.port import AskRefusedError, BrokerAwayError
from libs.chassis.liveness.fleet import forget_metrics, publish_metrics
from libs.chassis.liveness.samples import CONSUMER_LAG
from libs.contracts.alerts import AlertChanged, ChangeAlert
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.monitoring.domain.ports import Values
from services.monitoring.domain.rules import MetricName
from services.monitoring.outbound.alerts_mongo import AlertsMongo
from services.monitoring.settings import Settings
from services.monitoring.usecases.watch_readings import WatchReadings
from tests.gateway.conftest import dead_redis
from tests.monitoring.fleet import Clock, Fleet, beat, monitoring, replica, settings
from tests.monitoring.test_alerts import alerts, told
from tests.waiting import until

__all__ = ["settings"]
GROUP = "modelbourse.marketplace"
OPERATOR = "account_1"


@dataclass
class Measured:
    """Monitoring as it runs, beside a process that measures how far a consumer is behind."""

    fleet: Fleet
    redis: Redis
    namespace: str
    registry: CollectorRegistry
    lag: Gauge

    async def is_behind(self, records: int) -> None:
        """Measure a lag, and wait until monitoring has looked at it."""
        self.lag.labels(GROUP, "job.completed").set(records)
        await publish_metrics(self.redis, namespace=self.namespace, service="m", instance="m-1", registry=self.registry)
        await self.fleet.looks()

    async def later(self, **passed: float) -> None:
        self.fleet.clock.passed += timedelta(**passed)
        await self.fleet.looks()

    async def asks(self, wanted: str, alert_id: str, notes: str | None = None) -> AlertChanged:
        bus = MemoryBus(self.fleet.broker, service="gateway", instance="gateway-1")
        async with bus.running(asks=True):
            return await bus.ask(ChangeAlert(alert_id=alert_id, wanted=wanted, by=OPERATOR, notes=notes), within=60)

    async def asks_known(self, wanted: str, alert_id: str) -> AlertChanged:
        """Ask as soon as monitoring has heard of an alert that something else keeps."""
        await self.has_heard(alert_id, rule={"$ne": None})
        return await self.asks(wanted, alert_id)

    async def has_heard(self, alert_id: str, **fields: Any) -> None:
        """Wait until monitoring has heard what it told itself of an alert that something else keeps."""
        collection = self.fleet.collection.database["alerts"]

        async def heard() -> bool:
            return await collection.count_documents({"_id": alert_id, **fields}) == 1

        await until(heard, what="monitoring hears of its own alert")


def in_milliseconds(at: datetime) -> datetime:
    """Return a time as MongoDB keeps it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


async def all_of(truth: bool) -> bool:
    return truth


@pytest_asyncio.fixture
async def measured(settings: Settings) -> AsyncIterator[Measured]:
    registry = CollectorRegistry()
    lag = Gauge(CONSUMER_LAG, "Behind.", ["group", "topic"], registry=registry)
    async with monitoring(settings, MemoryBroker()) as fleet, Redis.from_url(settings.redis_url) as redis:
        yield Measured(fleet, redis, settings.namespace, registry, lag)


async def test_a_lag_raises_one_alert_when_it_lasts_and_another_one_after_a_while(measured: Measured) -> None:
    await measured.is_behind(1500)
    await measured.later(seconds=59)
    assert alerts(measured.fleet) == []

    await measured.later(seconds=2)
    (raised,) = await told(measured.fleet, "alert.raised")
    await measured.is_behind(700)
    assert len(alerts(measured.fleet)) == 1  # Below the threshold, and not below what ends it.
    await measured.is_behind(500)
    _, resolved = await told(measured.fleet, "alert.raised", "alert.resolved")
    await measured.is_behind(2000)
    await measured.later(minutes=2)
    assert len(alerts(measured.fleet)) == 2  # It has just been told.
    await measured.later(minutes=4)
    *_, again = await told(measured.fleet, "alert.raised", "alert.resolved", "alert.raised")

    assert (raised["rule"], raised["level"], raised["severity"], raised["service"]) == ("consumer_lag", "high", "warning", "kafka")
    assert (raised["metric"], raised["value"], raised["threshold"]) == ("consumer_lag", 1500, 1000)
    assert raised["message"] == f"{GROUP} is 1500 records behind, more than 1000 for a minute."
    assert (resolved["alert_id"], resolved["value"], resolved["by"]) == (raised["alert_id"], 500, None)
    assert again["alert_id"] != raised["alert_id"]


async def test_an_operator_looks_after_an_alert_and_ends_it_once(measured: Measured) -> None:
    await measured.is_behind(1500)
    await measured.later(seconds=61)
    (raised,) = await told(measured.fleet, "alert.raised")

    taken, again = [await measured.asks("acknowledged", raised["alert_id"], notes) for notes in ("I look.", "I look again.")]
    ended, twice = [await measured.asks("resolved", raised["alert_id"], notes) for notes in ("Restarted.", None)]
    await measured.later(minutes=10)
    with pytest.raises(AskRefusedError, match="is over") as late:
        await measured.asks("acknowledged", raised["alert_id"])
    with pytest.raises(AskRefusedError, match="not found") as unknown:
        await measured.asks("resolved", "alert_0")

    topics = [topic for topic, _ in alerts(measured.fleet)]
    assert (taken.status, taken.acknowledged_by, taken.acknowledgement_notes) == ("acknowledged", OPERATOR, "I look.")
    assert again == taken
    assert (ended.status, ended.resolved_by, ended.resolution_notes) == ("resolved", OPERATOR, "Restarted.")
    assert twice == ended
    assert (late.value.kind, unknown.value.kind) == ("conflict", "not_found")
    # Resolved is resolved, though the consumer is behind still.
    assert topics == ["alert.raised", "alert.resolved"]


async def test_alerts_that_instances_keep_are_looked_after_like_all_others(measured: Measured) -> None:
    await measured.fleet.hear(beat(1), beat(2, "degraded", redis="away"))
    (raised,) = await told(measured.fleet, "alert.raised")

    assert (await measured.asks_known("acknowledged", raised["alert_id"])).status == "acknowledged"
    await measured.fleet.hear(beat(3))
    await told(measured.fleet, "alert.raised", "alert.resolved")
    await measured.has_heard(raised["alert_id"], status="resolved")

    ended = await measured.asks("resolved", raised["alert_id"], "by hand")

    assert ended.resolution_notes == "training-1 is healthy: all checks pass"  # It was over by itself.


async def test_a_process_that_was_killed_is_missed_until_another_one_comes(measured: Measured) -> None:
    await measured.fleet.hear_itself()
    await measured.fleet.hear(beat(1))
    await measured.fleet.tells("healthy")
    await measured.fleet.falls_silent("healthy", "silent")
    await measured.fleet.falls_silent("healthy", "silent", "gone")

    def missed() -> list[dict[str, Any]]:
        return [body for _, body in alerts(measured.fleet, of_rule="instances_missing")]

    async def is_missed() -> bool:
        return bool(missed())

    await until(is_missed)
    raised = missed()[0]
    successor = {"instance": "training-2", "started_at": measured.fleet.clock()}
    await measured.fleet.hear(beat(1).model_copy(update=successor))

    async def over() -> bool:
        told = alerts(measured.fleet, of_rule="instances_missing")
        return any(topic == "alert.resolved" and body["alert_id"] == raised["alert_id"] for topic, body in told)

    await until(over)
    assert (raised["subject"], raised["level"], raised["value"]) == ("training", "high", 1)


async def test_a_cache_and_a_broker_that_are_away_are_critical(settings: Settings) -> None:
    async def away() -> None:
        raise BrokerAwayError

    async with monitoring(settings.model_copy(update={"redis_url": dead_redis()}), MemoryBroker(), kafka=away) as fleet:
        await fleet.looks()
        fleet.clock.passed += timedelta(seconds=16)

        raised = await told(fleet, "alert.raised", "alert.raised")

    assert {(each["rule"], each["severity"], each["level"]) for each in raised} == {("store_away", "critical", "critical")}
    assert {each["subject"] for each in raised} == {"redis", "kafka"}


async def test_mongodb_s_absence_is_told_when_it_is_back_with_the_time_at_which_it_began(measured: Measured) -> None:
    # Replicas whose store was away, and that of the story was not.
    alerts_of, clock = measured.fleet.collection.database["alerts_of_others"], Clock(now())
    await AlertsMongo(alerts_of).prepare()
    mongodb_is_away = True

    async def read() -> Values:
        if mongodb_is_away:
            raise AutoReconnect
        return {MetricName.STORE: {"mongodb": 0.0}}

    looks = [WatchReadings(AlertsMongo(alerts_of), read, clock) for _ in range(2)]
    for look in looks:
        with pytest.raises(AutoReconnect):
            await look()
    clock.passed += timedelta(minutes=2)
    mongodb_is_away = False
    told = await looks[0]()
    (raised,) = await alerts_of.find({"rule": "store_away"}).to_list(None)
    ended, nothing_new = await looks[1](), await looks[0]()

    (resolved,) = await alerts_of.find({"rule": "store_away"}).to_list(None)
    assert (told, ended, nothing_new) == (1, 1, 0)
    assert (raised["subject"], raised["raised_at"]) == ("mongodb", in_milliseconds(clock.began + timedelta(seconds=15)))
    (event,) = raised["pending_events"]
    assert f"did not answer from {clock.began:%H:%M:%S} to {clock():%H:%M:%S} UTC" in event["body"]
    assert (resolved["status"], resolved["resolved_at"]) == ("resolved", in_milliseconds(clock()))


async def test_a_service_that_nobody_hears_is_away_until_it_is_heard(measured: Measured) -> None:
    def away(topic: str) -> set[str]:
        return {body["subject"] for word, body in alerts(measured.fleet, of_rule="service_away") if word == topic}

    await measured.later(seconds=16)
    assert away("alert.raised") == set()  # Who does not hear itself cannot tell.

    await measured.fleet.hear_itself()
    await measured.fleet.looks()
    await measured.later(seconds=16)
    await until(lambda: all_of(away("alert.raised") == {"gateway", "inference", "marketplace", "training"}))
    await measured.later(minutes=10)
    assert away("alert.resolved") == set()
    await measured.fleet.hear(beat(1, every_s=86_400))

    await until(lambda: all_of(away("alert.resolved") == {"training"}))


async def test_a_lag_that_nobody_measures_any_more_is_not_over(measured: Measured) -> None:
    await measured.is_behind(1500)
    await measured.later(seconds=61)
    await told(measured.fleet, "alert.raised")

    await forget_metrics(measured.redis, namespace=measured.namespace, service="m", instance="m-1")
    await measured.later(minutes=10)
    assert len(alerts(measured.fleet)) == 1

    await measured.is_behind(3)
    await told(measured.fleet, "alert.raised", "alert.resolved")


async def test_what_an_operator_has_resolved_stays_so_with_another_monitoring_until_it_comes_anew(
    measured: Measured, settings: Settings
) -> None:
    await measured.is_behind(1500)
    await measured.later(seconds=61)
    (raised,) = await told(measured.fleet, "alert.raised")
    await measured.asks("resolved", raised["alert_id"])

    async with replica(settings, measured.fleet.broker, clock=measured.fleet.clock) as another:
        await another.looks()
        await measured.later(minutes=10)
        await another.looks()
        assert len(alerts(measured.fleet)) == 2
        await measured.is_behind(0)
        await another.looks()
        await measured.is_behind(1500)
        await another.looks()
        await measured.later(seconds=61)

        *_, again = await told(measured.fleet, "alert.raised", "alert.resolved", "alert.raised")

    assert again["alert_id"] != raised["alert_id"]


async def test_what_is_told_twice_or_in_the_wrong_order_is_known_once(measured: Measured) -> None:
    await measured.fleet.hear(beat(1), beat(2, "degraded", redis="away"), beat(3))
    await told(measured.fleet, "alert.raised", "alert.resolved")
    raised, resolved = [entry for entry in measured.fleet.broker.events if entry["topic"].startswith("alert.")]
    other = new_id("alert")
    bus = MemoryBus(measured.fleet.broker, service="monitoring", instance="monitoring-2")

    for entry in (resolved, raised, raised, resolved):
        body = entry["body"].replace(f'"alert_id":"{entry["key"]}', f'"alert_id":"{other}')
        await bus.publish_entry(entry | {"body": body, "key": other, "event_id": new_id("event")})

    await measured.has_heard(other, status="resolved", rule={"$ne": None})
    assert (await measured.asks("resolved", other)).resolution_notes == "training-1 is healthy: all checks pass"
