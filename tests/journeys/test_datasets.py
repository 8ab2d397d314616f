"""A desk's own file from the disk to a dataset, through Kafka and Ray; and processes killed (-9) while a file comes and while it is checked."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.journeys.customer import Customer
from tests.journeys.messy import messy, more
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
DATASETS = "/v1/ai/datasets"
ACME = {"symbol": "ACME", "timeframe": "1h"}
LARGE_ROWS = 150_000


async def send(customer: Customer, text: str, *, to: str = DATASETS, **fields: str) -> dict[str, Any]:
    """Send a file in a form; return what is answered."""
    return dict((await customer.persist_file(to, text, fields=fields)).json())


async def checked(customer: Customer, dataset_id: str, *, version: int = 1) -> dict[str, Any]:
    """Wait until a version's check has ended; return the dataset as that version has it."""
    found: dict[str, Any] = {}

    async def ended() -> bool:
        answer = await customer.persist("GET", f"{DATASETS}/{dataset_id}?version={version}", accept={200})
        found.update(answer.json())
        return bool(found["status"] != "checking")

    await until(ended, what=f"the check of {dataset_id}", within=120)
    return found


def named_files(platform: Platform) -> list[Path]:
    """Return what lies where files wait for their check."""
    return [path for path in (platform.run_dir / "artifacts" / "named" / "uploads").rglob("*") if path.is_file()]


@pytest.mark.timeout(300)
async def test_a_messy_file_is_understood_warned_of_appended_to_and_private(platform: Platform) -> None:
    ada, eve = await Customer(platform.gateway).sign_up(), await Customer(platform.gateway).sign_up()

    sent = await send(ada, messy(), **ACME)
    dataset = await checked(ada, sent["dataset_id"])
    appended = await send(ada, more(), to=f"{DATASETS}/{sent['dataset_id']}/versions")
    longer = await checked(ada, sent["dataset_id"], version=appended["version"])
    whole = await send(ada, messy() + more().partition("\n")[2], symbol="WHOLE", timeframe="1h")
    at_once = await checked(ada, whole["dataset_id"])
    strangers = await eve.call("GET", f"{DATASETS}/{sent['dataset_id']}")

    warned = {finding["code"]: finding["count"] for finding in dataset["health"]["warnings"]}
    assert (dataset["status"], dataset["rows"], dataset["health"]["errors"]) == ("ready", 1495, [])
    assert (warned["gap"], warned["duplicate"], warned["zero_volume"], "unsorted" in warned) == (5, 1, 1, True)
    assert [column["role"] for column in dataset["columns"]] == ["time", "open", "high", "low", "close", "volume", "feature"]
    assert (longer["rows"], longer["version"]) == (1543, 2)
    assert longer["rows"] == at_once["rows"]
    assert strangers.status_code == 404
    for customer in (ada, eve):
        await customer.close()


@pytest.mark.timeout(300)
async def test_of_a_file_whose_gateway_is_killed_nothing_is_there_and_it_can_be_sent_again(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    text, before = messy(40_000).encode(), set(named_files(platform))
    killed = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield text[:-1000]
        await killed.wait()
        yield text[-1000:]

    async def begun() -> bool:
        return bool(set(named_files(platform)) - before)

    headers = {"content-type": "text/csv", "content-length": str(len(text))}
    sending = asyncio.create_task(ada.http.post(DATASETS, params=ACME, content=pieces(), headers=headers))
    await until(begun, what="a part of the file in the store")
    for name in [entry["name"] for entry in platform.status()["processes"] if entry["name"].startswith("gateway")]:
        pid = platform.kill(name)
        assert pid is not None
        platform.until_back(name, other_than=pid)
    killed.set()
    (cut,) = await asyncio.gather(sending, return_exceptions=True)

    assert isinstance(cut, httpx.TransportError)
    nothing = (await ada.persist("GET", f"{DATASETS}?source=uploaded", accept={200})).json()
    assert nothing["total"] == 0
    assert {path.name[:6] for path in set(named_files(platform)) - before} <= {".part-"}
    again = await send(ada, text.decode(), **ACME)
    assert (await checked(ada, again["dataset_id"]))["status"] == "ready"
    await ada.close()


@pytest.mark.timeout(300)
async def test_a_check_whose_training_service_is_killed_is_done_afterwards(platform: Platform) -> None:
    ada = await Customer(platform.gateway).sign_up()
    sent = await send(ada, messy(LARGE_ROWS), **ACME)
    async with AsyncMongoClient[dict[str, Any]](platform.status()["mongodb"]) as client:
        jobs = client["modelbourse_training"]["jobs"]

        async def runs_or_has_run() -> bool:
            job = await jobs.find_one({"_id": sent["job_id"]})
            return job is not None and job["state"] != "queued"

        await until(runs_or_has_run, what="the check under way")
    for name in [entry["name"] for entry in platform.status()["processes"] if entry["name"].startswith("training")]:
        pid = platform.kill(name)
        assert pid is not None
        platform.until_back(name, other_than=pid)

    dataset = await checked(ada, sent["dataset_id"])

    assert (dataset["status"], dataset["rows"], dataset["versions"]) == ("ready", LARGE_ROWS - 5, 1)
    await ada.close()
