"""No record keeps a service from the next one, whoever wrote it: nulls, bytes that are no text, torn and endless bodies."""

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.topics import group_of, topic_name
from libs.chassis.bus.wire import encode_headers, entry_of
from libs.chassis.settings import SharedSettings
from libs.contracts.envelope import Ask, Event, now
from libs.contracts.examples import EXAMPLES
from libs.contracts.marketplace import CreditsReserved, ReserveCredits
from libs.contracts.topics import ASKS, EVENTS, REPLIES, Topic, every_topic
from libs.contracts.training import TrainingCancelRequested
from tests.chassis.buses import bus_settings, few_topics, reserving, wanted
from tests.conftest import Kafka
from tests.waiting import until

Headers = list[tuple[str, bytes | None]]
Record = tuple[bytes | None, bytes | None, Headers]
SEED = 20_261_128
UNKNOWN, CORRUPT_MESSAGE, INVALID_RECORD = -1, 2, 87


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def settings(either_kafka: Kafka, namespace: str) -> SharedSettings:
    return bus_settings(either_kafka.bootstrap, namespace=namespace)


def listening(heard: list[str], topics: Sequence[Topic]) -> Facts:
    facts, names = Facts(), {topic.name for topic in topics}

    @facts.on(TrainingCancelRequested)
    async def on_wanted(event: TrainingCancelRequested) -> None:
        heard.append(event.job_id)

    async def on_event(_: Event) -> None: ...

    for event, topic in EVENTS.items():
        if event is not TrainingCancelRequested and topic.name in names:
            facts.on(event)(on_event)
    return facts


def answering(topics: Sequence[Topic]) -> Answers:
    answers, names = Answers(), {topic.name for topic in topics}
    known = {"hours": 1, "cost": 1, "available_hours": 1, "expires_at": now()}

    @answers.to(ReserveCredits)
    async def on_reserve(ask: ReserveCredits) -> CreditsReserved:
        return CreditsReserved(job_id=ask.job_id, **known)

    async def on_ask(_: Ask) -> Any:
        return CreditsReserved(job_id="job", **known)

    for ask, topic in ASKS.items():
        if ask is not ReserveCredits and topic.name in names:
            answers.to(ask)(on_ask)
    return answers


def mutants(topic: str, *, namespace: str, count: int, chance: random.Random) -> Iterator[Record]:
    """Yield records that were once good ones of a topic, each with something wrong."""
    event = next((each for each, known in EVENTS.items() if known.name == topic), None)
    if event is not None:
        entry = entry_of(EXAMPLES[event], source="nobody")
        key, body, headers = entry["key"].encode(), entry["body"].encode(), encode_headers(entry["headers"])
    else:
        ask = next(each for each, known in ASKS.items() if known.name == topic)
        key, body = b"account_1", EXAMPLES[ask].model_dump_json().encode()
        replies = {"reply_topic": topic_name(REPLIES, namespace=namespace), "reply_partition": "0"}
        told = {"ce_type": ask.name, "correlation_id": "nobody-1", "deadline": "99999999999999"} | replies
        headers = encode_headers(told)
    for _ in range(count):
        yield mutated(key, body, list(headers), chance=chance)


def mutated(key: bytes | None, body: bytes, headers: Headers, *, chance: random.Random) -> Record:
    """Return a record with one thing wrong, drawn from a table."""
    place = chance.randrange(len(headers))
    name, value = headers[place]
    noise, torn = chance.randbytes(chance.randint(0, 200)), body[: chance.randrange(len(body))]

    def with_header(*instead: tuple[str, bytes | None]) -> Record:
        return key, body, [*headers[:place], *instead, *headers[place + 1 :]]

    wrong: list[Record] = [
        with_header((name, None)),
        with_header((name, noise)),
        with_header((name, value), (name, noise)),
        with_header((name.upper() + "\0", value)),
        with_header((name, b"9" * 5000)),
        with_header(),
        (key, body, []),
        (key, body, [(each, None) for each, _ in headers]),
        *((key, instead, headers) for instead in (None, noise, torn, b"[" * 50_000, b'{"job_id": "' + b"x" * 500_000 + b'"}')),
        *((instead, body, headers) for instead in (None, b"", b"\xff\xfe\0", b"k" * 10_000)),
    ]
    return chance.choice(wrong)


async def send(settings: SharedSettings, topic: str, records: Iterator[Record]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, max_request_size=2_000_000) as producer:
        sent = [
            await producer.send(topic_name(topic, namespace=settings.namespace), body, key=key, headers=headers)
            for key, body, headers in records
        ]
        await asyncio.gather(*sent)


async def all_acknowledged(settings: SharedSettings, topics: Sequence[Topic], *, traffic: str) -> bool:
    """Tell whether a group stands at the end of every partition that holds something."""
    group = group_of("training", namespace=settings.namespace, traffic=traffic)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [
            TopicPartition(topic_name(each.name, namespace=settings.namespace), part) for each in topics for part in range(each.partitions)
        ]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        return all([(await consumer.committed(place) or 0) == end for place, end in ends.items()])
    finally:
        await consumer.stop()


async def some_set_aside(settings: SharedSettings, topics: Sequence[str]) -> bool:
    """Tell whether records of each of these topics were set aside."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic_name(f"{name}.dead", namespace=settings.namespace), 0) for name in topics]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        return min(ends.values()) > 0
    finally:
        await consumer.stop()


async def goes_on(bus: KafkaBus, heard: list[str]) -> None:
    """Hold that what comes after is heard and answered."""
    jobs = [f"job_{number}" for number in range(24)]
    for job in jobs:
        await bus.publish(wanted(job))
    replies = await asyncio.gather(*(bus.ask(reserving(job), within=60) for job in jobs))

    assert [reply.job_id for reply in replies if isinstance(reply, CreditsReserved)] == jobs
    await until(lambda: true_when(set(jobs) <= set(heard)), what="the events that came after", within=120)


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("topics", "count"), [(few_topics(), 150), pytest.param(every_topic(), 1_000, marks=pytest.mark.soak)], ids=["some", "of every topic"]
)
async def test_records_of_every_kind_of_wrong_hold_up_nobody(
    settings: SharedSettings, opened: AsyncExitStack, topics: Sequence[Topic], count: int
) -> None:
    heard: list[str] = []
    bus = KafkaBus(settings, service="training", instance="training-1", topics=topics)
    await opened.enter_async_context(bus.running(facts=listening(heard, topics), answers=answering(topics), asks=True))
    spoken = [each.name for each in topics if each.name in {known.name for known in (*EVENTS.values(), *ASKS.values())}]
    chance = random.Random(SEED)

    for name in spoken:
        await send(settings, name, mutants(name, namespace=settings.namespace, count=count, chance=chance))

    await goes_on(bus, heard)
    # Of another topic than those that go on, that may come later.
    await until(partial(some_set_aside, settings, spoken), what="something of each topic set aside", within=120)
    of = {
        name: [each for each in topics if each.name in {known.name for known in table.values()}]
        for name, table in (("", EVENTS), ("asks", ASKS))
    }
    for traffic, spoken_on in of.items():
        await until(
            partial(all_acknowledged, settings, spoken_on, traffic=traffic), what=f"every {traffic or 'event'} acknowledged", within=120
        )


async def test_a_batch_that_cannot_be_read_is_passed_over(settings: SharedSettings, opened: AsyncExitStack) -> None:
    heard: list[str] = []
    bus = KafkaBus(settings, service="training", instance="training-1", topics=few_topics())
    await opened.enter_async_context(bus.running(facts=listening(heard, few_topics()), answers=answering(few_topics()), asks=True))

    for topic in (EVENTS[TrainingCancelRequested].name, ASKS[ReserveCredits].name):
        for partition in range(6):
            batch = unreadable_batch("a header's name" if partition % 2 else "compression")
            await produce_raw(settings, topic_name(topic, namespace=settings.namespace), partition, batch)

    await goes_on(bus, heard)


def unreadable_batch(wrong: str) -> bytes:
    """Return a batch of one record that a broker may take: a header's name that is not UTF-8, or a compression that does not unpack."""
    about: dict[str, Any] = {"producer_id": -1, "producer_epoch": -1, "base_sequence": -1}
    builder = DefaultRecordBatchBuilder(magic=2, compression_type=0, is_transactional=0, batch_size=10_000, **about)
    builder.append(0, timestamp=1, key=b"k", value=b"v", headers=[("name", b"x")])
    batch = bytearray(builder.build())
    if wrong == "compression":
        batch[22] = 3  # It is said to be LZ4's, and is not.
    else:
        batch[batch.index(b"name")] = 0xFF
    struct.pack_into(">I", batch, 17, calc_crc32c(memoryview(bytes(batch))[21:]))
    return bytes(batch)


async def produce_raw(settings: SharedSettings, topic: str, partition: int, batch: bytes) -> None:
    """Send a batch as it is (produce request, version 3)."""
    host, port = settings.kafka_bootstrap.split(":")
    name = topic.encode()
    head = struct.pack(">hhih", 0, 3, 1, 4) + b"test"
    body = struct.pack(">hhiih", -1, -1, 5000, 1, len(name)) + name + struct.pack(">iii", 1, partition, len(batch)) + batch
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(struct.pack(">i", len(head) + len(body)) + head + body)
    answer = await reader.readexactly(struct.unpack(">i", await reader.readexactly(4))[0])
    writer.close()
    # Correlation id, one topic, its name, one partition and its number; then the error's code.
    (code,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(name) + 4 + 4)
    assert code in {0, UNKNOWN, INVALID_RECORD, CORRUPT_MESSAGE}  # Apache Kafka looks into what is compressed.


async def true_when(condition: bool) -> bool:
    return condition
