"""A worker hangs and is killed: it is an alert until one is there again, as anybody may read it."""

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx
import psutil
import pytest

from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
# Anybody may ask 60 times a minute.
BETWEEN_S = 1.1
PARTS = ("kafka", "mongodb", "redis", "rabbitmq")


def misses_only_the_worker(answer: httpx.Response) -> bool:
    """Tell whether a page of health says so: of a store that has much to do it may say that it gave no answer within a second."""
    page = answer.json()
    return (
        (answer.status_code, page.get("status")) == (200, "degraded")
        and any("training-2" in warning for warning in page["warnings"])
        and all(page["services"][part]["status"] == "healthy" for part in PARTS)
    )


async def test_a_worker_that_is_killed_is_an_alert_until_it_is_back(platform: Platform) -> None:
    began = time.time()

    async def all_serve() -> bool:
        return all(platform.serves(name, since=began) for name in ("training", "training-2"))

    # Of two workers one is to be missing: another journey may have killed both a moment ago.
    await until(all_serve, what="both workers")
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=20) as anybody:

        async def found(**wanted: str) -> list[dict[str, Any]] | None:
            await asyncio.sleep(BETWEEN_S)
            answer = await anybody.get("/api/monitoring/alerts", params={"severity": "CRITICAL", **wanted})
            return [each for each in answer.json()["alerts"] if each["subject"] == "training-2"] if answer.status_code == 200 else None

        async def is_open() -> bool:
            opened[:] = await found(status="OPEN") or ()
            return bool(opened)

        async def nothing_is_open() -> bool:
            return await found(status="OPEN") == []

        async def is_degraded() -> bool:
            await asyncio.sleep(BETWEEN_S)
            return misses_only_the_worker(await anybody.get("/api/monitoring/health"))

        async def is_over() -> bool:
            over[:] = [each for each in await found(status="RESOLVED") or () if each["alert_id"] == opened[0]["alert_id"]]
            return bool(over)

        async def is_well() -> bool:
            await asyncio.sleep(BETWEEN_S)
            page = (await anybody.get("/api/monitoring/health")).json()
            return not any("training-2" in each for each in page.get("warnings", ["training-2"]))

        opened: list[dict[str, Any]] = []
        over: list[dict[str, Any]] = []
        await until(nothing_is_open, what="the end of what another journey has raised")
        with platform.frozen("training-2"):
            await until(is_open, what="an alert of the worker's silence")
            await until(is_degraded, what="a page of health on which only the worker is missing")
            pid = platform.kill("training-2")
        platform.until_back("training-2", other_than=pid)
        back_at = psutil.Process(platform.pid_when_it_runs("training-2")).create_time()
        await until(is_over, what="the alert's end")
        await until(is_well, what="health without a word of the worker")

    assert opened[0]["alert_id"].startswith("alert_instance_silent_")
    assert over[0]["resolved_at"] > opened[0]["created_at"]
    assert datetime.fromisoformat(over[0]["resolved_at"]).timestamp() > back_at
