"""Stories of a consumer that no longer hears: it is noticed, and one that has nothing to hear is left in peace."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.chassis.bus.facts_watch import LOOKS_FULL, Watch
from libs.chassis.bus.lanes import Lanes, Record
from libs.chassis.tasks import cancelled
from tests.chassis.buses import own_broker
from tests.conftest import Kafka
from tests.waiting import until

LOOK_EVERY_S = 0.05
PATIENCE_S = 120.0


async def handled(record: Record, halted: asyncio.Event) -> bool:  # noqa: ARG001  # the port's names
    return True


@pytest.fixture
async def lanes() -> Lanes:
    return Lanes(handled, moved=lambda: None)


@pytest.fixture
async def consumer(either_kafka: Kafka, namespace: str) -> AsyncIterator[AIOKafkaConsumer]:
    async with watched(either_kafka.bootstrap, f"{namespace}.watched") as consumer:
        yield consumer


@asynccontextmanager
async def watched(bootstrap: str, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of one partition in which one message lies, at its beginning."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"news")
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([TopicPartition(topic, 0)])
    yield consumer
    await consumer.stop()


async def what_is_wrong(consumer: AIOKafkaConsumer, lanes: Lanes, **more: float) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return await Watch(consumer, look_every_s=LOOK_EVERY_S, **more).until_deaf(lambda: lanes)


async def test_a_consumer_that_does_not_move_though_events_lie_there_is_deaf(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    (partition,) = consumer.assignment()
    consumer.pause(partition)

    problem = await what_is_wrong(consumer, lanes)

    assert problem == f"events in {partition.topic}-0 are not heard"


async def test_a_consumer_that_has_heard_everything_is_left_in_peace(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    looks: list[Lanes] = []

    def looked_at() -> Lanes:
        looks.append(lanes)
        return lanes

    await consumer.getone()
    watching = asyncio.create_task(Watch(consumer, look_every_s=LOOK_EVERY_S).until_deaf(looked_at))

    await until(lambda: true_when(len(looks) > 10 or watching.done()), what="ten looks")

    assert not watching.done()
    await cancelled(watching)


async def test_a_position_beyond_the_end_of_a_log_that_was_lost_is_noticed(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    (partition,) = consumer.assignment()
    consumer.pause(partition)
    consumer.seek(partition, 1000)

    assert await what_is_wrong(consumer, lanes) == f"events in {partition.topic}-0 are not heard"


async def test_a_broker_that_does_not_answer_for_long_is_a_reason_to_begin_anew(tmp_path: Path, lanes: Lanes) -> None:
    with own_broker("embedded", tmp_path) as broker:
        await broker.start()
        async with watched(broker.bootstrap, "watched") as consumer:
            broker.kill()

            assert await what_is_wrong(consumer, lanes, answer_within_s=0.1) == "the broker does not answer"


async def test_a_rebalance_that_does_not_end_is_noticed(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    await lanes.halt(within=0)

    assert await what_is_wrong(consumer, lanes) == "a rebalance does not end"


async def true_when(condition: bool) -> bool:
    return condition


async def test_full_lanes_whose_handlers_hang_are_stuck_and_those_that_try_again_are_busy() -> None:
    """Without a consumer: while there is no room for more, its position says nothing."""

    async def hangs(_: Any, halted: asyncio.Event) -> bool:
        return not await halted.wait()

    lanes = Lanes(hangs, moved=lambda: None, room=0)
    taking = asyncio.create_task(lanes.take([SimpleNamespace(topic="t", partition=0, offset=0, key=b"k")]))
    tries = itertools.count()
    looks: list[int] = []

    def well() -> None:
        looks.append(1)

    await until(lambda: true_when(lanes.is_full), what="full lanes")
    busy = asyncio.create_task(Watch(None, look_every_s=0.001).until_deaf(lambda: lanes, activity=lambda: next(tries), well=well))
    await until(lambda: true_when(len(looks) > 5 * LOOKS_FULL), what="many looks at busy lanes")
    stuck = await Watch(None, look_every_s=0.001).until_deaf(lambda: lanes, activity=lambda: 7)

    assert not busy.done()
    assert "no handler was begun or has ended" in stuck
    await cancelled(busy)
    await lanes.halt(within=10)
    await taking
