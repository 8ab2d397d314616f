"""A worker hangs and is killed: it is an alert until one is there again, as anybody may read it."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
# Anybody may ask 60 times a minute.
BETWEEN_S = 1.1


async def test_a_worker_that_is_killed_is_an_alert_until_it_is_back(platform: Platform) -> None:
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=20) as anybody:
        alerts: list[dict[str, Any]] = []

        async def silent(status: str) -> bool:
            await asyncio.sleep(BETWEEN_S)
            found = (await anybody.get("/api/monitoring/alerts", params={"severity": "CRITICAL", "status": status})).json()
            alerts[:] = [each for each in found.get("alerts", ()) if each["subject"] == "training-2"]
            return bool(alerts)

        with platform.frozen("training-2"):
            await until(lambda: silent("OPEN"), what="an alert of the worker's silence")
            degraded = await anybody.get("/api/monitoring/health")
            pid = platform.kill("training-2")
        assert pid is not None
        platform.until_back("training-2", other_than=pid)
        opened = alerts[0]
        await until(lambda: silent("RESOLVED"), what="the alert's end")

    assert opened["alert_id"].startswith("alert_instance_silent_")
    assert opened["alert_id"] in {each["alert_id"] for each in alerts}
    assert (degraded.status_code, degraded.json()["status"]) == (200, "degraded")
    assert any("training-2" in warning for warning in degraded.json()["warnings"])
    for part in ("kafka", "mongodb", "redis", "rabbitmq"):
        assert degraded.json()["services"][part]["status"] == "healthy", degraded.text
