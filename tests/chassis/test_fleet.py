"""The fleet's metrics on one page, and the probes of those that have no page."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from libs.chassis.errors import UnavailableError
from libs.chassis.liveness.fleet import LIVE_S, forget_metrics, joined_metrics, new_registry, publish_metrics
from libs.chassis.liveness.probe import STALE_S, ProbeFiles, examine, probe_place
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.cache import connect_redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


def registry_with(count: int) -> CollectorRegistry:
    registry = new_registry()
    Counter("jobs", "Jobs taken up.", ["kind"], registry=registry).labels("training").inc(count)
    Histogram("job_seconds", "How long jobs took.", buckets=(1, 10), registry=registry).observe(count)
    return registry


async def test_every_sample_of_the_fleet_says_whose_it_is(redis: Redis, namespace: str) -> None:
    for instance, count in (("training-1", 3), ("training-2", 5)):
        await publish_metrics(redis, namespace=namespace, service="training", instance=instance, registry=registry_with(count))

    page = (await joined_metrics(redis, namespace)).decode()

    assert 'jobs_total{instance="training-1",kind="training",service="training"} 3.0' in page
    assert 'jobs_total{instance="training-2",kind="training",service="training"} 5.0' in page
    assert 'job_seconds_bucket{instance="training-2",le="10.0",service="training"} 1.0' in page
    assert page.count("# TYPE jobs_total counter") == 1
    families = list(text_string_to_metric_families(page))
    assert "process_resident_memory_bytes" in {family.name for family in families}
    assert all({"service", "instance"} <= sample.labels.keys() for family in families for sample in family.samples)


async def test_metrics_live_30_s_and_leave_with_their_process(redis: Redis, namespace: str) -> None:
    place = {"namespace": namespace, "service": "training", "instance": "training-1"}
    await publish_metrics(redis, registry=registry_with(1), **place)
    assert LIVE_S - 5 <= await redis.ttl(f"{namespace}:metrics:training:training-1") <= LIVE_S

    await forget_metrics(redis, **place)

    assert await joined_metrics(redis, namespace) == b""


async def test_a_process_that_vanished_is_left_out(redis: Redis, namespace: str) -> None:
    await publish_metrics(redis, namespace=namespace, service="training", instance="training-1", registry=registry_with(1))

    await redis.delete(f"{namespace}:metrics:training:training-1")

    assert await joined_metrics(redis, namespace) == b""


async def test_another_platform_on_the_same_server_is_not_shown(redis: Redis, namespace: str) -> None:
    registry = CollectorRegistry()
    Gauge("here", "Here.", registry=registry).set(1)
    await publish_metrics(redis, namespace=namespace, service="training", instance="training-1", registry=registry)

    assert await joined_metrics(redis, f"{namespace}x") == b""


async def test_a_page_without_redis_is_unavailable() -> None:
    settings = SharedSettings(kafka_bootstrap="x", mongo_url="mongodb://x", redis_url="redis://127.0.0.1:1", artifacts_url="x")

    with pytest.raises(UnavailableError):
        await joined_metrics(connect_redis(settings, "test"), "")


def test_a_probe_follows_a_process_through_its_life(tmp_path: Path) -> None:
    place = probe_place("training", environ={"PROBE_DIR": str(tmp_path), "INSTANCE": "training-0.eu"})
    assert "there is no" in str(examine("live", place=place))

    files = ProbeFiles(place)
    files.touch(ready=False)
    assert examine("live", place=place) is None
    assert examine("ready", place=place) is not None
    files.touch(ready=True)
    assert examine("ready", place=place) is None
    files.touch(ready=False)
    assert examine("ready", place=place) is not None
    files.remove()

    assert list(tmp_path.iterdir()) == []


def test_a_process_whose_loop_hangs_is_not_live(tmp_path: Path) -> None:
    place = tmp_path / "training"
    ProbeFiles(place).touch(ready=True)
    old = time.time() - STALE_S - 5

    for file in tmp_path.iterdir():
        os.utime(file, (old, old))

    assert "has not answered for 20 s" in str(examine("live", place=place))
    assert "has not answered for 20 s" in str(examine("ready", place=place))


@pytest.mark.parametrize(
    ("arguments", "status"), [(["live", "training"], 0), (["ready", "training"], 1), (["alive", "training"], 2), ([], 2)]
)
def test_the_probe_is_a_command_that_needs_nothing_but_python(tmp_path: Path, arguments: list[str], status: int) -> None:
    ProbeFiles(tmp_path / "training").touch(ready=False)
    root = Path(__file__).resolve().parents[2]

    # -S: without installed packages.
    answer = subprocess.run(
        [sys.executable, "-S", "-m", "libs.chassis.liveness.probe", *arguments],
        cwd=root,
        env={"PROBE_DIR": str(tmp_path)},
        check=False,
        capture_output=True,
    )

    assert answer.returncode == status
    assert bool(answer.stderr) is bool(status)
