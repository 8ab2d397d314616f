"""`make bench`: measures the hot paths on both brokers, prints tables and writes build/bench.json. No test asserts a time.

`BROKER="embedded apache-kafka"` says on which brokers, `BENCH="kernels agents datasets queue tuning exports texts drift paths scale sockets"` what
is measured; `predictions`, `ranges` and `pages` are parts of `paths`; `text_serving` is measured where it is asked for.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.local.story import MODEL
from tests.bench.agents import measure_agents
from tests.bench.datasets import measure_datasets
from tests.bench.drift import measure_drift
from tests.bench.exports import measure_exports
from tests.bench.kernels import measure_kernels
from tests.bench.market import measure_market
from tests.bench.pages import measure_pages
from tests.bench.predictions import measure_predictions
from tests.bench.queue import measure_queue
from tests.bench.ranges import measure_ranges
from tests.bench.rest import measure_rest
from tests.bench.scale import measure_scale
from tests.bench.sockets import measure_sockets
from tests.bench.text_serving import measure_text_serving
from tests.bench.texts import measure_texts
from tests.bench.trainers import NOTHING, TRAINER
from tests.bench.tuning import measure_tuning
from tests.conftest import find_kafka_home
from tests.journeys.customer import Customer, small_model
from tests.journeys.platform import SERVICES, Platform, platform_running
from tests.waiting import until

console = Console()
LIMITS = json.dumps({face: {"elite": 100_000_000} for face in ("ai_studio", "model_builder")})
STARTS = 20
WARM = 2


def main() -> None:
    """Run everything that this machine can, or what is asked for."""
    brokers = [broker for broker in os.environ.get("BROKER", "embedded apache-kafka").split() if _is_there(broker)]
    wanted = os.environ.get("BENCH", "kernels agents datasets queue tuning exports texts drift paths scale sockets").split()
    found: dict[str, Any] = {"cpus": os.cpu_count()}
    for name, measured in {
        "kernels": measure_kernels,
        "agents": measure_agents,
        "datasets": measure_datasets,
        "queue": measure_queue,
        "tuning": measure_tuning,
        "exports": measure_exports,
        "texts": measure_texts,
        "drift": measure_drift,
    }.items():
        if name in wanted:
            found[name] = measured()
            _table(name.capitalize(), found[name])
    for broker in brokers:
        for name, measure_on in {
            "paths": _paths,
            "predictions": _predictions,
            "ranges": _ranges,
            "pages": _pages,
            "text_serving": _text_serving,
            "scale": measure_scale,
            "sockets": measure_sockets,
        }.items():
            if name in wanted:
                rows = measure_on(broker)
                found.setdefault(broker, {}).update(rows)
                _table(f"On the {broker} broker: {name}", rows)
    target = Path("build/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(found, indent=1))
    console.print(f"written to {target}")


def _is_there(broker: str) -> bool:
    if broker == "apache-kafka" and find_kafka_home() is None:
        console.print("Apache Kafka is left out: set KAFKA_HOME to an unpacked release")
        return False
    return True


def _paths(broker: str) -> dict[str, Any]:
    """Return the hot paths, one replica of each service."""
    began = time.perf_counter()
    with _platform(broker) as platform:
        return {"ready_after_s": round(time.perf_counter() - began, 2)} | _measured(platform)


def _predictions(broker: str) -> dict[str, Any]:
    """Return the paths of a prediction alone."""
    with _platform(broker) as platform:
        token, model_id, _ = asyncio.run(_prepare(platform, starts=0))
        return measure_predictions(platform, token=token, model_id=model_id, folder=platform.run_dir)


def _ranges(broker: str) -> dict[str, Any]:
    """Return the paths of many predictions at once alone."""
    with _platform(broker) as platform:
        token, model_id, _ = asyncio.run(_prepare(platform, starts=0))
        return measure_ranges(platform.gateway, token=token, model_id=model_id)


def _pages(broker: str) -> dict[str, Any]:
    """Return the pages of the web UI alone."""
    with _platform(broker) as platform:
        return measure_pages(platform.gateway)


def _text_serving(broker: str) -> dict[str, Any]:
    """Return labels of texts beside MLflow's."""
    with _platform(broker) as platform:
        return measure_text_serving(platform, folder=platform.run_dir)


@contextmanager
def _platform(broker: str) -> Iterator[Platform]:
    home = find_kafka_home() if broker == "apache-kafka" else None
    settings = {"GATEWAY_RATE_LIMITS": LIMITS, "TRAINING_TRAINER": TRAINER, "MARKETPLACE_AUTO_APPROVE": "true"}
    with (
        tempfile.TemporaryDirectory(prefix="mb-bench-") as folder,
        platform_running(Path(folder), broker=broker, kafka_home=home, **settings) as platform,
    ):
        yield platform


def _measured(platform: Platform) -> dict[str, Any]:
    rows = measure_rest(platform)
    token, model_id, starts = asyncio.run(_prepare(platform, starts=STARTS))
    rows |= starts
    rows |= measure_predictions(platform, token=token, model_id=model_id, folder=platform.run_dir)
    rows |= measure_ranges(platform.gateway, token=token, model_id=model_id)
    rows |= measure_market(platform.gateway, token=token, model_id=model_id)
    rows |= measure_pages(platform.gateway)
    return rows | {"started_again_s": _restarts(platform)}


async def _prepare(platform: Platform, *, starts: int) -> tuple[str, str, dict[str, float]]:
    """Train the model that is asked, then measure how fast jobs are accepted, started, and seen to run."""
    customer = await Customer(platform.gateway).sign_up()
    model_id = await customer.make_model(MODEL)
    job = await customer.ended(await customer.train(model_id))
    assert job["status"] == "COMPLETED", job
    accepted, started, seen = [], [], []
    for number in range(starts):
        small = await customer.make_model(small_model(f"start {number}", algorithm=NOTHING))
        await until(lambda: asyncio.to_thread(platform.has_warm_runners, WARM), what="the pool is warm again")
        began = time.perf_counter()
        answer = await customer.call("POST", f"/api/ai-studio/models/{small}/train/", body={})
        accepted.append((time.perf_counter() - began) * 1000)
        began, moment, job_id = time.perf_counter(), datetime.now(UTC), answer.json()["job_id"]
        await until(partial(_has_started, customer, job_id), what="the job's start")
        seen.append((time.perf_counter() - began) * 1000)
        job = await customer.ended(job_id)
        started.append((datetime.fromisoformat(job["started_at"]) - moment).total_seconds() * 1000)
    # A runner that takes another's place takes most of a core for some seconds.
    await until(lambda: asyncio.to_thread(platform.has_warm_runners, WARM), what="the pool is warm again")
    token = (await customer.call("GET", "/auth/me")).request.headers["Authorization"].partition(" ")[2]
    await customer.close()
    measured = {"accept": accepted, "accept_to_start": started, "accept_to_seen_running": seen}
    return token, model_id, {f"{name}_ms_p50": round(median(values), 1) for name, values in measured.items() if values}


async def _has_started(customer: Customer, job_id: str) -> bool:
    return bool((await customer.job(job_id))["status"] != "PENDING")


def _restarts(platform: Platform) -> dict[str, float]:
    """Return how long after a kill -9 another process of each service is there (it then has to start)."""
    found = {}
    for service in SERVICES:
        pid = platform.kill(service)
        assert pid is not None
        found[service] = round(platform.until_back(service, other_than=pid), 2)
    return found


def _table(title: str, rows: dict[str, Any]) -> None:
    table = Table("what", "measured", title=title)
    for name, value in rows.items():
        table.add_row(name, ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value))
    console.print(table)


if __name__ == "__main__":
    main()
