"""A service's process: starts, tells how it is, survives, and ends as it should."""

import asyncio
import signal
import textwrap
from pathlib import Path

import orjson
import pytest
from redis.asyncio import Redis

from libs.chassis.liveness.fleet import joined_metrics
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import connect
from tests.chassis.processes import started
from tests.conftest import Kafka
from tests.waiting import until


@pytest.fixture
def environment(embedded_broker: Kafka, mongo_url: str, redis_url: str, namespace: str, tmp_path: Path) -> dict[str, str]:
    return {
        "KAFKA_BOOTSTRAP": embedded_broker.bootstrap,
        "MONGO_URL": mongo_url,
        "REDIS_URL": redis_url,
        "ARTIFACTS_URL": str(tmp_path / "artifacts"),
        "NAMESPACE": namespace,
        "INSTANCE": "monitoring-7",
    }


async def test_a_service_serves_beats_shows_its_metrics_and_stops_gracefully(
    environment: dict[str, str], tmp_path: Path, redis_url: str, namespace: str
) -> None:
    settings = SharedSettings(
        kafka_bootstrap="x", mongo_url=environment["MONGO_URL"], redis_url=redis_url, artifacts_url=str(tmp_path), namespace=namespace
    )
    instances = connect(settings, "monitoring")["instances"]
    async with (
        started("-m", "services.monitoring", environment=environment, folder=tmp_path) as service,
        Redis.from_url(redis_url) as redis,
    ):
        await service.ready()

        async def heard() -> bool:
            known = await instances.find_one({"_id": "monitoring-7"})
            return known is not None and known["health"] == "healthy"

        async def shown() -> bool:
            page = await joined_metrics(redis, namespace)
            return b'process_resident_memory_bytes{instance="monitoring-7",service="monitoring"}' in page

        await until(heard, what="a heartbeat")
        await until(shown, what="metrics")
        service.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(service.process.wait(), 90) == 0

        assert b"monitoring-7" not in await joined_metrics(redis, namespace)
        assert not list((tmp_path / "probes").iterdir())
        events = [orjson.loads(line)["event"] for line in service.lines.splitlines()]
    assert "ready" in events
    assert events[-1] == "stopped"
    assert (await redis_keys(redis_url, namespace)) == []


async def redis_keys(redis_url: str, namespace: str) -> list[bytes]:
    async with Redis.from_url(redis_url) as redis:
        return [key async for key in redis.scan_iter(f"{namespace}:*")]


async def test_a_start_waits_for_a_store_that_is_away_and_a_signal_ends_the_wait(environment: dict[str, str], tmp_path: Path) -> None:
    away = environment | {"MONGO_URL": "mongodb://127.0.0.1:1/"}

    async with started("-m", "services.monitoring", environment=away, folder=tmp_path) as service:
        await service.says("waiting for MongoDB")
        service.process.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(service.process.wait(), 90) == 0


@pytest.mark.soak  # What it waits for is in test_bus_outages.py, with less patience.
async def test_a_broker_that_is_away_keeps_no_service_from_starting_and_stopping(environment: dict[str, str], tmp_path: Path) -> None:
    away = environment | {"KAFKA_BOOTSTRAP": "127.0.0.1:1"}

    async with started("-m", "services.monitoring", environment=away, folder=tmp_path) as service:
        await service.ready()
        service.process.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(service.process.wait(), 90) == 0


@pytest.mark.soak  # The sentence and the status are in test_settings.py.
async def test_a_missing_setting_is_one_sentence_and_status_2(environment: dict[str, str], tmp_path: Path) -> None:
    del environment["MONGO_URL"]
    async with started("-m", "services.monitoring", environment=environment, folder=tmp_path) as service:
        assert await asyncio.wait_for(service.process.wait(), 90) == 2

    assert service.lines == "Cannot start: MONGO_URL is missing. See docs/configuration.md.\n"


async def test_an_unexpected_error_ends_the_process_with_its_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        textwrap.dedent("""
            import asyncio
            from contextlib import asynccontextmanager
            from libs.chassis.process import serve
            from libs.chassis.settings import SharedSettings

            async def fail():
                raise ArithmeticError("two and two are five")

            @asynccontextmanager
            async def running(settings, chassis):
                async with chassis.bus.running(), asyncio.TaskGroup() as tasks:
                    chassis.ready()
                    tasks.create_task(fail())
                    yield

            serve("monitoring", settings=SharedSettings, running=running)
        """)
    )
    async with started(str(broken), environment=environment | {"PYTHONPATH": "."}, folder=tmp_path) as service:
        assert await asyncio.wait_for(service.process.wait(), 90) == 1

    last = orjson.loads(service.lines.splitlines()[-1])
    assert "two and two are five" in last["exception"]
    assert last["instance"] == "monitoring-7"
