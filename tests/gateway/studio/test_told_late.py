"""What a job knew in the end stands, though what it had told before comes after its end, and what is told twice brings nothing back."""

import pytest

from libs.contracts.envelope import JsonObject
from libs.contracts.jobs import JobCancelled, JobFailed
from libs.contracts.texts import TextProgress
from libs.contracts.training import JobError
from libs.contracts.tuning import TuneProgress
from tests.gateway.engine.searching import Searcher, best, row
from tests.gateway.studio.doubles import STARTED
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.text_runs import begun, call, got, progress, run_is, send_news
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROWS = (row(0, loss=0.07), row(1, loss=0.05))


def checkpoint(studio: World, epoch: int) -> JsonObject:
    """Return what a run tells when an epoch is over."""
    weights = studio.training.artifacts.put(f"weights of {epoch}".encode())
    told = TextProgress(epoch=epoch, folder=f"checkpoint-{epoch}", checkpoint={"weights.safetensors": weights})
    return told.model_dump(mode="json")


async def learning(studio: World, user: User, folder: str) -> str:
    """Return a run that has told of its first checkpoint, and knows its second one."""
    await send_news(user)
    job_id = str((await begun(user, output_dir=folder))["job_id"])
    await progress(studio, job_id, epoch=1, partial=checkpoint(studio, 1))
    await run_is(user, job_id, "running")
    return job_id


async def paths(user: User, folder: str) -> list[str]:
    return [file["path"] for file in (await got(user, f"/files?prefix={folder}/"))["items"]]


async def test_a_run_that_failed_has_left_the_checkpoint_that_it_knew_though_nobody_had_heard_of_it(studio: World, ada: User) -> None:
    job_id = await learning(studio, ada, "outputs/failed")
    request, error = await heard(studio, job_id), JobError(type="ComputeLimitError", message="Its hours are used.")
    ends = {"spec": request.spec, "started_at": STARTED, "ended_at": STARTED, "compute_hours": "0.001", "attempts": 1, "error": error}

    end = JobFailed(**studio.training.of_job(job_id), **ends, logs=(), partial=checkpoint(studio, 2))
    await studio.training.bus.publish(end)
    await run_is(ada, job_id, "failed")

    assert await paths(ada, "outputs/failed") == ["outputs/failed/checkpoint-2/weights.safetensors"]
    assert (await got(ada, f"/training/{job_id}"))["resumable_from"] == "outputs/failed/checkpoint-2"


async def test_a_run_that_was_cancelled_has_left_what_it_knew_and_its_end_brings_back_nothing_that_was_deleted(
    studio: World, ada: User
) -> None:
    job_id = await learning(studio, ada, "outputs/cancelled")
    studio.training.known[job_id] = checkpoint(studio, 2)

    stopped = await call(ada, "DELETE", f"/training/{job_id}")
    (left,) = await paths(ada, "outputs/cancelled")
    gone = await call(ada, "DELETE", f"/files/{left}")
    await until(lambda: told(studio, job_id), what="the end")
    (end,) = studio.events(JobCancelled.topic, key=job_id)
    await studio.gateway.platform.job_parts.follow.cancelled(JobCancelled.model_validate_json(end["body"]))

    assert (stopped.json()["data"]["resumable_from"], left) == (
        "outputs/cancelled/checkpoint-2",
        "outputs/cancelled/checkpoint-2/weights.safetensors",
    )
    assert (gone.status_code, await paths(ada, "outputs/cancelled")) == (200, [])


async def told(studio: World, job_id: str) -> bool:
    return bool(studio.events(JobCancelled.topic, key=job_id))


@pytest.mark.parametrize("by_answer", [True, False])
async def test_a_search_that_was_stopped_keeps_the_trials_that_it_knew(studio: World, ada: User, by_answer: bool) -> None:
    searcher = Searcher(studio, ada)
    exp = await searcher.made()
    job_id = await searcher.started(exp)
    await searcher.progress(job_id, ROWS[0])
    await searcher.has_trials(1, f"/{exp}")
    knew = TuneProgress(completed_trials=2, total_trials=4, best_trial=best(ROWS), trials=searcher.kept(*ROWS)).model_dump(mode="json")

    if by_answer:
        studio.training.known[job_id], studio.training.tells_cancellations = knew, False
        await studio.gateway.platform.job_parts.stop(job_id, account_id=ada.account_id)
        studio.training.tells_cancellations = True
    else:
        work = {"started_at": STARTED, "ended_at": STARTED, "compute_hours": "0.01", "progress": 50}
        await studio.training.bus.publish(JobCancelled(**studio.training.of_job(job_id), **work, partial=knew))

    stopped = await searcher.is_in("stopped", f"/{exp}")
    assert stopped["progress"]["completed_trials"] == 2
    assert [each["metrics"]["val_loss"] for each in (await searcher.get(f"/{exp}/trials"))["trials"]] == [0.05, 0.07]
