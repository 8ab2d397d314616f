"""A desk's own file from the disk to a model that is retrained on more, through Kafka and Ray; and processes killed (-9) while a file comes and while it is checked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import AsyncMongoClient

from tests.journeys.customer import Customer, small_model
from tests.journeys.messy import FIRST, messy, more
from tests.journeys.platform import Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
DATASETS = "/v1/ai/datasets"
MODELS = "/api/ai-studio/models"
SYMBOLS = "/api/ai-studio/symbols/"
ACME = {"symbol": "ACME", "timeframe": "1h"}
MOOD = small_model("Mood of our desk", algorithm="LOGISTIC_REGRESSION") | {
    "features": ["rsi_14", "sentiment_score"],
    "training_config": {"symbols": ["ACME"], "timeframe": "1h", "cross_validation_folds": 0},
}
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


async def predicted(customer: Customer, model_id: str) -> dict[str, Any]:
    """Return what a model predicts of ACME now."""
    answer = await customer.persist("POST", f"{MODELS}/{model_id}/predict/", body={"symbols": ["ACME"]}, accept={200})
    (prediction,) = answer.json()["predictions"]
    return dict(prediction)


@pytest.mark.timeout(300)
async def test_a_messy_file_is_understood_warned_of_trained_on_appended_to_and_private(platform: Platform) -> None:
    ada, eve = await Customer(platform.gateway).sign_up(), await Customer(platform.gateway).sign_up()

    sent = await send(ada, messy(), **ACME)
    dataset = await checked(ada, sent["dataset_id"])
    model_id = await ada.make_model(MOOD)
    first = await ada.ended(await ada.train(model_id))
    before = await predicted(ada, model_id)
    appended = await send(ada, more(), to=f"{DATASETS}/{sent['dataset_id']}/versions")
    longer = await checked(ada, sent["dataset_id"], version=appended["version"])
    after: dict[str, Any] = {}

    async def rests_on_what_was_appended() -> bool:
        after.update(await predicted(ada, model_id))
        return bool(after["as_of"] != before["as_of"])

    await until(rests_on_what_was_appended, what="a prediction from the appended hours")
    again = await ada.ended(await ada.train(model_id))
    model = (await ada.persist("GET", f"{MODELS}/{model_id}/", accept={200})).json()
    whole = await send(ada, messy() + more().partition("\n")[2], symbol="WHOLE", timeframe="1h")
    at_once = await checked(ada, whole["dataset_id"])
    strangers = await eve.call("GET", f"{DATASETS}/{sent['dataset_id']}")
    unknown = await eve.call("POST", f"{MODELS}/", body=MOOD)
    symbols = [(await each.persist("GET", SYMBOLS, accept={200})).json()["results"] for each in (ada, eve)]

    warned = {finding["code"]: finding["count"] for finding in dataset["health"]["warnings"]}
    assert (dataset["status"], dataset["rows"], dataset["health"]["errors"]) == ("ready", 1495, [])
    assert (warned["gap"], warned["duplicate"], warned["zero_volume"], "unsorted" in warned) == (5, 1, 1, True)
    assert [column["role"] for column in dataset["columns"]] == ["time", "open", "high", "low", "close", "volume", "feature"]
    assert (longer["rows"], longer["version"]) == (1543, 2)
    assert longer["rows"] == at_once["rows"]
    assert [job["status"] for job in (first, again)] == ["COMPLETED", "COMPLETED"], (first, again)
    assert [datetime.fromisoformat(each["as_of"]) for each in (before, after)] == [FIRST + timedelta(hours=hours) for hours in (1500, 1548)]
    assert [each["stale"] for each in (before, after)] == [True, True]
    assert before["age_bars"] - after["age_bars"] == pytest.approx(48, abs=1)  # An hour may end in between.
    assert 0 <= after["quality"] <= 1
    assert "sentiment_score" in after["feature_contributions"]
    assert (model["version"], [each["version"] for each in model["versions"]]) == ("1.1", ["1.0", "1.1"])
    assert f"{sent['dataset_id']}, version 2 (sha256 " in model["run_card"]["data_source"]
    assert (strangers.status_code, unknown.status_code) == (404, 400)
    assert "sentiment_score'. Known are" in unknown.text
    assert ["ACME" in [row["symbol"] for row in rows] for rows in symbols] == [True, False]
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
