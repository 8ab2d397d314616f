"""How jobs end: well, badly, by their limits, by their owner; always once."""

import asyncio
from datetime import timedelta

from libs.contracts.training import JobState
from tests.training.conftest import Story, until


async def test_a_refused_input_fails_at_once_with_its_reason(story: Story) -> None:
    async with story.service():
        request = await story.request(fail="final")

        end = await story.ended(request)

    assert end["topic"] == "training.failed"
    assert end["attempts"] == 1
    assert end["error"] == {"type": "InvalidError", "message": "These symbols have no candles."}
    assert end["logs"][-1]["level"] == "ERROR"


async def test_an_error_that_may_pass_is_tried_again_from_the_checkpoint_and_then_fails(story: Story) -> None:
    async with story.service():
        request = await story.request(fail="passing")

        end = await story.ended(request)

    job = await story.job(request)
    lines = [line["message"] for line in job["logs"]]
    assert (end["topic"], end["attempts"], end["error"]["type"]) == ("training.failed", 3, "OSError")
    assert [line for line in lines if line.startswith("begins")] == ["begins at step 0", "begins at step 3", "begins at step 3"]
    assert [line for line in lines if "tried again" in line] == [
        "The attempt failed (OSError: the disk hiccuped); it is tried again in 0.05 s.",
        "The attempt failed (OSError: the disk hiccuped); it is tried again in 0.1 s.",
    ]


async def test_a_job_that_uses_too_much_time_fails(story: Story) -> None:
    async with story.service(wall_time=timedelta(seconds=1)):
        request = await story.request(hold_at=1)

        end = await story.ended(request)

    assert end["error"]["type"] == "WallTimeExceeded"
    assert float(end["compute_hours"]) > 1 / 3600
    assert not await story.database["jobs"].count_documents({"state": "running"})


async def test_a_job_that_uses_too_much_memory_fails(story: Story) -> None:
    async with story.service(memory_limit_mb=1):
        request = await story.request(hold_at=1)

        end = await story.ended(request)

    assert end["error"]["type"] == "MemoryLimitExceeded"
    assert "1 MiB are allowed" in end["error"]["message"]


async def test_a_running_job_is_cancelled_and_its_runner_freed(story: Story) -> None:
    async with story.service():
        request = await story.request(hold_at=2)
        await story.is_at_gate(request, step=2)

        answer = await story.cancel(request)
        end = await story.ended(request)
        again = await story.cancel(request)

    assert answer.state is JobState.CANCELLED
    assert answer.progress == 66
    assert answer.compute_hours > 0
    assert (end["topic"], end["progress"]) == ("training.cancelled", 66)
    assert end["logs"][-1]["message"] == "The job was cancelled."
    assert end["compute_hours"] == f"{answer.compute_hours:.6f}"
    assert again == answer
    assert not any(runner.run_id() for runner in story.machines.runners.values())


async def test_a_job_says_what_it_ran_on(story: Story) -> None:
    story.machines.fill()
    async with story.service():
        plain = await story.ended(await story.request())
        for runner in story.machines.runners.values():
            runner._has_gpu = True
        accelerated = await story.ended(await story.request())

    assert (plain["resource"], accelerated["resource"]) == ("cpu", "gpu")


async def test_a_queued_job_is_cancelled_without_having_run(story: Story) -> None:
    story.machines.capacity = 0
    async with story.service():
        request = await story.request()
        await until(lambda: story.database["jobs"].count_documents({}))

        answer = await story.cancel(request)
        end = await story.ended(request)

    assert (answer.state, answer.compute_hours, answer.progress) == (JobState.CANCELLED, 0, 0)
    assert end["started_at"] is None


async def test_a_cancellation_after_the_end_answers_the_end(story: Story) -> None:
    async with story.service():
        request = await story.request()
        await story.ended(request)

        answer = await story.cancel(request)

    assert (answer.state, answer.progress) == (JobState.SUCCEEDED, 100)
    assert len(story.ends(request)) == 1


async def test_cancellations_and_ends_that_race_leave_one_end_each(story: Story) -> None:
    async with story.service("training-1"), story.service("training-2"):
        requests = [await story.request(account=f"account_{number}") for number in range(6)]

        answers = await asyncio.gather(*(story.cancel(each) for each in requests))
        await story.ended(*requests)

    for request, answer in zip(requests, answers, strict=True):
        (end,) = story.ends(request)
        assert {"training.completed": "succeeded"}.get(end["topic"], end["topic"].rpartition(".")[2]) == answer.state


async def test_a_cancellation_whose_canceller_died_is_finished_by_others(story: Story) -> None:
    async with story.service():
        request = await story.request(hold_at=1)
        await story.is_at_gate(request)

        await story.database["jobs"].update_one({"_id": request.job_id}, {"$set": {"cancel_requested": True}, "$inc": {"version": 1}})
        end = await story.ended(request)

    assert end["topic"] == "training.cancelled"
