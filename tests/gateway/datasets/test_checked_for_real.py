"""Files that are sent to the gateway and checked by what runs on the cluster: what comes back can be sent again."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.jobs import JobCompleted
from libs.contracts.training import JobState
from services.training.datasets.check import run
from tests.gateway.datasets.desk import BEGIN, CSV, DATASETS, Clerk
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAILY = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"{day},10,12,9,11,100\n" for day in ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09", "2026-01-12")
)
ROME = "time;open;high;low;close;volume\n" + "".join(f"2026-01-{day:02} 10:30;1,5;2,5;1,0;2,0;10\n" for day in range(5, 10))


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


async def checked(clerk: Clerk, sent: dict[str, Any]) -> Any:
    """Check a file as a runner does, tell of it, and return the dataset."""
    spec, training = await clerk.spec(sent["job_id"]), clerk.world.training
    result = await asyncio.to_thread(run, spec, artifacts=training.artifacts, report=lambda _: None)
    about, work = training.of_job(sent["job_id"]), clerk._work(sent["job_id"], JobState.SUCCEEDED)
    said = {"spec": spec.model_dump(mode="json"), "result": result.model_dump(mode="json")}
    await training.bus.publish(JobCompleted(**about, **work, **said, logs=()))
    return await clerk.settled(sent)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CSV, {"timeframe": "1h", "calendar": "24/7"}),
        (DAILY, {"timeframe": "1d", "calendar": "XNYS"}),
        (ROME, {"timeframe": "1d", "calendar": "24/7", "tz": "Europe/Rome"}),
        ('text,label\n"Up, they say",good\nDown,bad\n', {"kind": "text", "name": "News"}),
    ],
)
async def test_what_is_downloaded_and_sent_again_is_the_same_dataset(clerk: Clerk, text: str, said: dict[str, Any]) -> None:
    fields = said if "kind" in said else {"symbol": "ACME"} | said
    first = await checked(clerk, (await clerk.send(text, **fields)).json())
    assert first["status"] == "ready", first["health"]

    csv = await clerk.user.http.get(f"{DATASETS}/{first['id']}/download", params={"format": "csv"})
    parquet = await clerk.user.http.get(f"{DATASETS}/{first['id']}/download")
    assert (await clerk.user.http.delete(f"{DATASETS}/{first['id']}")).status_code == 200
    again = {name: value for name, value in fields.items() if name != "tz"}
    as_csv = await checked(clerk, (await clerk.send(csv.text, **again)).json())

    assert as_csv["sha256"] == first["sha256"]
    assert parquet.status_code == 200
    assert as_csv["rows"] == first["rows"]


async def test_what_the_first_look_shows_is_what_the_check_has_read(clerk: Clerk) -> None:
    sent = await clerk.sent(name="ACME")

    dataset = await checked(clerk, sent)

    assert sent["preview"]["rows"] == dataset["preview"]["rows"]
    assert sent["preview"]["columns"] == dataset["preview"]["columns"]
    assert dataset["start"] == BEGIN.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_an_append_that_contradicts_what_there_is_names_the_first_difference_and_revise_takes_it(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await checked(clerk, sent)
    other = CSV.replace("2026-01-05T12:00:00Z,12,14,11,13", "2026-01-05T12:00:00Z,12,14,11,12.5")

    refused = await checked(clerk, (await clerk.append(sent["dataset_id"], other)).json())
    revised = await checked(clerk, (await clerk.append(sent["dataset_id"], other, revise="true")).json())

    assert (refused["status"], refused["version"]) == ("ready", 1)
    assert [each["code"] for each in refused["health"]["errors"]] == ["conflict"]
    assert "2026-01-05" in refused["health"]["errors"][0]["message"] + str(refused["health"]["errors"][0]["first"])
    assert (revised["status"], revised["version"], revised["rows"]) == ("ready", 3, 8)
