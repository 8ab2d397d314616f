"""A job's outbox while nobody can publish: bounded, and nothing of the log is lost when somebody can again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from libs.contracts.envelope import now
from services.training.domain.changes import cancelled, line, progressed
from services.training.domain.job import Job, job_from
from services.training.domain.runs import RunProgress
from services.training.outbound.job_outbox import LINES_BYTES, PENDING_BYTES, fitting
from services.training.outbound.jobs_mongo import JobsMongo
from tests.training.conftest import Story

EVENT_MOST = 2 * LINES_BYTES


@pytest.fixture
async def ledger(story: Story) -> JobsMongo:
    return await a_ledger(story)


async def a_ledger(story: Story) -> JobsMongo:
    jobs = JobsMongo(story.database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=lambda _: None)
    await jobs.prepare()
    return jobs


async def running_job(story: Story, ledger: JobsMongo) -> Job:
    job = job_from(story.a_request(), traceparent=None, correlation_id=None)
    await ledger.add(job)
    return await ledger.save((await ledger.get(job.id)).take_up(runner="r", owner="o").begin(now()))


async def goes_on(ledger: JobsMongo, job: Job, *, step: int, message: str) -> Job:
    moved = replace(job, progress=RunProgress(stage="training", step=step, total_steps=1000, metrics={}))
    change = progressed(moved, at=now(), lines=[line(message, at=now())])
    return await ledger.save(change.job, *change.events, lines=change.lines)


async def pending(story: Story, job: Job) -> list[dict[str, Any]]:
    document = await story.database["jobs"].find_one({"_id": job.id})
    assert document is not None
    return [orjson.loads(entry["body"]) for entry in document["pending_events"]]


async def test_progress_that_nobody_can_publish_takes_bounded_room_and_its_lines_come_with_the_next_event(
    story: Story, ledger: JobsMongo
) -> None:
    job = await running_job(story, ledger)
    for step in range(40):
        job = await goes_on(ledger, job, step=step, message=f"{step} " + "x" * 50_000)

    waiting = await pending(story, job)
    assert sum(len(orjson.dumps(event)) for event in waiting) < PENDING_BYTES + EVENT_MOST
    told = len(waiting)
    assert told < 40

    # Another process looks after the job when the events have gone out.
    await story.database["jobs"].update_one({"_id": job.id}, {"$set": {"pending_events": []}})
    other = await a_ledger(story)
    await goes_on(other, job, step=40, message="40")

    (event,) = await pending(story, job)
    assert event["step"] == 40
    messages = [each["message"].partition(" ")[0] for each in event["logs"]]
    # The newest of what was left out, as much as an event holds.
    assert messages[1:] == [str(step) for step in range(41 - len(messages) + 1, 41)]
    assert event["logs"][0]["message"] == f"{41 - told - len(messages) + 1} earlier lines are too much for one event."


async def test_lines_that_were_left_out_come_once_and_in_order(story: Story, ledger: JobsMongo) -> None:
    job = await running_job(story, ledger)
    await story.database["jobs"].update_one({"_id": job.id}, {"$push": {"pending_events": {"event_id": "e", "body": "x" * PENDING_BYTES}}})
    for step in range(5):
        job = await goes_on(ledger, job, step=step, message=str(step))
    await story.database["jobs"].update_one({"_id": job.id}, {"$set": {"pending_events": []}})

    job = await goes_on(ledger, await goes_on(ledger, job, step=5, message="5"), step=6, message="6")

    lines = [each["message"] for event in await pending(story, job) for each in event["logs"]]
    assert lines == [str(step) for step in range(1, 7)]  # The first was told before anybody saw that there was no room.


async def test_a_jobs_end_is_told_however_full_its_outbox_is(story: Story, ledger: JobsMongo) -> None:
    job = await running_job(story, ledger)
    await story.database["jobs"].update_one({"_id": job.id}, {"$push": {"pending_events": {"event_id": "e", "body": "x" * PENDING_BYTES}}})
    for step in range(3):
        job = await goes_on(ledger, job, step=step, message=str(step))

    change = cancelled(job, at=now())
    await ledger.save(change.job, *change.events, lines=change.lines)

    document = await story.database["jobs"].find_one({"_id": job.id})
    assert document is not None
    end = orjson.loads(document["pending_events"][-1]["body"])
    assert [each["message"] for each in end["logs"]] == ["1", "2", "The job was cancelled."]


def test_an_event_holds_the_newest_lines_and_says_how_many_it_leaves_out() -> None:
    lines = [line("x" * 1990, at=now()) for _ in range(1000)]

    kept = fitting(lines)

    assert sum(len(each.model_dump_json()) for each in kept) < LINES_BYTES + 1000
    assert kept[0].message == f"{1000 - len(kept) + 1} earlier lines are too much for one event."
    assert fitting(lines[:3]) == tuple(lines[:3])
