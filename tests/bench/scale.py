"""What one more replica brings, and what a prediction and a job cost each process and store (docs/scale.md)."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from deploy.local.story import MODEL
from tests.bench.load import measure
from tests.bench.predictions import different_bodies
from tests.bench.trainers import NOTHING, TICKING, TRAINER
from tests.bench.usage import Usage, look, processes, service_of
from tests.conftest import find_kafka_home
from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import SERVICES, Platform, platform_running
from tests.waiting import until

REPLICAS = (1, 2, 4)
CONCURRENCY = 64  # of each gateway
PREDICTIONS, JOBS, WATCHED_S = 12_000, 20, 25
SETTINGS = {"GATEWAY_RATE_LIMITS": json.dumps({"ai_studio": {"elite": 100_000_000}}), "TRAINING_TRAINER": TRAINER}


def measure_scale(broker: str) -> dict[str, Any]:
    """Return throughput and costs with 1, 2 and 4 gateways and inference processes, each pinned to one core."""
    rows: dict[str, Any] = {}
    for count in REPLICAS:
        with _platform(broker, REPLICAS=f"gateway={count} inference={count}") as platform:
            pin(platform)
            token, model_id, jobs = asyncio.run(_train(platform))
            if count == 1:
                rows |= jobs
            rows[f"{count}_gateways_{count}_inference"] = _predict(
                platform, token=token, model_id=model_id, concurrency=CONCURRENCY * count
            )
    return rows


@contextmanager
def _platform(broker: str, **settings: str) -> Iterator[Platform]:
    home = find_kafka_home() if broker == "apache-kafka" else None
    with (
        tempfile.TemporaryDirectory(prefix="mb-scale-") as folder,
        platform_running(Path(folder), broker=broker, kafka_home=home, **SETTINGS | settings) as platform,
    ):
        yield platform


def pin(platform: Platform) -> None:
    """Give each replica one core, gateways from the first one on, inference from the last one back."""
    cores, taken = psutil.Process().cpu_affinity(), {"gateway": 0, "inference": 0}
    assert cores
    for name, process in processes(platform):
        if (service := service_of(name)) in taken:
            number = taken[service] % len(cores)
            process.cpu_affinity([cores[number] if service == "gateway" else cores[-1 - number]])
            taken[service] += 1


async def _train(platform: Platform) -> tuple[str, str, dict[str, Any]]:
    """Train the model that is asked, then jobs that do nothing but be jobs, and return what each cost, and a second of a running one."""
    customer = await Customer(platform.gateway).sign_up()
    model_id = await customer.make_model(MODEL)
    await customer.ended(await customer.train(model_id))
    small = small_model("job", algorithm=NOTHING)
    models = [await customer.make_model(small | {"name": f"job {number}"}) for number in range(JOBS)]
    before = await asyncio.to_thread(look, platform)
    for model in models:
        await customer.ended(await customer.train(model))
    rows = {"a_job": _each((await asyncio.to_thread(look, platform)).since(before), JOBS)}
    rows |= await _a_running_job(platform, customer, small | {"name": "ticking", "hyperparameters": {"random_state": TICKING}})
    token = (await customer.call("GET", "/auth/me")).request.headers["Authorization"].partition(" ")[2]
    await customer.close()
    return token, model_id, rows


async def _a_running_job(platform: Platform, customer: Customer, ticking: dict[str, Any]) -> dict[str, Any]:
    """Return what a second costs in which nothing is done, and one in which a job tells its progress; nobody watches it meanwhile."""
    model_id, looks = await customer.make_model(ticking), [await asyncio.to_thread(look, platform)]
    for begin in (None, customer.train):
        if begin is not None:
            await begin(model_id)
        await asyncio.sleep(WATCHED_S)
        looks.append(await asyncio.to_thread(look, platform))
    at_rest, running = looks[1].since(looks[0]), looks[2].since(looks[1])
    return {"a_second_at_rest": _each(at_rest, WATCHED_S), "a_second_with_a_running_job": _each(running, WATCHED_S)}


def _predict(platform: Platform, *, token: str, model_id: str, concurrency: int) -> dict[str, Any]:
    call: dict[str, Any] = {
        "path": f"/api/ai-studio/models/{model_id}/predict/",
        "token": token,
        "bodies": different_bodies(),
        "concurrency": concurrency,
    }
    port = int(platform.gateway.rpartition(":")[2])
    measure("127.0.0.1", port, requests=PREDICTIONS // 4, **call)
    before = look(platform)
    seen = measure("127.0.0.1", port, requests=PREDICTIONS, **call)
    asyncio.run(_log_is_written(platform, before))
    used = look(platform).since(before)
    return {"per_s": round(seen.throughput), "p50_ms": round(seen.at(0.5), 1), "p99_ms": round(seen.at(0.99), 1)} | _each(used, PREDICTIONS)


async def _log_is_written(platform: Platform, before: Usage) -> None:
    """Wait until the log of predictions, which is written behind, has them all."""
    grown = -1.0

    async def stands() -> bool:
        nonlocal grown
        former, grown = grown, look(platform).since(before).mongo_bytes
        await asyncio.sleep(1)  # it is written several times a second
        return grown == former and grown > 0

    await until(stands, what="the log of predictions is written")


def _each(used: Usage, count: int) -> dict[str, Any]:
    """Return what one of so many cost: milliseconds of CPU by process, writes and bytes."""
    named = (*SERVICES, "kafka", "mongodb", "redis")
    return {f"cpu_ms_{name}": round(1000 * used.cpu_s.get(name, 0.0) / count, 3) for name in named} | {
        "mongodb_writes": round(sum(used.mongo_writes.values()) / count, 2),
        "mongodb_bytes": round(used.mongo_bytes / count),
        "kafka_bytes": round(used.kafka_bytes / count),
        "redis_commands": round(sum(used.redis_commands.values()) / count, 2),
    }
