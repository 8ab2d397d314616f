"""Views that were lost are built anew from their owners' documents, while everything runs; older documents change nothing."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.ids import new_id
from libs.contracts.training import JobState
from services.gateway.domain.accounts.account import Role
from services.gateway.domain.jobs.job import Job
from tests.gateway.studio.other_jobs import complete, heard, job_of, snapshot_of, start
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(alone: World) -> World:
    """All jobs are taken away here."""
    return alone


async def rebuilt(admin: User, view: str) -> int:
    """Walk over all pages, as `modelbourse admin rebuild` does, and return how many documents were read."""
    read, after = 0, ""
    while True:
        answer = await admin.http.post(f"/admin/rebuild/{view}", params={"after": after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        read += page["read"]
        if page["next_after"] is None:
            return read
        after = page["next_after"]


async def jobs_of(user: User) -> list[dict[str, Any]]:
    found = (await user.get("/training-jobs/"))["results"]
    # What was expected of a job before it began is known to nobody any more.
    return [{name: value for name, value in job.items() if name != "estimated_completion"} for job in found]


async def test_all_jobs_are_shown_again_after_the_gateways_view_was_lost(studio: World, ada: User) -> None:
    admin = await studio.user(role=Role.ADMIN)
    for _ in range(2):
        await studio.trained(ada)
    waiting = await ada.train(await ada.make_model())
    await studio.training.heard(waiting)
    ended, known = (await jobs_of(ada))[1]["id"], await jobs_of(ada)
    detail = await ada.get(f"/training-jobs/{ended}/")
    await studio.database["jobs"].delete_many({})

    read = await rebuilt(admin, "jobs")
    await rebuilt(admin, "charges")

    assert read >= 3
    for job, before in zip(await jobs_of(ada), known, strict=True):
        assert {name: (before[name], value) for name, value in job.items() if before[name] != value} == {}
    assert await ada.get(f"/training-jobs/{ended}/") == detail


async def test_jobs_of_other_kinds_are_shown_again_with_what_they_have_answered_and_tried(studio: World, ada: User) -> None:
    admin = await studio.user(role=Role.ADMIN)
    whole = await start(studio, ada)
    lost = await start(studio, ada, grid={"period": [7, 14]}, parent=whole.id)
    end = await complete(studio, lost.id)
    known = await job_of(studio, lost.id, ada, state=JobState.SUCCEEDED, charged_hours=end.compute_hours)
    there = snapshot_of(await heard(studio, lost.id), end)
    unreadable = ({"kind": "horoscope"}, {"spec": {"symbol": "AAPL", "slippage": {"model": "later"}}})
    later = there.model_copy(update={"job_id": new_id("job"), "spec": there.spec | {"market_impact": "later"}})
    studio.training.others = (*(there.model_copy(update={"job_id": new_id("job")} | each) for each in unreadable), there, later)
    await studio.database["jobs"].delete_one({"_id": lost.id})

    read = await rebuilt(admin, "jobs")
    await rebuilt(admin, "charges")

    again = await job_of(studio, lost.id, ada)
    assert read >= 2
    assert known.tried_on
    assert ((shown := await job_of(studio, later.job_id, ada)).spec, shown.result) == (later.spec, later.result)
    # When it is expected to end is known to nobody any more; it has.
    assert {name for name in Job.__slots__ if getattr(again, name) != getattr(known, name)} <= {"stage", "attempt", "progress"}
    assert (again.stage, again.progress) == ("completed", 100)


async def test_a_model_whose_training_has_ended_unheard_can_be_trained_again(studio: World, ada: User) -> None:
    admin, model_id = await studio.user(role=Role.ADMIN), await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await studio.training.has_ended(job_id, JobState.CANCELLED)

    await rebuilt(admin, "jobs")
    shown = await ada.get(f"/training-jobs/{job_id}/")
    again = await ada.call("POST", f"/models/{model_id}/train/", {})

    assert shown["status"] == "CANCELLED"
    assert again.status_code == 202, again.text


async def test_a_document_that_is_older_than_what_was_told_changes_nothing_and_events_go_on(studio: World, ada: User) -> None:
    admin = await studio.user(role=Role.ADMIN)
    job_id = await ada.train(await ada.make_model())
    await studio.training.heard(job_id)
    await rebuilt(admin, "jobs")
    event = await studio.training.progress(job_id, 40, sequence=9, lines=["forty"])
    await ada.job_is(job_id, "RUNNING")

    await rebuilt(admin, "jobs")
    await studio.training.again(event)

    job = await ada.get(f"/training-jobs/{job_id}/")
    assert (job["status"], job["progress"]) == ("RUNNING", 40)
    assert [line["message"] for line in job["logs"]] == ["forty"]


async def test_a_document_that_was_read_before_a_job_was_cancelled_does_not_have_it_run_again(studio: World, ada: User) -> None:
    studio.training.tells_cancellations = False
    job_id = await ada.train(await ada.make_model())
    await studio.training.progress(job_id, 30)
    await ada.job_is(job_id, "RUNNING")
    jobs = studio.gateway.platform.jobs
    read = await jobs.get(job_id, account_id=ada.account_id)

    await ada.call("POST", f"/training-jobs/{job_id}/cancel/")
    await jobs.restore(replace(read, sequence=read.sequence + 1), continued_hours=Decimal(0))
    studio.training.tells_cancellations = True

    assert (await ada.get(f"/training-jobs/{job_id}/"))["status"] == "CANCELLED"


@pytest.mark.parametrize("view", ["listings", "subscriptions", "charges"])
async def test_the_marketplaces_documents_are_read_too_and_twice_is_once(view: str, studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)

    assert await rebuilt(admin, view) == await rebuilt(admin, view)


async def test_what_the_gateway_owns_itself_is_not_built_anew(studio: World) -> None:
    admin = await studio.user(role=Role.ADMIN)

    answer = await admin.http.post("/admin/rebuild/models")

    assert answer.status_code == 400
    assert all(view in answer.text for view in ("jobs", "charges", "listings", "subscriptions"))


async def test_only_admins_build_views_anew(ada: User) -> None:
    assert (await ada.http.post("/admin/rebuild/jobs")).status_code == 403
