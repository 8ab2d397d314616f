"""Files that are sent in the same moment, and requests that were cut off: nothing is half-done, and nothing is lost."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from libs.contracts.datasets import Upload, ValidateSpec
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobRequested
from libs.contracts.training import Priority
from services.gateway.domain.datasets.dataset import Dataset, DatasetVersion
from services.gateway.domain.datasets.errors import DatasetBusyError
from services.gateway.domain.jobs.job import requested_job
from tests.gateway.datasets.desk import CSV, DATASETS, Clerk
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
# Beyond those of any tier: jobs take theirs by chance.
NOBODYS_SLOT = 999


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(studio: World, ada: User) -> Clerk:
    return Clerk(studio, ada)


def a_request(clerk: Clerk, dataset_id: str, *, number: int = 1) -> JobRequested:
    """Return the event of a check that was accepted, as its insert has it."""
    path = f"uploads/{new_id('upload')}"
    clerk.world.training.artifacts.write_named(path, CSV.encode())
    upload = Upload(path=path, sha256="ab" * 32, size=len(CSV), format="csv")
    about = {"dataset_id": dataset_id, "version": number, "name": "ACME", "kind": "candles", "symbol": "ACME", "timeframe": "1h"}
    spec = ValidateSpec.model_validate(about | {"upload": upload, "rows_most": 1000})
    return JobRequested(
        sequence=1,
        job_id=new_id("job"),
        kind="validate",
        account_id=clerk.user.account_id,
        tier="elite",
        job_name="check of ACME",
        priority=Priority.NORMAL,
        spec=spec.model_dump(mode="json"),
        reserved_hours="0.01",
    )


async def test_of_two_of_the_same_symbol_sent_at_once_one_is_accepted_and_the_others_check_is_cancelled(clerk: Clerk) -> None:
    other = Clerk(clerk.world, clerk.world.at_the_other(clerk.user))

    answers = await asyncio.gather(*(each.send(symbol="ACME", timeframe="1h") for each in (clerk, other, clerk, other)))

    taken = [answer for answer in answers if answer.status_code == 202]
    assert sorted(answer.status_code for answer in answers) in ([202, 409, 409, 409], [202, 409, 409, 429])
    (kept,) = (answer.json() for answer in taken)
    assert (await clerk.complete(kept))["status"] == "ready"
    assert (await clerk.get(source="uploaded"))["total"] == 1
    jobs = await clerk.world.database["jobs"].find({"account_id": clerk.user.account_id, "_id": {"$ne": kept["job_id"]}}).to_list(None)
    assert all(job["cancel_requested_at"] is not None for job in jobs)


async def test_a_request_that_was_cut_off_when_its_check_was_accepted_has_its_dataset_all_the_same(clerk: Clerk) -> None:
    event = a_request(clerk, new_id("dataset"))

    await clerk.world.gateway.platform.jobs.add(requested_job(event, slot=0), event)

    sent = {"dataset_id": event.spec["dataset_id"], "job_id": event.job_id}
    await until(lambda: _there(clerk, sent["dataset_id"]), what="the dataset")
    assert (await clerk.get(f"/{sent['dataset_id']}"))["status"] == "checking"
    assert (await clerk.complete(sent))["status"] == "ready"


async def test_a_version_whose_end_its_dataset_knows_is_usable_though_the_beginning_is_told_late(clerk: Clerk) -> None:
    sent = await clerk.sent()
    datasets = clerk.world.gateway.platform.datasets.datasets
    begun = await datasets.get(sent["dataset_id"], account_id=clerk.user.account_id)
    ended = begun.newest.checked(await clerk.result(sent["job_id"]))

    await datasets.keep(ended, is_final=False)
    await datasets.save(begun.with_version(ended, at=now()))
    await datasets.keep(begun.newest)
    file = await clerk.user.http.get(f"{DATASETS}/{sent['dataset_id']}/download")
    listed = await clerk.get(f"/{sent['dataset_id']}/versions")

    assert (file.status_code, [each["status"] for each in listed["versions"]]) == (200, ["ready"])
    assert (await clerk.get(f"/{sent['dataset_id']}"))["preview"]


async def test_a_refused_version_is_shown_as_refused_though_the_next_ones_check_has_begun_meanwhile(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    dataset_id = sent["dataset_id"]
    await clerk.append(dataset_id)
    datasets = clerk.world.gateway.platform.datasets.datasets
    begun = await datasets.get(dataset_id, account_id=clerk.user.account_id)
    ended = begun.newest.broken_off("Its check failed: no rows.")

    await datasets.keep(ended, is_final=False)
    await datasets.save(begun.with_version(ended, at=now()))
    await datasets.save(
        (await datasets.get(dataset_id, account_id=clerk.user.account_id)).with_version(a_version(clerk, begun, 3), at=now())
    )
    versions = (await clerk.get(f"/{dataset_id}/versions"))["versions"]

    assert (await clerk.get(f"/{dataset_id}"))["status"] == "checking"
    assert [(each["version"], each["status"]) for each in versions] == [(2, "refused"), (1, "ready")]


def a_version(clerk: Clerk, dataset: Dataset, number: int, *, path: str = "uploads/upload_more") -> DatasetVersion:
    """Return a further version of a dataset, of another job, as it begins."""
    spec = dataset.newest.spec.model_copy(update={"version": number, "upload": Upload(path=path, sha256="ab" * 32, size=9, format="csv")})
    return DatasetVersion(account_id=clerk.user.account_id, job_id=new_id("job"), spec=spec, created_at=now())


async def test_the_check_of_a_symbol_that_was_taken_meanwhile_is_cancelled_though_nobody_waits_for_it(clerk: Clerk) -> None:
    await clerk.sent()
    event = a_request(clerk, new_id("dataset"))

    await clerk.world.gateway.platform.jobs.add(requested_job(event, slot=NOBODYS_SLOT), event)

    async def wished() -> bool:
        return event.job_id in clerk.world.training.wishes

    await until(wished, what="the wish to cancel it")
    assert not await _there(clerk, event.spec["dataset_id"])


async def test_the_check_of_a_version_that_another_job_has_made_meanwhile_is_cancelled(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    parts = clerk.world.gateway.platform.datasets
    dataset = await parts.datasets.get(sent["dataset_id"], account_id=clerk.user.account_id)
    assert dataset.newest.result is not None
    scored = a_version(clerk, dataset, 2).checked(dataset.newest.result)
    event = a_request(clerk, dataset.id, number=2)

    await parts.makes.show(scored)
    await clerk.world.gateway.platform.jobs.add(requested_job(event, slot=NOBODYS_SLOT), event)

    async def wished() -> bool:
        return event.job_id in clerk.world.training.wishes

    await until(wished, what="the wish to cancel it")
    kept = await parts.datasets.get(dataset.id, account_id=clerk.user.account_id)
    assert (kept.newest.job_id, kept.newest.is_usable) == (scored.job_id, True)


async def test_one_of_two_checks_of_a_dataset_is_refused_by_its_insert_alone(clerk: Clerk) -> None:
    sent = await clerk.sent()
    event = a_request(clerk, sent["dataset_id"], number=2)

    with pytest.raises(DatasetBusyError, match=sent["job_id"]):
        await clerk.world.gateway.platform.jobs.add(requested_job(event, slot=NOBODYS_SLOT), event)


async def test_files_that_no_check_waits_for_are_removed_when_they_are_old(clerk: Clerk) -> None:
    sent, forget = await clerk.sent(), clerk.world.gateway.platform.datasets.forget_uploads
    store = clerk.world.training.artifacts
    store.write_named("uploads/upload_nobodys", b"rows")
    later = type(forget)(forget.datasets, forget.files, lambda: forget.clock().replace(year=2100))

    early, late = await forget(), await later()

    assert early == 0
    assert late >= 1
    assert store.read_named("uploads/upload_nobodys") is None
    assert await clerk.is_waiting(sent)


async def _there(clerk: Clerk, dataset_id: str) -> bool:
    return (await clerk.user.http.get(f"{DATASETS}/{dataset_id}")).status_code == 200


async def forgotten(clerk: Clerk) -> None:
    """Let the newest request under a key be as one whose gateway died before it answered."""
    repeats = clerk.world.database["repeats"]
    newest = await repeats.find_one(sort=[("began_at", -1)])
    assert newest is not None
    await repeats.update_one({"_id": newest["_id"]}, {"$set": {"answer": None, "lease_until": newest["began_at"]}})


async def test_a_request_that_was_cut_off_and_comes_again_goes_on_where_it_was_and_keeps_one_file(clerk: Clerk) -> None:
    first = (await clerk.send(symbol="ACME", timeframe="1h", key="again")).json()
    await forgotten(clerk)

    second = await clerk.send(symbol="ACME", timeframe="1h", key="again")

    assert second.status_code == 202, second.text
    assert second.json() == first
    spec = await clerk.spec(first["job_id"])
    waiting = clerk.world.training.artifacts.old_named("uploads", before=now() + timedelta(days=1))
    assert [path for path in waiting if path >= spec.upload.path] == [spec.upload.path]
    assert (await clerk.complete(first))["versions"] == 1


async def test_an_append_that_was_cut_off_and_comes_again_makes_one_version(clerk: Clerk) -> None:
    sent = await clerk.sent()
    await clerk.complete(sent)
    path, file = f"{DATASETS}/{sent['dataset_id']}/versions", {"file": ("more.csv", CSV.encode(), "text/csv")}

    first = await clerk.user.http.post(path, files=file, headers={"Idempotency-Key": "more"})
    await forgotten(clerk)
    second = await clerk.user.http.post(path, files=file, headers={"Idempotency-Key": "more"})

    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert (await clerk.complete(first.json()))["versions"] == 2
