"""The cache's memory: monitoring's own heartbeats say when there is little left, which becomes an alert."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from redis.asyncio import Redis

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.heartbeats import Heart
from libs.chassis.liveness.pulse import Pulse
from libs.chassis.stores.mongo import connect
from libs.chassis.tasks import beside
from services.monitoring.outbound.cache_memory import CacheMemory
from services.monitoring.settings import Settings
from tests.waiting import until

# So much that connections that come and go meanwhile are nothing beside it: an empty cache has less than a MiB.
BALLAST, BALLAST_BYTES = "tests:ballast", 32 * 2**20


@asynccontextmanager
async def beating(
    redis: Redis, broker: MemoryBroker, registry: CollectorRegistry, *, mongo_url: str, redis_url: str
) -> AsyncIterator[None]:
    settings = Settings.model_validate(
        {"kafka_bootstrap": "-", "mongo_url": mongo_url, "redis_url": redis_url, "artifacts_url": str(Path.cwd())}
    )
    pulse, bus, database = Pulse(), MemoryBus(broker, service="monitoring", instance="monitoring-1"), connect(settings, "monitoring")
    checks = {"cache": CacheMemory(redis, registry=registry).check}
    heart = Heart(bus=bus, database=database, redis=redis, pulse=pulse, service="monitoring", instance="monitoring-1", checks=checks)
    pulse.ready()
    try:
        async with beside(heart.beating()):
            yield
    finally:
        database.client.close()


async def test_a_cache_that_is_nearly_full_degrades_monitoring_in_words(mongo_url: str, redis_url: str) -> None:
    broker, registry = MemoryBroker(), CollectorRegistry()

    async def said(state: str) -> bool:
        return any(orjson.loads(event["body"])["state"] == state for event in broker.events)

    async with Redis.from_url(redis_url) as redis:
        before = (await redis.config_get("maxmemory"))["maxmemory"]
        try:
            # Made there: what is sent takes room in a buffer as well, for a while.
            await redis.setrange(BALLAST, BALLAST_BYTES - 1, b"x")
            await redis.config_set("maxmemory", int((await redis.info("memory"))["used_memory"] * 1.05))
            async with beating(redis, broker, registry, mongo_url=mongo_url, redis_url=redis_url):
                await until(lambda: said("degraded"), what="a heartbeat that says so")
                assert b"modelbourse_cache_memory_ratio 0.9" in generate_latest(registry)
                await redis.config_set("maxmemory", before)
                await until(lambda: said("ready"), what="a heartbeat that all is well")
        finally:
            await redis.config_set("maxmemory", before)
            await redis.delete(BALLAST)

    checks = orjson.loads(broker.events[0]["body"])["checks"]
    assert checks["redis"] == "ok"
    assert checks["cache"].endswith("of its memory is used; it evicts nothing, and when it is full it refuses writes")
