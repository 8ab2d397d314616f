"""How jobs end: well, badly, by their limits, by their owner; always once."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.envelope import now
from libs.contracts.training import COMPUTE_LIMIT, JobState, TrainingRequested
from services.training.domain.job import job_from
from services.training.outbound.checkpoint_files import CheckpointFile, checkpoint_paths
from services.training.outbound.checkpoints_store import CheckpointsStore
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.usecases.sweep import ForgetCheckpoints
from tests.training.conftest import Story, until


async def test_a_refused_input_fails_at_once_with_its_reason(story: Story) -> None:
    async with story.service():
        request = await story.request(fail="final")

        end = await story.ended(request)

    assert end["topic"] == "training.failed"
    assert end["attempts"] == 1
    assert end["error"] == {"type": "InvalidError", "message": "These symbols have no candles.", "traceback": None}
    assert end["logs"][-1]["level"] == "ERROR"


async def test_an_error_that_may_pass_is_tried_again_from_the_checkpoint_and_then_fails(story: Story) -> None:
    async with story.service():
        request = await story.request(fail="passing")

        end = await story.ended(request)

    job = await story.job(request)
    lines = [line["message"] for line in job["logs"]]
    assert (end["topic"], end["attempts"], end["error"]["type"]) == ("training.failed", 3, "OSError")
    assert end["attempts_most"] == 3
    assert end["error"]["traceback"].splitlines()[-1] == "OSError: the disk hiccuped"
    assert 'File "tests/training/trainers.py", line ' in end["error"]["traceback"]
    assert [line for line in lines if line.startswith("begins")] == ["begins at step 0", "begins at step 3", "begins at step 3"]
    assert [line for line in lines if "tried again" in line] == [
        "The attempt failed (OSError: the disk hiccuped); it is tried again in 0.05 s.",
        "The attempt failed (OSError: the disk hiccuped); it is tried again in 0.1 s.",
    ]


async def at_gate_with_few_hours(story: Story, *, step: int, hours: str, **script: Any) -> TrainingRequested:
    """Return a job that has come to this step, of which its runner is heard by the next service; only from then on are its hours few.

    With few from the beginning, it may have used them up before it has finished anything.
    """
    async with story.service():
        request = await story.request(**script)
        await story.is_at_gate(request, step=step)
    few = Decimal128(hours)
    await story.database["jobs"].update_one({"_id": request.job_id}, {"$set": {"reserved_hours": few}, "$inc": {"version": 1}})
    return request


async def test_a_job_that_has_used_its_reserved_hours_is_ended_and_the_next_one_goes_on_from_there(story: Story) -> None:
    first = await at_gate_with_few_hours(story, step=2, hours="0.000100", burns_at=2)
    async with story.service():
        end = await story.ended(first)
        second = await story.request(burns_at=2, model_id=first.model_id)
        await story.is_at_gate(second, step=2)
        story.open_gate()
        done = await story.ended(second)

    assert (end["topic"], end["error"]["type"]) == ("training.failed", COMPUTE_LIMIT)
    assert end["error"]["message"].startswith(
        "It has used the 0.0001 compute hours that were reserved for it. What it has finished is kept until "
    )
    assert Decimal(end["compute_hours"]) >= Decimal("0.0001")
    assert [line["message"] for line in (await story.job(second))["logs"]] == ["begins at step 2", "step 3"]
    assert (done["topic"], done["continued_hours"]) == ("training.completed", end["compute_hours"])
    assert not await story.database["jobs"].count_documents({"state": "running"})


async def test_a_changed_model_and_another_accounts_job_begin_anew(story: Story) -> None:
    story.open_gate()
    async with story.service():
        first = await story.request(burns_at=2, reserved_hours="0")
        await story.ended(first)
        changed = await story.request(burns_at=2, model_id=first.model_id, says_name=True)
        others = await story.request(burns_at=2, model_id=first.model_id, account="account_2")
        await story.ended(changed, others)

    for request in (changed, others):
        assert (await story.job(request))["continues"] is None


# The longer one also tells its hours while nothing else changes.
@pytest.mark.parametrize("hours", ["0.000100", pytest.param("0.002000", marks=pytest.mark.soak)])
async def test_hours_used_are_told_on_the_way_and_add_up_over_lost_runners(story: Story, hours: str) -> None:
    async with story.service():
        request = await story.request(burns_at=2)
        await until(lambda: bool(used := hours_told(story, request)) and used[-1] > 0)
        before = hours_told(story, request)[-1]
        story.machines.kill_all()
        # Only now are its hours few: however late it is seen at work, it has not used them up.
        few = Decimal128(before + Decimal(hours))
        await story.database["jobs"].update_one({"_id": request.job_id}, {"$set": {"reserved_hours": few}, "$inc": {"version": 1}})
        end = await story.ended(request)

    told = hours_told(story, request)
    assert told == sorted(told)
    assert (end["attempts"], end["error"]["type"]) == (2, COMPUTE_LIMIT)
    assert (await story.job(request))["seconds_before"] / 3600 >= before


async def test_a_job_that_hangs_is_ended_by_the_clock_and_its_checkpoint_is_kept(story: Story) -> None:
    async with story.service():
        request = await story.request(hold_at=1, clock_hours=4)
        await story.is_at_gate(request)

    # Only now is its time short: however slow it was to begin, it has something to keep.
    async with story.service(wall_time=timedelta(seconds=1)):
        end = await story.ended(request)

    assert end["error"]["type"] == COMPUTE_LIMIT
    assert end["error"]["message"].startswith("It has run for 0.000277778 hours by the clock, the most that one training may take.")
    assert checkpoint_of(story, request).exists()


async def test_a_tiers_time_by_the_clock_is_told_with_the_request(story: Story) -> None:
    limits, at = story.settings.limits, now()
    job = replace(job_from(story.a_request(clock_hours=4), traceparent=None, correlation_id=None), clock_before=3600.0)

    spared = limits.overstepped(replace(job, clock_now=2.9 * 3600), rss_bytes=0, at=at)
    ended = limits.overstepped(replace(job, clock_now=3.1 * 3600), rss_bytes=0, at=at)

    assert spared is None
    assert ended is not None
    assert ended.message.startswith("It has run for 4 hours by the clock")


async def test_what_is_kept_of_an_ended_job_is_forgotten_in_time(story: Story) -> None:
    jobs = JobsMongo(story.database, lease=timedelta(seconds=2), life=timedelta(days=365), on_write=lambda _: None)
    request = await at_gate_with_few_hours(story, step=1, hours="0", hold_at=1)
    async with story.service(checkpoints_kept=timedelta(0)):
        await story.ended(request)
        await until(lambda: not any(runner.run_id() for runner in story.machines.runners.values()))

    kept = checkpoint_of(story, request).exists()
    await ForgetCheckpoints(jobs, CheckpointsStore(Artifacts(story.settings.artifacts_url)))()

    assert (kept, checkpoint_of(story, request).exists()) == (True, False)
    assert (await story.job(request))["checkpoint_until"] is None


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


def hours_told(story: Story, request: TrainingRequested) -> list[Decimal]:
    return [Decimal(each["compute_hours"]) for each in story.told(request, "training.progressed")]


def checkpoint_of(story: Story, request: TrainingRequested) -> Path:
    return Path(story.settings.artifacts_url) / "named" / "checkpoints" / f"{request.job_id}.json"


def test_a_job_begins_with_the_checkpoint_of_the_one_that_it_continues_and_makes_it_its_own(tmp_path: Path) -> None:
    artifacts = Artifacts(str(tmp_path))
    first = CheckpointFile(artifacts, "job_1", on_save=lambda: None)
    first.save({"folds": 2})
    first.save_fit(b"weights")

    second = CheckpointFile(artifacts, "job_2", on_save=lambda: None, continues="job_1")
    seen = (second.load(), second.load_fit())
    # It was ended before it had anything of its own to save, and its predecessor's is gone by now.
    for path in checkpoint_paths("job_1"):
        artifacts.delete_named(path)
    third = CheckpointFile(artifacts, "job_3", on_save=lambda: None, continues="job_2")

    assert seen == (third.load(), third.load_fit()) == ({"folds": 2}, b"weights")
    assert CheckpointFile(artifacts, "job_4", on_save=lambda: None).load() is None
