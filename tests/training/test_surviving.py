"""What happens to jobs when runners, services and the whole cluster die under them."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from functools import partial

from libs.contracts.envelope import now
from libs.contracts.training import TrainingRequested
from services.training.app import runner_place
from services.training.domain.runs import Assignment
from services.training.outbound.runner_words import order_of
from tests.training.conftest import Story, until


async def runner_of(story: Story, job_id: str) -> str:
    job = await story.database["jobs"].find_one({"_id": job_id})
    assert job
    return str(job["run"]["runner"])


async def test_a_job_whose_runner_dies_goes_on_from_its_checkpoint_and_ends_once(story: Story) -> None:
    async with story.service():
        request = await story.request(hold_at=2)
        await story.is_at_gate(request, step=2)

        story.machines.kill(await runner_of(story, request.job_id))
        await until(lambda: _has_begun(story, request, times=2))
        story.open_gate()
        end = await story.ended(request)

    assert end["topic"] == "training.completed"
    assert "Its runner died; it is tried again in 0.05 s." in [line["message"] for line in (await story.job(request))["logs"]]
    assert await _beginnings(story, request) == ["begins at step 0", "begins at step 2"]
    assert Decimal(end["compute_hours"]) > 0


async def _has_begun(story: Story, request: TrainingRequested, *, times: int) -> bool:
    return len(await _beginnings(story, request)) == times


async def _beginnings(story: Story, request: TrainingRequested) -> list[str]:
    return [line["message"] for line in (await story.job(request))["logs"] if line["message"].startswith("begins")]


async def test_a_job_that_kills_every_runner_without_coming_further_fails(story: Story) -> None:
    async with story.service(max_deaths=2):
        request = await story.request(hold_at=0)
        for attempt in (1, 2):
            await until(partial(_is_at_attempt, story, request, attempt))
            story.machines.kill(await runner_of(story, request.job_id))

        end = await story.ended(request)

    assert (end["topic"], end["attempts"], end["error"]["type"]) == ("training.failed", 2, "RunnerLost")


async def _is_at_attempt(story: Story, request: TrainingRequested, attempt: int) -> bool:
    told = any(each["attempt"] == attempt for each in story.told(request, "training.progressed"))
    return told and (await story.job(request))["state"] == "running"


async def test_a_restarted_service_finds_its_run_again(story: Story) -> None:
    async with story.service("training-1"):
        request = await story.request(hold_at=1)
        await story.is_at_gate(request)

    async with story.service("training-1"):
        story.open_gate()
        end = await story.ended(request)

    assert end["topic"] == "training.completed"
    assert (await story.job(request))["starts"] == 1
    messages = [line["message"] for each in story.told(request) for line in each["logs"]]
    assert messages == ["begins at step 0", "step 1", "step 2", "step 3"]


async def test_a_result_made_while_no_service_ran_is_recorded(story: Story) -> None:
    async with story.service("training-1"):
        request = await story.request(hold_at=1)
        await story.is_at_gate(request)
    story.open_gate()
    (runner,) = [each for each in story.machines.runners.values() if each.run_id()]
    run_id = runner.run_id() or ""
    await until(lambda: bool((runner.watch(run_id, revision=0, lines_seen=0, settle_s=0, hold_s=0) or {})["end"]))

    async with story.service("training-2"):
        end = await story.ended(request)

    assert end["topic"] == "training.completed"
    assert (await story.job(request))["starts"] == 1


async def test_another_service_takes_over_a_dead_ones_jobs_when_its_lease_is_over(story: Story) -> None:
    async with story.service("training-1"):
        request = await story.request(hold_at=1)
        await story.is_at_gate(request)
    lost = {"$set": {"run.owner": "training-dead"}, "$currentDate": {"lease_until": True}}
    await story.database["jobs"].update_one({"_id": request.job_id}, lost)

    async with story.service("training-2"):
        await until(lambda: _owned_by(story, "training-2"))
        story.open_gate()
        end = await story.ended(request)

    assert end["topic"] == "training.completed"
    assert (await story.job(request))["starts"] == 1


async def test_a_job_whose_runner_takes_long_to_start_is_nobody_elses_meanwhile(story: Story) -> None:
    story.machines.may_start.clear()
    story.open_gate()
    async with story.service():
        request = await story.request()
        await until(lambda: _owned_by(story, "training-1"))
        # As long as a start may take, so long may a lease be.
        await story.database["jobs"].update_one({"_id": request.job_id}, {"$set": {"lease_until": now() - timedelta(seconds=1)}})
        await until(partial(_is_leased, story, request))
        story.machines.may_start.set()
        end = await story.ended(request)

    assert (end["topic"], (await story.job(request))["starts"]) == ("training.completed", 1)


async def _is_leased(story: Story, request: TrainingRequested) -> bool:
    return (await story.job(request))["lease_until"] > now()


async def _owned_by(story: Story, instance: str) -> bool:
    return await story.database["jobs"].count_documents({"run.owner": instance}) == 1


async def test_two_services_share_the_work(story: Story) -> None:
    story.machines.capacity = 4
    async with story.service("training-1"), story.service("training-2"):
        requests = await asyncio.gather(*(story.request(account=f"account_{number}") for number in range(16)))

        await story.ended(*requests)

    assert all(len(story.ends(each)) == 1 for each in requests)
    assert {(await story.job(each))["starts"] for each in requests} == {1}
    assert not story.broker.dead


async def test_jobs_are_taken_up_again_when_the_whole_cluster_was_lost(story: Story) -> None:
    async with story.service():
        requests = [await story.request(hold_at=1) for _ in range(2)]
        await asyncio.gather(*(story.is_at_gate(each) for each in requests))

        story.machines.away = True
        story.machines.kill_all()
        waiting = await story.request()
        story.machines.away = False
        story.open_gate()
        await story.ended(*requests, waiting)

    assert [story.ends(each)[0]["topic"] for each in (*requests, waiting)] == ["training.completed"] * 3


async def test_a_runner_that_works_for_nobody_is_stopped(story: Story) -> None:
    request = story.a_request(hold_at=0)
    story.machines.fill()
    name, runner = next(iter(story.machines.runners.items()))
    assignment = Assignment(
        run_id=f"{request.job_id}/1",
        job_id=request.job_id,
        version="1.0.0",
        model_name="Swing",
        spec=request.spec.model_dump(mode="json"),
        traceparent=None,
    )
    runner.start(order_of(assignment, place=runner_place(story.settings)))

    async with story.service():
        await until(lambda: name not in story.machines.runners)

    assert len(story.machines.runners) == 2
