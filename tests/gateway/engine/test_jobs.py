"""AI Engine's jobs: one's own of every kind in one list, each with what it belongs to, cancelled alike."""

import asyncio
from pathlib import Path

import pytest

from libs.contracts.training import JobState
from modelbourse.engine import jobs
from services.gateway.serving import serving
from tests.client.command import Command
from tests.gateway.studio.client_stage import Stage
from tests.gateway.studio.other_jobs import complete, job_of, start
from tests.gateway.studio.sockets import listening, token
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
JOBS = "/v1/ai/jobs"


async def test_jobs_of_every_kind_are_in_one_list_that_is_filtered_and_walked(studio: World, ada: User, eve: User) -> None:
    # given a backtest that has ended and a training that waits
    played = await start(studio, ada)
    await complete(studio, played.id)
    await job_of(studio, played.id, ada, state=JobState.SUCCEEDED)
    model_id = await ada.make_model()
    training = await ada.train(model_id)

    async def found(user: User, query: str = "") -> tuple[list[str], int]:
        told = (await user.http.get(f"{JOBS}?{query}")).json()
        return [each["job_id"] for each in told["jobs"]], told["total"]

    # then
    assert await found(ada) == ([training, played.id], 2)
    assert await found(ada, "kind=backtest") == await found(ada, "state=succeeded") == ([played.id], 1)
    assert await found(ada, f"model_id={model_id}&state=queued") == ([training], 1)
    assert await found(ada, "limit=1&offset=1") == ([played.id], 2)
    assert await found(ada, "kind=tune") == await found(eve) == ([], 0)


async def test_a_job_says_what_it_belongs_to_and_is_cancelled_whatever_it_is(studio: World, ada: User, eve: User) -> None:
    training = await ada.train(await ada.make_model())
    played = await start(studio, ada)

    shown = (await ada.http.get(f"{JOBS}/{training}")).json()
    strangers = [await eve.http.request(method, f"{JOBS}/{training}{then}") for method, then in (("GET", ""), ("POST", "/cancel"))]
    ended = (await ada.http.post(f"{JOBS}/{played.id}/cancel")).json()
    again = await ada.http.post(f"{JOBS}/{played.id}/cancel")

    assert (shown["kind"], shown["state"], shown["cost"]) == ("train", "queued", None)
    assert shown["reasons"] == {"cost": "It has not ended.", "refund": "It has not ended."}
    assert shown["result_url"] == f"/api/ai-studio/training-jobs/{training}/"
    assert [answer.status_code for answer in strangers] == [404, 404]
    assert (ended["state"], ended["refund"]) == ("cancelled", "0.08")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "CONFLICT")


async def test_the_client_and_its_command_list_show_and_cancel_them(studio: World, ada: User, tmp_path: Path) -> None:
    stage, played = Stage(studio, ada), await start(studio, ada)
    another = await start(studio, ada)
    ended = await stage.run(jobs.cancel_own_job, another.id)
    found = await stage.run(jobs.list_own_jobs, kind="backtest", state="queued")

    async with serving(studio.gateway.app, listening()) as address:
        command = Command(address, tmp_path, {"MODELBOURSE_TOKEN": token(ada)})
        listed = await asyncio.to_thread(command, "engine", "jobs", "list", "--kind", "backtest", "--page-size", "1")
        cancelled = await asyncio.to_thread(command, "engine", "jobs", "cancel", played.id)
        shown = await asyncio.to_thread(command, "engine", "jobs", "show", played.id)

    assert (ended.state, [each.job_id for each in found.jobs], found.total) == ("cancelled", [played.id], 1)
    assert "2 jobs, page 1 of 2" in listed.out
    assert cancelled.out == f"{played.id} is cancelled\n0.08 USD came back\n"
    assert f"/api/backtests/{played.id}" in shown.out
