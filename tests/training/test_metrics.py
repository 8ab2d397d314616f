"""What training shows of its jobs: how many wait and since when, how long they waited, and how they ended."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from libs.chassis.liveness.measures import read_once
from libs.contracts.envelope import now
from services.training.domain.job import job_from
from services.training.outbound.jobs_mongo import JobsMongo
from services.training.outbound.queue_measure import queue_measure
from tests.training.conftest import Story


async def test_a_job_is_counted_when_it_begins_and_when_it_ends(story: Story) -> None:
    async with story.service():
        request = await story.request()
        story.open_gate()
        await story.ended(request)

    shown = story.registry.get_sample_value
    about = {"kind": "train", "end": "completed"}
    assert shown("modelbourse_job_wait_seconds_count", {"tier": "free"}) == 1
    assert shown("modelbourse_jobs_ended_total", about) == shown("modelbourse_job_seconds_count", about) == 1
    assert shown("modelbourse_jobs_ended_total", about | {"end": "failed"}) == 0


async def test_the_queue_is_measured_by_tier(story: Story) -> None:
    jobs, registry = (
        JobsMongo(story.database, lease=timedelta(seconds=10), life=timedelta(days=365), on_write=lambda _: None),
        CollectorRegistry(),
    )
    await jobs.prepare()
    for minutes, tier in ((7, "pro"), (3, "pro"), (1, "elite")):
        request = story.a_request().model_copy(update={"occurred_at": now() - timedelta(minutes=minutes), "tier": tier})
        await jobs.add(job_from(request, traceparent=None, correlation_id=None))
    running = await jobs.get(request.job_id)
    await jobs.save(running.take_up(runner="r", owner="o"))

    assert await read_once(queue_measure(story.database["jobs"], registry=registry))

    def shown(name: str) -> list[float | None]:
        return [registry.get_sample_value(f"modelbourse_jobs_queued{name}", {"tier": tier}) for tier in ("free", "pro", "elite")]

    none, oldest, taken = shown("_oldest_seconds")
    assert shown("") == [0, 2, 0]
    assert (none, taken) == (0, 0)
    assert oldest is not None
    assert 420 <= oldest < 900
