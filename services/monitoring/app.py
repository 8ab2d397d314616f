"""The only file that knows which adapter plays which port in monitoring."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from typing import Final

from prometheus_client import Counter, Gauge

from libs.chassis.bus.broker_probe import broker_answers
from libs.chassis.bus.connection import ssl_context_of
from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from libs.chassis.process import Chassis
from libs.chassis.stores.migrations import migrate
from libs.chassis.stores.outbox import Relay
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.chassis.tasks import beside
from libs.contracts.envelope import now
from services.monitoring.domain.ports import Clock, Instances
from services.monitoring.inbound.asks import make_answers
from services.monitoring.inbound.events import make_facts
from services.monitoring.outbound.alerts_mongo import AlertsMongo
from services.monitoring.outbound.cache_memory import CacheMemory
from services.monitoring.outbound.groups_kafka import groups_measure, probing
from services.monitoring.outbound.instances_mongo import InstancesMongo
from services.monitoring.outbound.live_series_mongo import LiveSeriesMongo
from services.monitoring.outbound.readings_fleet import ReadingsFleet
from services.monitoring.outbound.schema import SCHEMA
from services.monitoring.settings import Settings
from services.monitoring.usecases.notice_overdue import NoticeOverdue
from services.monitoring.usecases.notice_silence import NoticeSilence
from services.monitoring.usecases.record_beat import RecordBeat
from services.monitoring.usecases.record_refresh import RecordRefresh
from services.monitoring.usecases.watch_readings import ChangeAlerts, WatchReadings

# Of the looks for silent instances: so often series are looked through, which are late by minutes, and the fleet is counted for its gauge,
# which is published every few seconds.
OVERDUE_EVERY: Final = 5
COUNT_EVERY: Final = 5


@asynccontextmanager
async def running(
    settings: Settings, chassis: Chassis, *, clock: Clock = now, broker: Callable[[], Awaitable[None]] | None = None
) -> AsyncIterator[None]:
    """Wire adapters to ports and run until the context ends; `clock`, and `broker` in place of the probe of Kafka, are for tests."""
    collection, series = chassis.database["instances"], chassis.database["live_series"]
    alerts_kept = chassis.database["alerts"]
    relay = Relay(chassis.bus, collections=[collection, series, alerts_kept])
    chassis.measures.append(outbox_measure(relay.collections, registry=chassis.registry))
    instances = InstancesMongo(collection, on_write=relay.wake)
    await migrate(chassis.database, SCHEMA)
    await instances.prepare(forget_after=settings.forget_after)
    notice = NoticeSilence(instances, clock, missed_beats=settings.missed_beats, gone_after=settings.gone_after)
    gauge = Gauge("modelbourse_fleet_instances", "Instances of the fleet by health.", ["health"], registry=chassis.registry)
    chassis.checks["cache"] = CacheMemory(chassis.redis, registry=chassis.registry).check
    live = LiveSeriesMongo(series, on_write=relay.wake)
    await live.prepare()
    alerts = AlertsMongo(alerts_kept, on_write=relay.wake)
    await alerts.prepare()
    facts = make_facts(record_beat=RecordBeat(instances, clock), record_refresh=RecordRefresh(live, clock), alerts=alerts)
    every_s = settings.sweep_every.total_seconds()
    watching = _watch(notice, instances, overdue=NoticeOverdue(live, clock), gauge=gauge, every_s=every_s)
    broker = broker or partial(broker_answers, settings.kafka_bootstrap, security=ssl_context_of(settings))
    readings = WatchReadings(alerts, ReadingsFleet(chassis.redis, settings.namespace, instances, broker), clock)
    looks = Counter(
        "modelbourse_alert_looks", "How often the rules of alerts were held against what is measured.", registry=chassis.registry
    )
    looking = _look(readings, looks, every_s=settings.look_every.total_seconds())
    answers = make_answers(change=ChangeAlerts(alerts, clock))
    async with probing(settings) as groups, chassis.bus.running(facts=facts, answers=answers), relay.running(), beside(watching, looking):
        chassis.measures.append(groups_measure(groups.look, registry=chassis.registry))
        chassis.ready()
        yield


async def _watch(notice: NoticeSilence, instances: Instances, *, overdue: NoticeOverdue, gauge: Gauge, every_s: float) -> None:
    clock = notice.clock
    listening_since = clock()
    for look in count():
        await asyncio.sleep(every_s)
        try:
            noticed = await notice(listening_since=listening_since)
            if noticed.deaf:
                listening_since = clock()
            elif noticed.changes:
                log().info("instances have fallen silent", changes=noticed.changes)
            if look % OVERDUE_EVERY == 0 and (raised := await overdue(listening_since=listening_since)):
                log().warning("live series are overdue", count=raised)
            if look % COUNT_EVERY == 0 or noticed.changes:
                for health, number in (await instances.count()).items():
                    gauge.labels(health.value).set(number)
        except Exception as error:  # noqa: BLE001  # who watches the fleet must not be the first to leave
            # Heartbeats could not be recorded either: the silence of this while is ours.
            listening_since = clock()
            report_failure(error, work="watching the fleet")


async def _look(readings: WatchReadings, looks: Counter, *, every_s: float) -> None:
    failed = False
    while True:
        await asyncio.sleep(every_s)
        try:
            if changes := await readings():
                log().info("alerts were raised or ended", count=changes)
            looks.inc()
            failed = False
        except Exception as error:  # noqa: BLE001  # as above
            report_failure(error, work="holding rules against what is measured", reported=failed)
            failed = True
