"""Two simulated days of an exchange, through Kafka and Ray, with faults of its own and processes killed (-9): its candles are all there."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from libs.contracts.envelope import now
from tests.journeys.customer import Customer
from tests.journeys.platform import Platform
from tests.market.live.exchange import MINUTE, Exchange
from tests.waiting import until

pytestmark = pytest.mark.journey
SERIES = "/v1/ai/datasets/live_BTC-USDT_15m"
QUARTER = 15 * MINUTE
TWO_DAYS = 2 * 96


async def refreshed(platform: Platform, customer: Customer, *, kill: str | None = None) -> dict[str, Any]:
    """Make the series due, kill processes once its refresh has begun, and return the series when that has ended."""
    found: dict[str, Any] = {}
    async with AsyncMongoClient[dict[str, Any]](platform.status()["mongodb"]) as client:
        series, name = client["modelbourse_gateway"]["live_series"], {"_id": SERIES.rpartition("/")[2]}
        # None of its own accord, which could have begun after `before` was read.
        await series.update_one(name, {"$set": {"due_at": now() + timedelta(days=1)}})
        before = (await customer.persist("GET", SERIES, accept={200})).json()
        await series.update_one(name, {"$set": {"due_at": now()}})

    async def begun() -> bool:
        found.update((await customer.persist("GET", SERIES, accept={200})).json())
        return bool(found["versions"] > before["versions"])

    async def ended() -> bool:
        return await begun() and found["status"] != "checking"

    await until(begun, what="a refresh")
    if kill is not None:
        for name in [entry["name"] for entry in platform.status()["processes"] if entry["name"].startswith(kill)]:
            pid = platform.kill(name)
            assert pid is not None
            platform.until_back(name, other_than=pid)
    await until(ended, what="the end of a refresh", within=120)
    return found


async def known_as_failed(customer: Customer) -> bool:
    answer = await customer.persist("GET", SERIES, accept={200, 404})
    return answer.status_code == 200 and answer.json()["status"] == "refused"


@pytest.mark.timeout(300)
async def test_two_days_of_an_exchange_with_faults_and_kills_leave_its_candles(platform: Platform, exchange: Exchange) -> None:
    ada = await Customer(platform.gateway).sign_up()
    # Given an exchange that had nothing yet when the platform began: that was told, and tried again.
    await until(lambda: known_as_failed(ada), what="the first refresh has failed", within=120)
    begin = exchange.now
    exchange.bars = {begin + i * QUARTER: (100.0 + i, 102.25 + i, 99.5 + i, 101.0 + i, 5.5 * (i + 1)) for i in range(TWO_DAYS)}
    exchange.now = begin + 60 * QUARTER + MINUTE
    exchange.hidden, exchange.twice = {begin + 57 * QUARTER}, {begin + 20 * QUARTER}
    exchange.faults.extend(["500", "cut off"])
    exchange.retry_after = "1"

    with_a_hole = await refreshed(platform, ada)
    exchange.now, exchange.hidden = begin + 120 * QUARTER, set()
    exchange.faults.extend(["429", "503"])
    second = await refreshed(platform, ada, kill="training")
    exchange.now = begin + TWO_DAYS * QUARTER
    last = await refreshed(platform, ada, kill="gateway")
    file = await ada.persist("GET", f"{SERIES}/download?format=csv", accept={200})
    rows = list(csv.DictReader(io.StringIO(file.text)))

    assert (with_a_hole["status"], with_a_hole["rows"], with_a_hole["refresh"]["last_error"]) == ("ready", 59, None)
    assert {finding["code"] for finding in with_a_hole["health"]["warnings"]} >= {"gap"}
    assert (second["status"], second["rows"]) == ("ready", 120)
    assert (last["status"], last["rows"], last["source"]) == ("ready", TWO_DAYS, "live")
    kept = {
        int(datetime.fromisoformat(row["time"]).timestamp()) * 10**9: tuple(
            float(row[name]) for name in ("open", "high", "low", "close", "volume")
        )
        for row in rows
    }
    assert kept == exchange.bars
    await ada.close()
