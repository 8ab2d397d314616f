"""Which job is next: the ledger's few candidates give the same order as a look at every queued job."""

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from libs.contracts.envelope import now
from libs.contracts.training import JobState, Priority
from services.training.domain.job import Job, job_from
from services.training.domain.queue import Waiting, in_order
from services.training.outbound.jobs_mongo import JobsMongo
from tests.training.conftest import Story


@pytest.fixture
async def ledger(story: Story) -> JobsMongo:
    jobs = JobsMongo(story.database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=lambda _: None)
    await jobs.prepare()
    return jobs


def waiting_job(story: Story, *, account: str, priority: Priority, since: datetime) -> Job:
    request = story.a_request(account=account, priority=priority).model_copy(update={"occurred_at": since})
    return job_from(request, traceparent=None, correlation_id=None)


async def next_of(ledger: JobsMongo, running: Mapping[str, int], *, at: datetime) -> str | None:
    order = in_order(await ledger.waiting(at, running=running), running=running, at=at)
    return order[0].job_id if order else None


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (2, 3))])
async def test_jobs_leave_the_queue_in_the_order_of_load_urgency_and_age(story: Story, ledger: JobsMongo, seed: int) -> None:
    chance, at = random.Random(seed), now().replace(microsecond=0)
    waited = [timedelta(seconds=chance.randrange(3 * 3600)) for _ in range(90)]
    jobs = [
        waiting_job(story, account=f"account_{chance.choice('aabcd')}", priority=chance.choice(list(Priority)), since=at - each)
        for each in waited
    ]
    for job in jobs:
        await ledger.add(job)
    left, running, running_jobs = {job.id: job for job in jobs}, dict[str, int](), list[Job]()

    while left:
        everybody = [Waiting(job_id=j.id, account_id=j.account_id, priority=j.priority, since=j.requested_at) for j in left.values()]
        expected = in_order(everybody, running=running, at=at)[0].job_id

        assert await next_of(ledger, running, at=at) == expected

        taken = await ledger.save((await ledger.get(left.pop(expected).id)).take_up(runner="r", owner="o"))
        running_jobs.append(taken)
        if len(running_jobs) > 5:
            over = running_jobs.pop(chance.randrange(5))
            await ledger.save(over.end(JobState.CANCELLED, at=at))
        running = await ledger.running_by_account()

    assert await next_of(ledger, running, at=at) is None


async def test_a_retry_that_waits_for_its_time_holds_up_nothing_behind_it(story: Story, ledger: JobsMongo) -> None:
    at = now()
    first, second = (waiting_job(story, account="a", priority=Priority.NORMAL, since=at - timedelta(minutes=age)) for age in (2, 1))
    for job in (first, second):
        await ledger.add(job)
    running = await ledger.save((await ledger.get(first.id)).take_up(runner="r", owner="o"))

    await ledger.save(running.put_back(not_before=at + timedelta(minutes=5)))

    assert await next_of(ledger, {}, at=at) == second.id
    assert await next_of(ledger, {}, at=at + timedelta(minutes=6)) == first.id


async def test_a_line_whose_front_was_lost_with_a_process_is_found_by_the_next_one(story: Story, ledger: JobsMongo) -> None:
    at = now()
    job = waiting_job(story, account="a", priority=Priority.LOW, since=at)
    await ledger.add(job)
    await story.database["jobs"].update_many(
        {}, {"$unset": {"at_front": ""}}
    )  # As a process leaves it that dies before it has marked the front.

    await ledger.prepare()

    assert await next_of(ledger, {}, at=at + timedelta(seconds=1)) == job.id


async def test_the_same_request_again_makes_up_for_a_mark_that_is_missing(story: Story, ledger: JobsMongo) -> None:
    at = now()
    older, newer = (waiting_job(story, account="a", priority=Priority.LOW, since=at - timedelta(minutes=age)) for age in (2, 1))
    for job in (newer, older):
        await ledger.add(job)
    await story.database["jobs"].update_many({}, {"$unset": {"at_front": ""}})

    await ledger.add(replace(newer))

    assert await next_of(ledger, {}, at=at + timedelta(seconds=1)) == older.id
