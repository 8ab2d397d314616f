"""The page of health: what it finds, and what that means by the written thresholds."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.samples import Sample

from libs.chassis.bus.connection import ANSWER, CORRELATION
from libs.chassis.bus.memory import MemoryBus
from libs.chassis.liveness.fleet import publish_metrics
from libs.chassis.liveness.host import HOST_USED
from libs.chassis.liveness.samples import CONSUMER_LAG, JOBS_QUEUED
from libs.contracts.monitoring import HealthChanged
from services.gateway.domain.alerts import AlertView
from services.gateway.domain.health import FleetFigures, Found, Probed, StoreFigures, judge
from services.gateway.usecases import show_health
from services.gateway.usecases.show_health import FOLLOWING, LLM, LLM_CALLED, STARTED, figures_of
from services.gateway.usecases.show_platform import RAY, RUNNERS
from tests.faces.shapes import differences
from tests.gateway.conftest import Desk, OpenDesk
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")
HEALTH = "/api/monitoring/health"
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
SERVICES = ("inference", "marketplace", "monitoring", "training")
DOCUMENTED: dict[str, Any] = {
    "status": "healthy",
    "timestamp": "2025-11-22T14:30:00Z",
    "services": {
        "celery_workers": {
            "status": "healthy",
            "active_workers": 4,
            "queued_tasks": 5,
            "processed_tasks_total": 12456,
            "failed_tasks_total": 234,
            "workers": [{"worker_id": "celery@worker1", "status": "online", "current_task": "ml_tasks.train", "tasks_processed": 3245}],
        },
        "rabbitmq": {"status": "healthy", "queue_depth": 5, "messages_ready": 5, "consumers": 4, "connection_status": "connected"},
        "mongodb": {
            "status": "healthy",
            "connections": 12,
            "connections_available": 88,
            "replication_lag_ms": 5,
            "database_size_mb": 2450,
        },
        "redis": {"status": "healthy", "memory_usage_mb": 256, "connected_clients": 8, "keys_count": 1245},
        "openai": {"status": "healthy"},
    },
    "system_resources": {"cpu_usage_percent": 45.2, "memory_usage_percent": 62.8, "disk_usage_percent": 38.5},
    "performance_metrics": {"tasks_per_hour": 24},
    "last_check": "2025-11-22T14:30:00Z",
}
# What a look may not know: each is null with a reason.
NULLABLE = {
    "rabbitmq": {"messages_unacknowledged"},
    "mongodb": {"operations_per_second"},
    "redis": {"memory_max_mb", "memory_utilization", "hit_rate"},
    "openai": {"rate_limit_status", "requests_last_hour", "requests_remaining", "api_key_configured"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def broker() -> AsyncIterator[str]:
    """What answers as a broker does, before a login."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(ANSWER.pack(8, CORRELATION))
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def changed(service: str) -> HealthChanged:
    return HealthChanged(sequence=1, service=service, instance=f"{service}-1", health="healthy", reason="all checks pass")


async def measured(desk: Desk) -> None:
    """Let processes tell what they have measured."""
    for service in SERVICES:
        registry = CollectorRegistry()
        Gauge(STARTED, "Since when.", registry=registry).set(1)
        Gauge(CONSUMER_LAG, "Behind.", ["group", "topic"], registry=registry).labels(f"modelbourse.{service}", "job.completed").set(1)
        if service == "inference":
            Gauge(LLM, "Configured.", registry=registry).set(1)
            Gauge(LLM_CALLED, "Called.", ["outcome"], registry=registry).labels("ok").set(1)
        if service == "training":
            Gauge(RAY, "Has.", ["resource"], registry=registry).labels("nodes").set(1)
            Gauge(RUNNERS, "Runners.", ["state"], registry=registry).labels("busy").set(2)
            Gauge(JOBS_QUEUED, "Queued.", ["tier"], registry=registry).labels("free").set(3)
            Gauge(FOLLOWING, "Follows.", registry=registry).set(2)
            ended = Counter("modelbourse_jobs_ended", "Ended.", ["kind", "end"], registry=registry)
            ended.labels("training", "completed").inc(40)
            ended.labels("backtest", "failed").inc(2)
            for resource, percent in (("cpu", 45.2), ("memory", 62.8), ("disk", 38.5)):
                used = registry._names_to_collectors.get(HOST_USED) or Gauge(HOST_USED, "Used.", ["host", "resource"], registry=registry)
                used.labels("host-2", resource).set(percent)
        place = {"namespace": desk.settings.namespace, "service": service, "instance": f"{service}-1"}
        await publish_metrics(desk.chassis.redis, **place, registry=registry)


async def test_a_platform_that_is_well_says_so_with_the_figures_of_all_its_parts(
    open_desk: OpenDesk, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("LOOK_WITHIN_S", "GOOD_FOR_S"):  # However long a busy machine takes.
        monkeypatch.setattr(show_health, bound, 120.0)
    desk = await open_desk(kafka_bootstrap=broker)
    bus = MemoryBus(desk.chassis.bus._broker, service="monitoring", instance="monitoring-1")
    for service in SERVICES:
        await bus.publish(changed(service))
    await measured(desk)

    async def known() -> bool:
        return len(await desk.gateway.stores.fleet.all()) == len(SERVICES)

    await until(known)
    answer, again = await desk.client.get(HEALTH), await desk.client.get(HEALTH)

    found = answer.json()
    services = found["services"]
    assert (answer.status_code, found["status"], found["warnings"], found["errors"]) == (200, "healthy", [], [])
    assert list(differences(DOCUMENTED, found)) == []
    for part, names in NULLABLE.items():
        assert {name for name, value in services[part].items() if value is None} <= names
        assert all(services[part]["reasons"][name] for name in names if services[part][name] is None)
    workers = services["celery_workers"]
    assert workers["workers"] == [{"worker_id": "training-1", "status": "online", "current_task": "2 jobs", "tasks_processed": 42}]
    assert (workers["queued_tasks"], workers["processed_tasks_total"], workers["failed_tasks_total"]) == (3, 42, 2)
    groups = {each.pop("group"): each for each in services["kafka"]["groups"]}
    assert groups["modelbourse.inference"] == {"lag": 1, "consumers": 1}
    assert groups["modelbourse.inference.asks"] == {"lag": None, "consumers": 0}
    assert (services["openai"]["api_key_configured"], services["openai"]["rate_limit_status"]) == (True, "ok")
    assert (services["rabbitmq"]["queue_depth"], services["ray"]["nodes"], services["ray"]["runners_busy"]) == (4, 1, 2)
    assert (services["mongodb"]["replication_lag_ms"], found["system_resources"]["disk_usage_percent"]) == (0.0, 38.5)
    # One look serves all who ask within seconds.
    assert again.json()["last_check"] == found["last_check"]


HEARD = [{"service": service, "instance": f"{service}-1", "health": "healthy", "occurred_at": AT, "reason": ""} for service in SERVICES]
FLEET = FleetFigures(ray={"nodes": 1}, heard=frozenset(SERVICES), llm_configured=False)
CALLED = {"ok": AT - timedelta(minutes=2), "timeout": AT - timedelta(minutes=1)}
WITH_LLM = replace(FLEET, llm_configured=True)
WELL = Found(
    at=AT,
    mongodb=Probed(StoreFigures({})),
    redis=Probed(StoreFigures({})),
    kafka=Probed(),
    instances=Probed(HEARD),
    young_letters=Probed(0),
    alerts=Probed([]),
    jobs=Probed(),
    fleet=Probed(FLEET),
    own_hosts={"host-1": {"disk": 90.0, "memory": 90.0}},
)
ALERT = AlertView("a", "a", "store_away", "critical", "Store away", "redis does not answer.", "open", "redis", "redis", AT)


WITHIN = "within the last 30 s whether"
FAILED = "The LLM's last call failed at 09:29:00 UTC (timeout); the last good one was at 09:28:00 UTC"
USED_UP = "The day's budget for the LLM is used up: technical analyses stand alone"
LAGS = Probed(replace(FLEET, lag={"g": 5000}))
BEHIND = "g is 5000 records behind, more than 1000 since 09:29:00 UTC"
DESERTED = "g has no consumer since 09:29:00 UTC; how far it is behind is not known"


def without(service: str) -> Probed[Any]:
    return Probed([each for each in HEARD if each["service"] != service])


def silent(seconds: float) -> Probed[Any]:
    told = AT - timedelta(seconds=seconds - 9)
    return Probed([*HEARD, {**HEARD[3], "instance": "training-2", "health": "silent", "occurred_at": told}])


@pytest.mark.parametrize(
    ("change", "status", "part", "words"),
    [
        ({}, "healthy", None, None),
        ({"mongodb": Probed(error="no answer within 1 s")}, "unhealthy", "mongodb", "MongoDB is away: no answer within 1 s"),
        ({"redis": Probed(error="gone")}, "unhealthy", "redis", "Redis is away: gone"),
        ({"kafka": Probed(error="gone")}, "unhealthy", "kafka", "Kafka is away: gone"),
        ({"instances": without("training")}, "unhealthy", "training", "No workers available: no instance of training is heard"),
        ({"instances": without("inference")}, "unhealthy", "inference", "No instance of inference is heard"),
        ({"fleet": Probed(replace(FLEET, heard=frozenset()))}, "unhealthy", "monitoring", "No instance of monitoring is heard"),
        ({"instances": silent(14)}, "healthy", None, None),
        ({"instances": silent(15)}, "degraded", "training", "training-2 is silent since 09:29:54 UTC: "),
        ({"young_letters": Probed(2)}, "degraded", "kafka", "2 messages could not be handled within the last 10 minutes (dead letters)"),
        ({"own_hosts": {"h": {"disk": 90.1}}}, "degraded", "hosts", "90.1 % of the disk of h is used"),
        ({"own_hosts": {"h": {"memory": 99.0}}}, "degraded", "hosts", "99.0 % of the memory of h is used"),
        ({"fleet": Probed(replace(FLEET, ray={}))}, "degraded", "ray", "Training has not reported a Ray cluster within the last 30 s"),
        ({"instances": Probed(error="gone")}, "degraded", "training", "Which processes there are is not known: gone"),
        (
            {"fleet": Probed(replace(FLEET, llm_configured=None))},
            "degraded",
            "llm",
            f"Inference has not said {WITHIN} an LLM is configured",
        ),
        ({"fleet": Probed(WITH_LLM)}, "healthy", None, None),
        ({"fleet": Probed(replace(WITH_LLM, llm_calls=CALLED))}, "degraded", "llm", FAILED),
        ({"fleet": Probed(replace(WITH_LLM, llm_calls=CALLED | {"ok": AT}))}, "healthy", None, None),
        ({"fleet": Probed(replace(WITH_LLM, llm_budget_used=1.0))}, "degraded", "llm", USED_UP),
        ({"fleet": LAGS, "behind_since": {"g": AT - timedelta(seconds=59)}}, "healthy", None, None),
        ({"fleet": LAGS, "behind_since": {"g": AT - timedelta(seconds=60)}}, "degraded", "kafka", BEHIND),
        ({"deserted_since": {"g": AT - timedelta(seconds=60)}}, "degraded", "kafka", DESERTED),
        (
            {"fleet": Probed(replace(FLEET, lag={"x.g": 7})), "deserted_since": {"x.g": AT - timedelta(seconds=60)}},
            "degraded",
            "kafka",
            "x.g has no consumer since 09:29:00 UTC; it is 7 records behind",
        ),
        ({"alerts": Probed([ALERT])}, "degraded", "redis", "Store away: redis does not answer."),
        ({"alerts": Probed([replace(ALERT, status="acknowledged")])}, "healthy", None, "Store away: redis does not answer."),
        ({"alerts": Probed([replace(ALERT, level="high")])}, "healthy", None, "Store away: redis does not answer."),
        (
            {"alerts": Probed([replace(ALERT, rule="consumer_lag", level="high")])},
            "degraded",
            "kafka",
            "Store away: redis does not answer.",
        ),
    ],
)
async def test_each_threshold_degrades_its_part_and_says_why(
    change: dict[str, Any], status: str, part: str | None, words: str | None
) -> None:
    judged = judge(replace(WELL, **change))

    assert judged.status == status
    assert judged.parts == ({part: status} if part else {})
    assert [*judged.warnings, *judged.errors] == ([words] if words else [])


async def test_the_broker_s_word_on_a_group_stands_before_its_consumers_own() -> None:
    group = {"group": "x.modelbourse.training"}
    itself = Sample("modelbourse_consumer_lag", group | {"topic": "job.requested", "instance": "training-1"}, 3.0)
    broker = [Sample("modelbourse_group_lag", group, 5_000.0), Sample("modelbourse_group_members", group, 0.0)]

    alone, both = figures_of([itself]), figures_of([itself, *broker])

    assert (alone.lag_of("modelbourse.training"), "modelbourse.training" in alone.deserted) == (3, False)
    assert (both.lag_of("modelbourse.training"), "modelbourse.training" in both.deserted, both.behind) == (5_000, True, {group["group"]})
    assert "modelbourse.training" not in both.unheard


async def test_nothing_that_could_not_be_looked_at_is_healthy() -> None:
    away: Probed[Any] = Probed(error="no answer within 1 s")

    judged = judge(Found(AT, away, away, away, away, away, away, away, away, {}))

    assert {part: judged.parts.get(part) for part in ("mongodb", "redis", "kafka", "training", "ray", "llm")} == {
        **dict.fromkeys(("mongodb", "redis", "kafka"), "unhealthy"),
        **dict.fromkeys(("training", "ray", "llm"), "degraded"),
    }
