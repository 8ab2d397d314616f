"""What processes show of themselves: how far they are behind, what they ask and answer, what waits in their stores."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.port import AskRefusedError, AskTimeoutError
from libs.chassis.errors import InvalidError
from libs.chassis.liveness.fleet import new_registry
from libs.chassis.liveness.measures import Measure, read_once
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.outbox import entry_of
from libs.chassis.stores.outbox_measure import outbox_measure
from libs.contracts.envelope import now
from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import kafka_bus, reserving, wanted
from tests.waiting import until


async def test_what_is_heard_and_not_handled_is_lag_until_it_is(settings: SharedSettings, opened: AsyncExitStack) -> None:
    may_end, facts, page = asyncio.Event(), Facts(), new_registry()
    topic = TrainingCancelRequested.topic
    place = {"group": f"{settings.namespace}.modelbourse.training", "topic": f"{settings.namespace}.{topic}"}

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        if event.job_id == "job_bad":
            raise InvalidError("no such job")
        await may_end.wait()

    async def lag_is(records: int) -> bool:
        return page.get_sample_value("modelbourse_consumer_lag", place) == records

    def counted(name: str) -> float:
        return page.get_sample_value(name, {"topic": topic}) or 0.0

    async def were_handled(events: int) -> bool:
        return counted("modelbourse_event_seconds_count") - handled == events

    bus = kafka_bus(settings, service="training", instance="training-1")
    await opened.enter_async_context(bus.running(facts=facts))
    await until(lambda: lag_is(0), what="partitions and no lag")
    # Before the first: what begins at one would look as if it had never grown.
    assert {page.get_sample_value(f"modelbourse_{name}_total", {"topic": topic}) is None for name in ("dead_letters", "events_lost")} == {
        False
    }
    handled, dead, failed = (
        counted(f"modelbourse_{name}") for name in ("event_seconds_count", "dead_letters_total", "event_failures_total")
    )
    for job in ("job_1", "job_2", "job_3", "job_bad"):
        await bus.publish(wanted(job))

    await until(lambda: lag_is(3), what="three that are in hand")
    may_end.set()
    await until(lambda: lag_is(0), what="no lag")
    await until(lambda: were_handled(4), what="each is counted")
    assert counted("modelbourse_dead_letters_total") - dead == 1
    assert counted("modelbourse_event_failures_total") - failed == 1


async def test_asks_are_counted_by_how_they_end_on_both_sides(settings: SharedSettings, opened: AsyncExitStack) -> None:
    answers, page, may_end = Answers(), new_registry(), asyncio.Event()

    @answers.to(ReserveCredits)
    async def on_reserve(ask: ReserveCredits) -> CreditsReserved:
        if ask.job_id == "job_refused":
            raise InvalidError("no such job")
        if ask.job_id == "job_slow":
            await may_end.wait()
        return CreditsReserved(job_id=ask.job_id, hours=ask.hours, cost=ask.hours, available_hours=ask.hours, expires_at=now())

    def counted() -> dict[str, float]:
        asked = {end: ("asks", end) for end in ("answered", "refused", "timeout")}
        both = asked | {f"{end} by us": ("answers", end) for end in ("answered", "refused")}
        found = {
            said: page.get_sample_value(f"modelbourse_{side}_total", {"ask": ReserveCredits.name, "outcome": end})
            for said, (side, end) in both.items()
        }
        return {said: count or 0.0 for said, count in found.items()}

    answering = kafka_bus(settings, service="marketplace", instance="marketplace-1")
    asking = kafka_bus(settings, service="gateway", instance="gateway-1")
    async with asyncio.TaskGroup() as starting:
        starting.create_task(opened.enter_async_context(answering.running(answers=answers)))
        starting.create_task(opened.enter_async_context(asking.running(asks=True)))
    before = counted()
    assert page.get_sample_value("modelbourse_dead_letters_total", {"topic": ReserveCredits.topic}) is not None

    await asking.ask(reserving("job_1"), within=60)
    with pytest.raises(AskRefusedError):
        await asking.ask(reserving("job_refused"), within=60)
    with pytest.raises(AskTimeoutError):
        await asking.ask(reserving("job_slow"), within=0.2)
    may_end.set()

    after = counted()
    assert {end: after[end] - before[end] for end in after} == dict.fromkeys(after, 1.0)


@pytest.fixture
async def database(mongo_url: str, namespace: str) -> AsyncIterator[Any]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url)
    yield client[namespace]
    await client.drop_database(namespace)
    client.close()


async def test_an_outbox_shows_how_much_waits_and_for_how_long(database: Any) -> None:
    registry, jobs = CollectorRegistry(), database["jobs"]
    measure = outbox_measure([jobs, database["models"]], registry=registry)
    await jobs.insert_one({"_id": "job_1", "pending_events": [entry_of(wanted("job_1", sequence=number)) for number in (1, 2)]})
    await jobs.insert_one({"_id": "job_2", "pending_events": [entry_of(wanted("job_2"))]})
    await jobs.insert_one({"_id": "job_3", "pending_events": []})

    assert await read_once(measure)

    def shown(name: str) -> list[float | None]:
        return [registry.get_sample_value(f"modelbourse_outbox_{name}", {"collection": each}) for each in ("jobs", "models")]

    oldest, none = shown("oldest_seconds")
    assert shown("depth") == [3, 0]
    assert oldest is not None
    assert 0 < oldest < 600
    assert none == 0


async def test_what_cannot_be_read_is_absent_and_no_zero() -> None:
    registry, fails = CollectorRegistry(), False
    by_tier = Gauge("waiting", "Waiting.", ["tier"], registry=registry)
    plain = Gauge("due", "Due.", registry=registry)

    async def read() -> Sequence[Mapping[tuple[str, ...], float]]:
        if fails:
            raise ConnectionError
        return [{("free",): 2.0}, {(): 3.0}]

    measure = Measure("measuring a test", [by_tier, plain], read)
    assert await read_once(measure)
    assert (registry.get_sample_value("waiting", {"tier": "free"}), registry.get_sample_value("due")) == (2, 3)

    fails = True

    assert not await read_once(measure)
    assert registry.get_sample_value("waiting", {"tier": "free"}) is None
    assert str(registry.get_sample_value("due")) == "nan"
