"""Stories of a consumer that no longer hears: it is noticed, and one that has nothing to hear is left in peace."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.chassis.facts_watch import Watch
from libs.chassis.lanes import Lanes, Record
from tests.chassis.buses import own_broker
from tests.conftest import Kafka

LOOK_EVERY_S = 0.1


async def handled(record: Record, halted: asyncio.Event) -> bool:  # noqa: ARG001  # the port's names
    return True


@pytest.fixture
async def lanes() -> Lanes:
    return Lanes(handled, moved=lambda: None)


@pytest.fixture
async def consumer(kafka: Kafka, namespace: str) -> AsyncIterator[AIOKafkaConsumer]:
    async with watched(kafka.bootstrap, f"{namespace}.watched") as consumer:
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


async def is_deaf(consumer: AIOKafkaConsumer, lanes: Lanes, *, within: float) -> str | None:
    with contextlib.suppress(TimeoutError):
        return await asyncio.wait_for(Watch(consumer, look_every_s=LOOK_EVERY_S).until_deaf(lambda: lanes), within)
    return None


async def test_a_consumer_that_does_not_move_though_events_lie_there_is_deaf(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    (partition,) = consumer.assignment()
    consumer.pause(partition)

    problem = await is_deaf(consumer, lanes, within=30)

    assert problem == f"events in {partition.topic}-0 are not heard"


async def test_a_consumer_that_has_heard_everything_is_left_in_peace(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    await consumer.getone()

    assert await is_deaf(consumer, lanes, within=20 * LOOK_EVERY_S) is None


async def test_a_position_beyond_the_end_of_a_log_that_was_lost_is_noticed(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    (partition,) = consumer.assignment()
    consumer.pause(partition)
    consumer.seek(partition, 1000)

    assert await is_deaf(consumer, lanes, within=30) is not None


@pytest.mark.parametrize("flavour", ["embedded", pytest.param("apache-kafka", marks=pytest.mark.real_kafka)])
async def test_a_broker_that_does_not_answer_for_long_is_a_reason_to_begin_anew(flavour: str, tmp_path: Path, lanes: Lanes) -> None:
    with own_broker(flavour, tmp_path) as broker:
        await broker.start()
        async with watched(broker.bootstrap, "watched") as consumer:
            broker.kill()

            assert await is_deaf(consumer, lanes, within=60) == "the broker does not answer"


async def test_a_rebalance_that_does_not_end_is_noticed(consumer: AIOKafkaConsumer, lanes: Lanes) -> None:
    await lanes.halt(within=0)

    assert await is_deaf(consumer, lanes, within=30) == "a rebalance does not end"
