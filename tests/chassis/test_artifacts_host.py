"""A production's folder of artifacts is one host's: whoever comes later on another host is refused."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from libs.chassis.errors import StartRefusedError
from libs.chassis.liveness.artifacts_host import artifacts_on_one_host
from libs.chassis.process import process_of
from libs.chassis.settings import SharedSettings
from tests.chassis.processes import started


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


class OpensNone(SharedSettings):
    opens_artifacts = False


def settings_of(namespace: str, *, kind: type[SharedSettings] = SharedSettings, **changed: Any) -> SharedSettings:
    usual = {"kafka_bootstrap": "127.0.0.1:1", "mongo_url": "mongodb://127.0.0.1", "redis_url": "redis://127.0.0.1"}
    return kind(**(usual | {"artifacts_url": "/srv/artifacts", "namespace": namespace} | changed))


def starting(redis: Redis, settings: SharedSettings, *, host: str, instance: str) -> AbstractAsyncContextManager[None]:
    return artifacts_on_one_host(redis, settings, host=host, instance=instance)


async def test_all_processes_of_a_host_start_and_none_of_another_until_they_have_left(redis: Redis, namespace: str) -> None:
    settings = settings_of(namespace)

    async with starting(redis, settings, host="a", instance="gateway-1"):
        async with starting(redis, settings, host="a", instance="training-1"):
            pass
        with pytest.raises(StartRefusedError, match=r"a folder of another host \(a; this is b\)"):
            async with starting(redis, settings, host="b", instance="training-2"):
                pytest.fail("it started")
        async with starting(redis, settings, host="a", instance="training-1"):
            pass

    async with starting(redis, settings, host="b", instance="training-2"):
        pass
    assert await redis.keys(f"{namespace}:*") == []


async def test_of_two_hosts_that_start_at_once_one_is_refused(redis: Redis, namespace: str) -> None:
    settings, both = settings_of(namespace), asyncio.Barrier(2)

    async def start(host: str) -> bool:
        try:
            async with starting(redis, settings, host=host, instance="inference-1"):
                await both.wait()
                return True
        except StartRefusedError:
            await both.wait()
            return False

    assert sorted(await asyncio.gather(start("a"), start("b"))) == [False, True]


@pytest.mark.parametrize(
    "changed",
    [{"artifacts_url": "memory://bucket"}, {"profile": "development"}, {"allow_insecure": ("local_artifacts",)}, {"kind": OpensNone}],
)
async def test_a_store_for_all_development_who_is_allowed_and_who_opens_none_start_anywhere(
    redis: Redis, namespace: str, changed: dict[str, Any]
) -> None:
    async with (
        starting(redis, settings_of(namespace), host="a", instance="gateway-1"),
        starting(redis, settings_of(namespace, **changed), host="b", instance="gateway-2"),
    ):
        pass


def test_who_opens_no_artifacts_tells_of_none_on_its_host() -> None:
    since = datetime(2026, 1, 15, tzinfo=UTC)

    told = [process_of(settings_of("", kind=kind), started_at=since).local_artifacts for kind in (SharedSettings, OpensNone)]

    assert told == [True, False]


async def test_a_host_starts_while_nobody_can_tell(namespace: str) -> None:
    async with Redis.from_url("redis://127.0.0.1:1") as away, starting(away, settings_of(namespace), host="b", instance="gateway-2"):
        pass


async def test_a_service_says_it_in_one_sentence_and_ends_with_status_2(
    redis: Redis, redis_url: str, mongo_url: str, namespace: str, tmp_path: Path
) -> None:
    environment = {
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "MONGO_URL": mongo_url,
        "REDIS_URL": redis_url,
        "ARTIFACTS_URL": str(tmp_path / "artifacts"),
        "NAMESPACE": namespace,
        "MARKET_DATA_SYNTHETIC": "allow",
        "RAY_ADDRESS": "127.0.0.1:1",
        "TRAINING_ALLOW_INSECURE": "synthetic,cors",
    }
    async with (
        starting(redis, settings_of(namespace), host="far-away", instance="gateway-1"),
        started("-m", "services.training", environment=environment, folder=tmp_path) as service,
    ):
        assert await service.process.wait() == 2

    *logged, said = service.lines.splitlines()
    assert said.startswith("Cannot start: the artifacts lie in a folder of another host (far-away; this is ")
    assert said.endswith(". See docs/guides/production.md.")
    assert [json.loads(line)["event"] for line in logged[:2]] == ["not fit for production, and allowed", "allowed without need"]
    assert "MARKET_DATA_SYNTHETIC=allow" in logged[0]
