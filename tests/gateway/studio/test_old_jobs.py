"""What ended long ago is forgotten, but for what made a model that is still there."""

from dataclasses import replace
from datetime import timedelta

import pytest

from libs.contracts.envelope import now
from services.gateway.domain.jobs.errors import JobNotSeenYetError
from services.gateway.usecases.jobs.forget_jobs import ForgetJobs
from tests.faces.backtests import accepted, becomes, fail
from tests.gateway.studio.world import World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR = timedelta(days=365)


async def charged(world: World, *job_ids: str) -> None:
    """Wait for what is told last of jobs: they are forgotten long after that."""

    async def all_are() -> bool:
        uncharged = {"_id": {"$in": job_ids}, "charged_hours": None}
        return await world.database["jobs"].count_documents(uncharged) == 0

    await until(all_are, what="what the jobs were charged")


async def test_an_old_job_is_forgotten_unless_it_made_a_version(alone: World) -> None:
    ada = await alone.user()
    model_id = await alone.trained(ada)
    failed = await ada.train(model_id)
    await alone.training.fail(failed)
    await ada.job_is(failed, "FAILED")
    await charged(alone, failed)
    waiting = await ada.train(await ada.make_model())

    early = await ForgetJobs(alone.gateway.platform.old_jobs, now, YEAR)()
    late = await ForgetJobs(alone.gateway.platform.old_jobs, lambda: now() + 3 * YEAR, YEAR)()

    assert early == 0
    assert late >= 1
    assert (await ada.call("GET", f"/training-jobs/{failed}/")).status_code == 404
    left = {job["id"] for job in (await ada.get("/training-jobs/"))["results"]}
    assert waiting in left
    assert [job["status"] for job in (await ada.get(f"/training-jobs/?model_id={model_id}"))["results"]] == ["COMPLETED"]


async def test_what_is_told_again_does_not_bring_back_a_job_that_was_forgotten(alone: World) -> None:
    ada = await alone.user()
    follow, training = alone.gateway.platform.job_parts.follow, alone.training
    late = replace(follow, clock=lambda: now() + 3 * YEAR)
    trained, played = await ada.train(await ada.make_model()), await accepted(ada)
    await training.fail(trained)
    end = await fail(alone, played["task_id"], message="No candles.")
    await ada.job_is(trained, "FAILED")
    await becomes(alone, ada, played["backtest_id"], "FAILED")
    await charged(alone, trained, played["task_id"])
    await ForgetJobs(alone.gateway.platform.old_jobs, late.clock, YEAR)()

    for request in (training.requests[trained], training.job_requests[played["task_id"]]):
        await late.requested(request)
    await late.failed(end)

    assert await alone.database["jobs"].count_documents({"account_id": ada.account_id}) == 0
    with pytest.raises(JobNotSeenYetError):
        await follow.failed(end)  # One of so short a time ago may still be on its way.
