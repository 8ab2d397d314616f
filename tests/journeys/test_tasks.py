"""A model from the request of its training to its deployment, and to the answers that it gives from then on, through Kafka and Ray."""

import asyncio
import time
from typing import Any

import pytest

from libs.contracts.sent_candles import CandleColumns, MarketData
from libs.market.candles import Market
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.journeys.sent import as_sent
from tests.journeys.test_cli import an_admin

pytestmark = pytest.mark.journey
ASKED = {
    "model_type": "lstm",
    "symbol": "AAPL",
    "timeframe": "1d",
    "epochs": 3,
    "batch_size": 256,
    "hidden_units": 8,
    "sequence_length": 10,
}
CANDLES, DAY_MS = 120, 86_400_000


def sent_candles(symbol: str) -> dict[str, Any]:
    """The newest days of a share that the platform has, as somebody sends them."""
    found = Market(None, synthetic_allowed=False).candles(symbol, "1d")
    found = found.part(len(found) - CANDLES, len(found))
    columns = (found.time // 10**6 - DAY_MS, found.open, found.high, found.low, found.close, found.volume)
    bars = CandleColumns.of(zip(*(each.tolist() for each in columns), strict=True))
    at = bars.timestamp[-1] + DAY_MS
    return as_sent(MarketData(symbol=symbol, timeframe_data={"1d": bars}, current_price=bars.close[-1], timestamp=at))


async def ended(customer: Customer, task_id: str, *, within: float = 240.0) -> dict[str, Any]:
    deadline, seen = time.monotonic() + within, set()
    while True:
        told: dict[str, Any] = (await customer.persist("GET", f"/api/tasks/{task_id}", accept={200})).json()
        seen.add(told["status"])
        if told["status"] not in {"PENDING", "STARTED"}:
            return told | {"seen": seen}
        assert time.monotonic() < deadline, told
        await asyncio.sleep(1.5)


async def answered_by(customer: Customer, symbol: str, model_id: str, *, within: float = 180.0) -> dict[str, Any]:
    """Return the first trend of a symbol that a model tells: looked for ever less often, as requests of a minute are limited."""
    deadline, pause, body = time.monotonic() + within, 0.5, {"symbol": symbol, "timeframe": "1d"}
    while True:
        told: dict[str, Any] = (await customer.persist("POST", "/predict-trend", body=body, accept={200})).json()
        if (told["model_view"] or {}).get("model_id") == model_id:
            return told
        assert time.monotonic() < deadline, told
        await asyncio.sleep(pause)
        pause = min(2 * pause, 8.0)


async def test_a_network_is_trained_as_a_task_and_deployed_and_answers_from_then_on(platform: Platform) -> None:
    customer, admin = await Customer(platform.gateway).sign_up(), await an_admin(platform)

    accepted = (await customer.persist("POST", "/api/tasks/train", body=ASKED, accept={202})).json()
    done = await ended(customer, accepted["task_id"])
    job = (await customer.persist("GET", f"/api/training/jobs/{accepted['job_id']}", accept={200})).json()
    refused = await admin.http.post(f"/api/training/jobs/{accepted['task_id']}/deploy")
    deployed = (
        await admin.persist("POST", f"/api/training/jobs/{accepted['task_id']}/deploy", body={"force_deploy": True}, accept={200})
    ).json()
    after = (await customer.persist("GET", f"/api/training/jobs/{accepted['job_id']}", accept={200})).json()
    stats = (await customer.persist("GET", "/api/tasks/stats", accept={200})).json()
    (model,) = (await customer.persist("GET", "/api/ai-studio/models/", accept={200})).json()["results"]
    told = await answered_by(customer, "AAPL", model["id"])
    analysis = (await customer.persist("POST", "/ai/analyze", body=sent_candles("AAPL"), accept={200})).json()

    assert (done["status"], done["result"]["model_id"], done["result"]["epochs_completed"]) == ("SUCCESS", accepted["model_id"], 3)
    assert 0 < done["result"]["accuracy"] < 1
    assert [
        name for part in ("metrics", "performance", "model_info", "parameters") for name, value in job[part].items() if value is None
    ] == []
    assert job["metrics"]["training_samples"] > job["metrics"]["validation_samples"] > 0
    assert (refused.status_code, "below minimum threshold" in refused.json()["detail"]) == (400, True)
    assert (deployed["is_active"], after["status"], after["deployment"]["is_active"]) == (True, "DEPLOYED", True)
    assert (stats["successful"], stats["system_health"]["celery_workers_active"] >= 1) == (1, True)
    assert (model["name"], told["source"], analysis["model_view"]["model_id"]) == (accepted["model_id"], "model", model["id"])
    assert told["model_view"]["version"] == analysis["model_view"]["version"]
    for each in (customer, admin):
        await each.close()
