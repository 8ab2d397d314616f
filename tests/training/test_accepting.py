"""How jobs come into the ledger, and in which order they leave the queue."""

import asyncio
from datetime import timedelta

import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.chassis.logs import correlated
from libs.contracts.envelope import now
from libs.contracts.training import JobState, Priority, TrainingCancelRequested
from services.training.domain.queue import Waiting, in_order
from services.training.outbound.job_documents import from_document
from tests.training.conftest import Story, until


async def test_a_requested_job_is_trained_and_tells_of_it(story: Story) -> None:
    async with story.service():
        request = await story.request()

        end = await story.ended(request)

    told = story.told(request)
    assert end["topic"] == "training.completed"
    assert end["version"] == "1.0.0"
    assert end["result"]["metrics"] == {"accuracy": 0.5}
    assert told[0]["topic"] == "training.progressed"
    assert told[0]["attempt"] == 1
    assert [each["sequence"] for each in told] == list(range(2, 2 + len(told)))
    lines = [line["message"] for each in told for line in each["logs"]]
    assert lines == ["begins at step 0", "step 1", "step 2", "step 3"]
    job = await story.job(request)
    assert job["state"] == "succeeded"
    assert [line["message"] for line in job["logs"]] == lines
    assert f"{job['seconds_before'] / 3600:.6f}" == end["compute_hours"]


async def test_a_runner_is_told_the_models_name_or_its_id_by_an_older_request(story: Story) -> None:
    async with story.service():
        unnamed = story.a_request(says_name=True)
        named = story.a_request(says_name=True).model_copy(update={"model_name": "Swing"})
        for request in (unnamed, named):
            await story.gateway.publish(request)

        await story.ended(unnamed, named)

    lines = {each.job_id: [line["message"] for line in (await story.job(each))["logs"]] for each in (unnamed, named)}
    assert f"trains {unnamed.model_id}" in lines[unnamed.job_id]
    assert "trains Swing" in lines[named.job_id]


async def test_a_job_accepted_before_names_were_told_bears_its_models_id(story: Story) -> None:
    async with story.service():
        request = await story.request()
        await story.ended(request)
    kept = await story.job(request)
    del kept["model_name"]

    assert from_document(kept).model_name == request.model_id


async def test_what_a_job_tells_bears_the_correlation_id_of_its_request(story: Story) -> None:
    async with story.service():
        with correlated("order-7"):
            request = await story.request()

        await story.ended(request)

    headers = [entry["headers"] for entry in story.broker.events if entry["key"] == request.job_id]
    assert len(headers) > 2
    assert {each["ce_correlationid"] for each in headers} == {"order-7"}


async def test_the_same_request_twice_is_one_job(story: Story) -> None:
    async with story.service():
        request = await story.request()
        await story.gateway.publish(request)
        await story.ended(request)

        await story.gateway.publish(request)

    assert len(story.ends(request)) == 1
    assert await story.database["jobs"].count_documents({}) == 1


async def test_a_cancellation_that_overtakes_its_request_ends_the_job_when_it_comes(story: Story) -> None:
    async with story.service():
        request = story.a_request()
        await story.gateway.publish(TrainingCancelRequested(sequence=2, job_id=request.job_id, account_id=request.account_id))
        await until(lambda: story.database["cancellations"].count_documents({}))

        await story.gateway.publish(request)
        end = await story.ended(request)

    assert end["topic"] == "training.cancelled"
    assert end["compute_hours"] == "0.000000"
    assert end["started_at"] is None


async def test_an_ask_to_cancel_what_has_not_come_is_kept(story: Story) -> None:
    async with story.service():
        request = story.a_request()

        answer = await story.cancel(request)
        await story.gateway.publish(request)
        end = await story.ended(request)

    assert answer.state is JobState.CANCELLED
    assert end["topic"] == "training.cancelled"


async def test_a_stranger_cannot_cancel_a_job_not_even_ahead(story: Story) -> None:
    async with story.service():
        request = story.a_request(hold_at=1)
        await story.cancel(request, account="account_2")
        await story.gateway.publish(request)
        await story.is_at_gate(request)

        with pytest.raises(AskRefusedError) as refused:
            await story.cancel(request, account="account_2")
        story.open_gate()
        end = await story.ended(request)

    assert refused.value.code == "job_not_found"
    assert end["topic"] == "training.completed"


async def test_urgent_jobs_go_first(story: Story) -> None:
    story.machines.capacity = 1
    async with story.service():
        first = await story.request(hold_at=1)
        await story.is_at_gate(first)
        mine = [await story.request(priority=each) for each in (Priority.LOW, Priority.NORMAL, Priority.HIGH)]
        theirs = await story.request(account="account_2", priority=Priority.LOW)
        await until(lambda: _counts(story, 5))

        story.open_gate()
        await story.ended(first, *mine, theirs)

    started = {each.job_id: story.told(each)[0]["started_at"] for each in (*mine, theirs)}
    in_time = sorted(started, key=lambda job: started[job])
    assert in_time[:2] == [mine[2].job_id, mine[1].job_id]


async def _counts(story: Story, count: int) -> bool:
    return await story.database["jobs"].count_documents({}) == count


def test_the_account_with_the_fewest_running_jobs_is_next() -> None:
    at = now()
    busy = Waiting(job_id="1", account_id="busy", priority=Priority.HIGH, since=at - timedelta(seconds=9))
    idle = Waiting(job_id="2", account_id="idle", priority=Priority.LOW, since=at)

    order = in_order([busy, idle], running={"busy": 1}, at=at)

    assert [each.account_id for each in order] == ["idle", "busy"]


def test_a_low_job_that_has_waited_long_passes_fresh_high_ones() -> None:
    at = now()
    old = Waiting(job_id="1", account_id="a", priority=Priority.LOW, since=at - timedelta(minutes=16))
    fresh = Waiting(job_id="2", account_id="b", priority=Priority.HIGH, since=at)

    order = in_order([fresh, old], running={"a": 0}, at=at)

    assert [each.job_id for each in order] == ["1", "2"]


async def test_a_burst_of_jobs_all_end(story: Story) -> None:
    async with story.service():
        requests = await asyncio.gather(*(story.request(account=f"account_{number % 3}") for number in range(12)))

        await story.ended(*requests)

    assert all(len(story.ends(each)) == 1 for each in requests)
    assert not story.broker.dead
