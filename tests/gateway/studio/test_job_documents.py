"""A job's document is what counts: its model shows it, its version's number and its slot are its own, and former shapes are brought over."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState, TrainingCancelRequested, TrainingRequested
from services.gateway.domain.accounts.account import Tier
from services.gateway.domain.accounts.tier_limits import DEFAULTS, Limit, TierLimits
from services.gateway.outbound.jobs.former_jobs_mongo import FORMER_INDEX
from tests.gateway.studio.test_other_jobs import complete, heard, job_of, start
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def studio(alone: World) -> World:
    """Documents are brought into former shapes here."""
    return alone


async def forget(studio: World, model_id: str, *, trainings: int = 0) -> None:
    """Leave a model as it is when the process that made its next job died before the model showed that."""
    await studio.broker.all_heard()
    never = {"build": "ready" if trainings else "draft", "active_job": None, "trainings": trainings, "ended_to": trainings - 1}
    await studio.database["models"].update_one({"_id": model_id}, {"$set": never, "$inc": {"version": 1}})


async def requested_again(studio: World, job_id: str) -> None:
    (entry,) = studio.events(TrainingRequested.topic, key=job_id)
    await studio.training.again(TrainingRequested.model_validate_json(entry["body"]))
    await studio.broker.all_heard()


async def test_a_model_that_does_not_show_its_job_yet_is_trained_by_nobody_else(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await forget(studio, model_id)

    refused = await ada.call("POST", f"/models/{model_id}/train/", {})

    assert (refused.status_code, refused.json()["error"]["details"]) == (409, {"job_id": [job_id]})
    assert (await ada.get("/training-jobs/"))["count"] == 1


@pytest.mark.parametrize("end", ["complete", "fail"])
async def test_an_end_that_is_heard_of_before_the_beginning_is_the_end(studio: World, ada: User, end: str) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await forget(studio, model_id)

    await getattr(studio.training, end)(job_id)
    state = {"complete": "COMPLETED", "fail": "FAILED"}[end]
    await ada.job_is(job_id, state)
    await requested_again(studio, job_id)
    next_one = await ada.call("POST", f"/models/{model_id}/train/", {})
    await ada.call("POST", f"/training-jobs/{next_one.json()['job_id']}/cancel/")

    assert (next_one.status_code, next_one.json()["model_version"]) == (202, "1.1")
    model = await ada.get(f"/models/{model_id}/")
    assert [version["version"] for version in model["versions"]] == (["1.0"] if end == "complete" else [])
    assert model["active_job_id"] is None


async def test_no_number_is_given_twice_whatever_the_model_has_heard_of(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    failing = await ada.train(model_id)
    await studio.training.fail(failing)
    await ada.job_is(failing, "FAILED")
    await forget(studio, model_id)

    second = await ada.call("POST", f"/models/{model_id}/train/", {})
    await studio.training.complete(second.json()["job_id"])
    await ada.job_is(second.json()["job_id"], "COMPLETED")
    third = await ada.call("POST", f"/models/{model_id}/train/", {})

    assert [answer.json()["model_version"] for answer in (second, third)] == ["1.1", "1.2"]
    assert (await ada.get(f"/models/{model_id}/"))["version"] == "1.1"


async def test_a_job_whose_model_was_deleted_as_it_began_is_cancelled(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await forget(studio, model_id)
    assert (await ada.call("DELETE", f"/models/{model_id}/")).status_code == 204

    await requested_again(studio, job_id)

    async def wished() -> bool:
        return bool(studio.events(TrainingCancelRequested.topic, key=job_id))

    await until(wished, what="the wish to cancel the job")


async def test_of_jobs_of_all_kinds_begun_at_once_as_many_begin_as_the_tier_may_have(studio: World, ada: User) -> None:
    models, most = [await ada.make_model() for _ in range(8)], TierLimits(DEFAULTS).most(Limit.JOBS, Tier.ELITE)
    for slot in range(most - 4):
        await studio.database["jobs"].insert_one({"_id": f"{ada.account_id}-{slot}", "account_id": ada.account_id, "slot": slot})

    trained = [ada.call("POST", f"/models/{model_id}/train/", {}) for model_id in models]
    answers, jobs = await asyncio.gather(
        asyncio.gather(*trained), asyncio.gather(*(start(studio, ada) for _ in range(8)), return_exceptions=True)
    )

    begun = [answer for answer in answers if answer.status_code == 202], [job for job in jobs if not isinstance(job, BaseException)]
    assert sum(map(len, begun)) == 4
    assert len(await studio.gateway.platform.jobs.slots(ada.account_id)) == most
    await studio.database["jobs"].delete_many({"account_id": ada.account_id})


async def begun_by_this_release(studio: World) -> None:
    """Start as if the release before had been the last to run on this database."""
    await studio.database["schema"].update_one({"_id": "state"}, {"$set": {"version": 1}})
    await studio.gateway.prepare()


async def in_former_shape(studio: World, model_id: str, job_id: str) -> dict[str, Any]:
    """Bring a training into the shape that it had: its slot in its model. Return its job's document as it was."""
    models, jobs = studio.database["models"], studio.database["jobs"]
    await models.create_index([("account_id", 1), ("slot", 1)], unique=True, partialFilterExpression={"slot": {"$type": "number"}})
    job = await jobs.find_one_and_update({"_id": job_id}, {"$unset": {"kind": "", "slot": "", "spec": "", "result": "", "parent": ""}})
    assert job is not None
    await models.update_one({"_id": model_id}, {"$set": {"slot": job["slot"]}, "$unset": {"ended_to": ""}})
    return dict(job)


async def test_an_open_training_of_a_former_release_goes_on(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await studio.broker.all_heard()
    await in_former_shape(studio, model_id, job_id)
    assert (await ada.get("/training-jobs/"))["count"] == 0

    for _ in range(2):
        await begun_by_this_release(studio)

    assert [job["id"] for job in (await ada.get("/training-jobs/"))["results"]] == [job_id]
    assert (await ada.get("/compute/limits/"))["limits"]["jobs_at_once"]["used"] == 1
    assert (await ada.call("POST", f"/models/{model_id}/train/", {})).status_code == 409
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")
    again = await ada.call("POST", f"/models/{model_id}/train/", {})
    assert (again.status_code, again.json()["model_version"]) == (202, "1.1")
    assert FORMER_INDEX not in await studio.database["models"].index_information()


async def test_a_request_that_waits_in_its_model_makes_the_job(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    await studio.training.heard(job_id)
    await studio.broker.all_heard()
    (entry,) = studio.events(TrainingRequested.topic, key=job_id)
    await in_former_shape(studio, model_id, job_id)
    await studio.database["jobs"].delete_one({"_id": job_id})
    waiting = {name: entry[name] for name in ("topic", "key", "headers", "body")} | {"event_id": entry["event_id"]}
    await studio.database["models"].update_one({"_id": model_id}, {"$set": {"pending_events": [waiting]}})

    await begun_by_this_release(studio)
    studio.gateway.relay.wake()

    async def there() -> bool:
        return bool((await ada.get("/compute/limits/"))["limits"]["jobs_at_once"]["used"] == 1)

    await until(there, what="the job with a slot")
    await studio.training.progress(job_id, 40)
    assert (await ada.job_is(job_id, "RUNNING"))["model_version"] == "1.0"


@pytest.mark.parametrize("died", [False, True])
async def test_jobs_of_other_kinds_leave_their_former_collection(studio: World, ada: User, died: bool) -> None:
    model_id = await ada.make_model()
    training, job = await ada.train(model_id), await start(studio, ada)
    # What was told of them is heard: nothing is brought up while it has the former shape.
    await studio.training.heard(training)
    await heard(studio, job.id)
    await studio.broker.all_heard()
    former = await in_former_shape(studio, model_id, training)
    document = await studio.database["jobs"].find_one({"_id": job.id})
    assert document is not None
    # Starts of two kinds in the same moment could both take one slot.
    await studio.database["kind_jobs"].insert_one(document | {"slot": former["slot"]})
    if not died:
        await studio.database["jobs"].delete_one({"_id": job.id})

    await begun_by_this_release(studio)
    await complete(studio, job.id)

    done = await job_of(studio, job.id, ada, state=JobState.SUCCEEDED, slot=None)
    assert done.kind is JobKind.BACKTEST
    assert await studio.database["kind_jobs"].count_documents({}) == 0
    assert len(await studio.gateway.platform.jobs.slots(ada.account_id)) == 1
