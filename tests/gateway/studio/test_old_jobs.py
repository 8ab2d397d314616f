"""What ended long ago is forgotten, but for what made a model that is still there."""

from datetime import timedelta

import pytest

from libs.contracts.envelope import now
from services.gateway.usecases.jobs.forget_jobs import ForgetJobs
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
YEAR = timedelta(days=365)


async def test_an_old_job_is_forgotten_unless_it_made_a_version(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    failed = await ada.train(model_id)
    await studio.training.fail(failed)
    await ada.job_is(failed, "FAILED")
    waiting = await ada.train(await ada.make_model())

    early = await ForgetJobs(studio.gateway.platform.old_jobs, now, YEAR)()
    late = await ForgetJobs(studio.gateway.platform.old_jobs, lambda: now() + 3 * YEAR, YEAR)()

    assert early == 0
    assert late >= 1
    assert (await ada.call("GET", f"/training-jobs/{failed}/")).status_code == 404
    left = {job["id"] for job in (await ada.get("/training-jobs/"))["results"]}
    assert waiting in left
    assert [job["status"] for job in (await ada.get(f"/training-jobs/?model_id={model_id}"))["results"]] == ["COMPLETED"]
