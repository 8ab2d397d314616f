"""What our embedded broker promises to any client, held against Apache Kafka too where that promises the same."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError, for_code

from deploy.local.broker.batches import Code
from tests.chassis.buses import own_broker
from tests.conftest import Kafka
from tests.waiting import until

PATIENCE_S = 120
# A member of the group `sharers` in a process of its own: it says what is its and goes on until it is killed.
MEMBER = """
import asyncio, sys
from aiokafka import AIOKafkaConsumer
async def main(bootstrap, topic):
    async with AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=f"{topic}.sharers", session_timeout_ms=2000,
                                heartbeat_interval_ms=300, metadata_max_age_ms=300):
        print("joined", flush=True)
        await asyncio.Event().wait()
asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@asynccontextmanager
async def administering(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


async def created(bootstrap: str, topic: str, *, partitions: int = 1, replication: int = 1, configs: dict[str, str] | None = None) -> Any:
    """Ask for a topic; return the error, or None."""
    async with administering(bootstrap) as admin:
        answer = await admin.create_topics([NewTopic(topic, partitions, replication, topic_configs=configs or {})])
    code = answer.topic_errors[0][1]
    return for_code(code) if code else None


async def send(bootstrap: str, topic: str, *values: bytes, **more: Any) -> list[int]:
    """Send records one after the other to partition 0; return their offsets."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        return [(await producer.send_and_wait(topic, value, partition=0, **more)).offset for value in values]


async def consuming(opened: AsyncExitStack, bootstrap: str, place: TopicPartition, **more: Any) -> AIOKafkaConsumer:
    options: dict[str, Any] = {"enable_auto_commit": False, "auto_offset_reset": "earliest"} | more
    consumer = await opened.enter_async_context(AIOKafkaConsumer(bootstrap_servers=bootstrap, **options))
    consumer.assign([place])
    return consumer


async def heard(consumer: AIOKafkaConsumer, count: int) -> list[tuple[int, bytes]]:
    async with asyncio.timeout(PATIENCE_S):
        return [(record.offset, record.value) for record in [await consumer.getone() for _ in range(count)]]


async def test_a_fetch_that_waits_is_woken_by_what_is_sent(kafka: Kafka, namespace: str, opened: AsyncExitStack) -> None:
    place = TopicPartition(f"{namespace}.news", 0)
    await created(kafka.bootstrap, place.topic)
    far_longer = {"fetch_max_wait_ms": 1000 * 1000, "request_timeout_ms": 2000 * 1000}
    consumer = await consuming(opened, kafka.bootstrap, place, **far_longer)

    for number in range(5):  # After the first of them a fetch is on its way before there is something for it.
        await send(kafka.bootstrap, place.topic, b"%d" % number)

        assert await heard(consumer, 1) == [(number, b"%d" % number)]


async def test_records_topics_and_committed_offsets_outlive_a_kill(tmp_path: Path, opened: AsyncExitStack) -> None:
    place = TopicPartition("news", 0)
    with own_broker("embedded", tmp_path) as broker:
        await broker.start()
        await created(broker.bootstrap, "news", partitions=3)
        await created(broker.bootstrap, "gone")
        async with administering(broker.bootstrap) as admin:
            await admin.delete_topics(["gone"])
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "news", {"retention.ms": "-1"})])
        await send(broker.bootstrap, "news", b"a", b"b", b"c")
        async with AsyncExitStack() as before:
            consumer = await consuming(before, broker.bootstrap, place, group_id="readers")
            await consumer.commit({place: 2})

        broker.kill()
        await broker.start()

        async with administering(broker.bootstrap) as admin:
            (told,) = await admin.describe_topics(["news"])
            assert (await admin.list_topics(), len(told["partitions"])) == (["news"], 3)
            (configured,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "news", {"retention.ms": None})])
            assert [entry[1] for entry in configured.resources[0][4]] == ["-1"]
        assert await send(broker.bootstrap, "news", b"d") == [3]
        again = await consuming(opened, broker.bootstrap, place, group_id="readers")
        assert await again.committed(place) == 2
        assert await heard(again, 2) == [(2, b"c"), (3, b"d")]
        await opened.aclose()


@pytest.mark.parametrize(
    ("topic", "asked", "error"),
    [
        ("twice", {}, Code.TOPIC_ALREADY_EXISTS),
        ("bad/name", {}, Code.INVALID_TOPIC),
        ("n" * 250, {}, Code.INVALID_TOPIC),
        ("none", {"partitions": 0}, Code.INVALID_PARTITIONS),
        ("less", {"partitions": -2}, Code.INVALID_PARTITIONS),
        ("copied", {"replication": 3}, Code.INVALID_REPLICATION_FACTOR),
        ("configured", {"configs": {"retention.ms": "soon"}}, Code.INVALID_CONFIG),
    ],
    ids=lambda value: value.name if isinstance(value, Code) else None,
)
async def test_a_topic_that_cannot_be_is_refused(kafka: Kafka, namespace: str, topic: str, asked: dict[str, Any], error: Code) -> None:
    await created(kafka.bootstrap, f"{namespace}.twice")

    assert await created(kafka.bootstrap, f"{namespace}.{topic}", **asked) is for_code(error)


async def test_too_large_a_record_is_refused_and_the_next_one_taken(kafka: Kafka, namespace: str) -> None:
    topic = f"{namespace}.small"
    await created(kafka.bootstrap, topic, configs={"max.message.bytes": "1000"})

    with pytest.raises(MessageSizeTooLargeError):
        await send(kafka.bootstrap, topic, b"x" * 2000)

    assert await send(kafka.bootstrap, topic, b"x" * 500) == [0]


async def test_a_time_is_told_the_first_offset_that_is_no_older(kafka: Kafka, namespace: str, opened: AsyncExitStack) -> None:
    place = TopicPartition(f"{namespace}.news", 0)
    await created(kafka.bootstrap, place.topic, configs={"retention.ms": "-1"})
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap) as producer:
        for moments in ((1000, 1010, 1020), (2000, 2010)):
            batch = producer.create_batch()
            for moment in moments:
                batch.append(key=None, value=b"x", timestamp=moment)
            await (await producer.send_batch(batch, place.topic, partition=0))
    consumer = await consuming(opened, kafka.bootstrap, place)

    async def offset_of(moment: int) -> int | None:
        found = (await consumer.offsets_for_times({place: moment}))[place]
        return found.offset if found else None

    assert [await offset_of(moment) for moment in (0, 1010, 1011, 1500, 2010, 2011)] == [0, 1, 2, 3, 4, None]
    assert (await consumer.beginning_offsets([place]), await consumer.end_offsets([place])) == ({place: 0}, {place: 5})


async def test_deleted_records_are_gone_and_offsets_stay(kafka: Kafka, namespace: str, opened: AsyncExitStack) -> None:
    place = TopicPartition(f"{namespace}.news", 0)
    await created(kafka.bootstrap, place.topic)
    await send(kafka.bootstrap, place.topic, b"a", b"b", b"c")

    async with administering(kafka.bootstrap) as admin:
        kept_from = await admin.delete_records({place: RecordsToDelete(before_offset=2)})

    consumer = await consuming(opened, kafka.bootstrap, place)
    assert kept_from == {place: 2}
    assert await heard(consumer, 1) == [(2, b"c")]
    assert await consumer.beginning_offsets([place]) == {place: 2}
    assert await send(kafka.bootstrap, place.topic, b"d") == [3]


async def test_of_a_deleted_topic_nothing_is_committed_when_it_is_made_again(kafka: Kafka, namespace: str, opened: AsyncExitStack) -> None:
    place = TopicPartition(f"{namespace}.news", 0)
    await created(kafka.bootstrap, place.topic)
    await send(kafka.bootstrap, place.topic, b"a")
    consumer = await consuming(opened, kafka.bootstrap, place, group_id=f"{namespace}.readers")
    await consumer.commit({place: 1})
    assert await consumer.committed(place) == 1

    async with administering(kafka.bootstrap) as admin:
        await admin.delete_topics([place.topic])
    await until(lambda: is_none(created(kafka.bootstrap, place.topic)), what="the topic made again", within=PATIENCE_S)

    await until(lambda: is_none(consumer.committed(place)), what="nothing committed", within=PATIENCE_S)
    assert await send(kafka.bootstrap, place.topic, b"b") == [0]


async def is_none(value: Any) -> bool:
    return await value is None


async def test_two_members_share_the_partitions_and_a_dead_ones_go_to_the_other(
    embedded_broker: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    topic, bootstrap = f"{namespace}.news", embedded_broker.bootstrap
    await created(bootstrap, topic, partitions=4)
    member = await asyncio.create_subprocess_exec(sys.executable, "-c", MEMBER, bootstrap, topic, stdout=asyncio.subprocess.PIPE)
    assert member.stdout is not None
    assert await member.stdout.readline() == b"joined\n"
    options: dict[str, Any] = {"group_id": f"{topic}.sharers", "heartbeat_interval_ms": 300}
    consumer = await opened.enter_async_context(AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, **options))

    await until(lambda: true_when(len(consumer.assignment()) == 2), what="half of the partitions", within=PATIENCE_S)
    member.kill()
    await member.wait()

    await until(lambda: true_when(len(consumer.assignment()) == 4), what="all partitions", within=PATIENCE_S)
    assert os.waitstatus_to_exitcode(9) == member.returncode


async def true_when(condition: bool) -> bool:
    return condition
