"""A store that is full, or refuses what it took yesterday, ends no process: it is told, counted, and the work goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from redis.asyncio import Redis

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.ready import redis_ready
from deploy.local.servers import valkey
from libs.chassis.liveness.failures import FAILURES, report_failure
from libs.chassis.liveness.fleet import joined_metrics, keep_publishing, new_registry
from libs.chassis.tasks import beside
from tests.chassis.processes import Running, started
from tests.conftest import Kafka
from tests.waiting import until


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey of these stories' own, to be filled."""
    tmp_path = tmp_path_factory.mktemp("own-redis")
    (port,) = free_ports(1)
    url = f"redis://127.0.0.1:{port}/0"
    with running(valkey(port=port, data=tmp_path / "valkey", log=tmp_path / "valkey.log", mark=f"tests-{uuid4().hex}:own-redis")):
        asyncio.run(redis_ready(url))
        yield url


@pytest.fixture
async def service(embedded_broker: Kafka, mongo_url: str, own_redis: str, namespace: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A service's process."""
    places = {"KAFKA_BOOTSTRAP": embedded_broker.bootstrap, "MONGO_URL": mongo_url, "REDIS_URL": own_redis, "ARTIFACTS_URL": str(tmp_path)}
    environment = places | {"NAMESPACE": namespace, "INSTANCE": "monitoring-1"}
    async with started("-m", "services.monitoring", environment=environment, folder=tmp_path) as service:
        await service.ready()
        yield service


REFUSALS = pytest.mark.parametrize(
    ("refuse", "allow"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("ACL", "SETUSER", "default", "-set", "-zadd"), ("ACL", "SETUSER", "default", "+@all")),
    ],
    ids=["full", "not permitted"],
)


async def failures_shown(redis: Redis, namespace: str) -> bool:
    return b"modelbourse_background_failures_total{instance=" in await joined_metrics(redis, namespace)


@REFUSALS
async def test_a_cache_that_refuses_every_write_is_told_and_written_to_again(
    own_redis: str, namespace: str, refuse: tuple[str, ...], allow: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    place: dict[str, Any] = {"namespace": namespace, "service": "monitoring", "instance": "monitoring-1", "registry": new_registry()}
    told: list[str] = []

    async def said() -> bool:
        told.append(capsys.readouterr().out)
        return "publishing metrics: waits and tries again" in "".join(told)

    async with Redis.from_url(own_redis) as redis:
        await redis.execute_command(*refuse)
        async with beside(keep_publishing(redis, every_s=0.05, **place)):
            await until(said, what="the refusal told")
            await redis.execute_command(*allow)

            await until(lambda: failures_shown(redis, namespace), what="metrics after the refusals")


@pytest.mark.soak  # The loop that writes there most is above, in this process.
@REFUSALS
async def test_a_cache_that_refuses_every_write_ends_no_process_and_is_written_to_again(
    service: Running, own_redis: str, namespace: str, refuse: tuple[str, ...], allow: tuple[str, ...]
) -> None:
    async with Redis.from_url(own_redis) as redis:
        await redis.execute_command(*refuse)
        await service.says("publishing metrics: waits and tries again")
        await redis.execute_command(*allow)
        await redis.flushall()

        await until(lambda: failures_shown(redis, namespace), what="metrics after the refusals")
        assert service.process.returncode is None


def test_a_failure_nobody_foresaw_is_told_with_its_traceback_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    registry = CollectorRegistry()
    registry.register(FAILURES)
    work = f"a story {uuid4().hex}"

    for told in (False, True, True):
        report_failure(KeyError("outcome"), work=work, reported=told)

    assert capsys.readouterr().out.count(f"{work}: failed and is tried again") == 1
    assert f'modelbourse_background_failures_total{{work="{work}"}} 3.0'.encode() in generate_latest(registry)
