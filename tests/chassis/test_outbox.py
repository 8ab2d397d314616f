"""The outbox: what a document tells of reaches the bus, in order, whatever dies in between."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from motor.motor_asyncio import AsyncIOMotorClient

from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.liveness.failures import UNPUBLISHED
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import PENDING_MOST, OutboxFullError, Relay, entry_of, write_with_events
from libs.contracts.envelope import now
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import bus_settings, kafka_bus, wanted
from tests.conftest import Kafka
from tests.outboxes import count_pending, empty_outbox, fill_outbox
from tests.waiting import until


@pytest.fixture
async def jobs(mongo_url: str, namespace: str) -> AsyncIterator[Collection]:
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, w="majority", journal=True)
    yield client[namespace]["jobs"]
    await client.drop_database(namespace)
    client.close()


async def write(jobs: Collection, job: str, *, sequences: range) -> None:
    """Write a job and the events that tell of it, in one write."""
    events = [entry_of(wanted(job, sequence=sequence)) for sequence in sequences]
    await jobs.update_one({"_id": job}, {"$inc": {"version": 1}, "$push": {"pending_events": {"$each": events}}}, upsert=True)


def told(broker: MemoryBroker, job: str) -> list[int]:
    events = [TrainingCancelRequested.model_validate_json(entry["body"]) for entry in broker.events]
    return [event.sequence for event in events if event.job_id == job]


async def nothing_pending(jobs: Collection) -> bool:
    return await jobs.count_documents({"pending_events.0": {"$exists": True}}) == 0


async def test_events_go_out_in_order_and_the_document_is_as_before(jobs: Collection) -> None:
    broker = MemoryBroker()
    relay = Relay(MemoryBus(broker, service="training", instance="training-1"), collections=[jobs])

    async with relay.running():
        await write(jobs, "job_1", sequences=range(1, 4))
        relay.wake()
        await until(lambda: nothing_pending(jobs), what="an empty outbox")

    assert told(broker, "job_1") == [1, 2, 3]
    assert await jobs.find_one({"_id": "job_1"}) == {"_id": "job_1", "version": 1, "pending_events": []}


async def test_events_wait_while_the_broker_is_away_and_go_out_when_it_is_back(jobs: Collection) -> None:
    broker = MemoryBroker()
    broker.away = True
    relay = Relay(MemoryBus(broker, service="training", instance="training-1"), collections=[jobs])

    async with relay.running():
        await write(jobs, "job_1", sequences=range(1, 3))
        relay.wake()
        await until(lambda: was_tried(jobs), what="an attempt")
        told_meanwhile = told(broker, "job_1")
        broker.away = False
        await until(lambda: nothing_pending(jobs), what="an empty outbox")

    assert told_meanwhile == []
    assert told(broker, "job_1") == [1, 2]


async def was_tried(jobs: Collection) -> bool:
    return await jobs.count_documents({"relay": {"$exists": True}}) == 1


async def test_two_relays_share_the_work_and_tell_each_event_once_and_in_order(jobs: Collection) -> None:
    broker = MemoryBroker()
    relays = [Relay(MemoryBus(broker, service="training", instance=f"training-{n}"), collections=[jobs]) for n in (1, 2)]

    async with relays[0].running(), relays[1].running():
        for sequence in range(1, 6):
            await asyncio.gather(*(write(jobs, f"job_{n}", sequences=range(sequence, sequence + 1)) for n in range(10)))
            for relay in relays:
                relay.wake()
        await until(lambda: nothing_pending(jobs), what="an empty outbox")

    assert [told(broker, f"job_{n}") for n in range(10)] == [[1, 2, 3, 4, 5]] * 10


async def test_an_event_too_large_for_the_bus_goes_to_the_dead_letters_and_the_others_go_on(jobs: Collection) -> None:
    broker = MemoryBroker()
    relay = Relay(MemoryBus(broker, service="training", instance="training-1"), collections=[jobs])
    huge = entry_of(wanted("job_0")) | {"body": "x" * 2_000_000}
    await jobs.insert_one({"_id": "job_0", "pending_events": [huge, entry_of(wanted("job_0", sequence=2))]})
    await write(jobs, "job_1", sequences=range(1, 3))
    before = UNPUBLISHED.labels(huge["topic"])._value.get()  # the library shows it in no other way

    async with relay.running():
        await until(lambda: nothing_pending(jobs), what="an empty outbox")

    assert told(broker, "job_0") == [2]
    assert told(broker, "job_1") == [1, 2]
    ((letter, failure),) = broker.dead
    assert letter["event_id"] == huge["event_id"]
    assert failure.code == "message_too_large"
    assert UNPUBLISHED.labels(huge["topic"])._value.get() == before + 1  # as above


async def test_an_event_that_nobody_can_read_does_not_hold_up_other_documents(jobs: Collection) -> None:
    broker = MemoryBroker()
    relay = Relay(MemoryBus(broker, service="training", instance="training-1"), collections=[jobs])
    await jobs.insert_one({"_id": "job_0", "pending_events": [{"event_id": "event_1", "topic": "training.completed"}]})
    await write(jobs, "job_1", sequences=range(1, 3))

    async with relay.running():
        await until(lambda: true_when(told(broker, "job_1") == [1, 2]), what="the other document's events")

    assert await jobs.count_documents({"_id": "job_0", "pending_events.event_id": "event_1"}) == 1


async def test_a_document_takes_so_many_events_and_no_more_until_they_are_published(jobs: Collection) -> None:
    async def noted(version: int, *, events: int = 1, **more: Any) -> bool:
        told = [wanted("job_1", sequence=version + 1)] * events
        return await write_with_events(jobs, {"_id": "job_1", "version": version}, {"$set": {"version": version + 1}}, told, **more)

    assert await noted(0, upsert=True)
    await fill_outbox(jobs, "job_1", but=1)
    assert await noted(1)
    before = await jobs.find_one({"_id": "job_1"})

    with pytest.raises(OutboxFullError):
        await noted(2)
    assert await jobs.find_one({"_id": "job_1"}) == before
    assert not await noted(1)  # who has lost a race is told so first
    assert await noted(2, events=0)
    assert await noted(3, room={})
    assert await count_pending(jobs, "job_1") == PENDING_MOST + 1

    await empty_outbox(jobs, "job_1")
    assert await noted(4)
    assert await count_pending(jobs, "job_1") == 1


async def test_a_relay_killed_between_telling_and_marking_tells_twice_and_loses_nothing(
    jobs: Collection, embedded_broker: Kafka, namespace: str, mongo_url: str
) -> None:
    settings = bus_settings(embedded_broker.bootstrap, namespace=namespace)
    heard: list[int] = []
    facts = Facts()

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.sequence)

    await write(jobs, "job_1", sequences=range(1, 4))
    environment = {**os.environ, "KAFKA_BOOTSTRAP": embedded_broker.bootstrap}
    environment |= {"NAMESPACE": namespace, "MONGO_URL": mongo_url}
    killed = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("dying_relay.py")), env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    assert await killed.wait() == -signal.SIGKILL
    left = await jobs.find_one({"_id": "job_1"})
    assert left is not None
    assert len(left["pending_events"]) == 3
    assert left["relay"].keys() == {"owner", "until"}
    await jobs.update_one({"_id": "job_1"}, {"$set": {"relay.until": now()}})  # The dead one's lease ends now, not in some seconds.

    bus = kafka_bus(settings, service="training", instance="training-2")
    async with bus.running(facts=facts), Relay(bus, collections=[jobs]).running():
        await until(lambda: nothing_pending(jobs), what="an empty outbox")
        await until(lambda: true_when(heard[-1:] == [3]), what="the last event")

    assert heard == [1, 2, 1, 2, 3]


async def true_when(condition: bool) -> bool:
    return condition
