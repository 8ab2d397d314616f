"""What our embedded broker answers to bytes that no client of ours sends: batches that come again, versions of the future, and nonsense."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from deploy.local.broker.apis import APIS
from deploy.local.broker.batches import Code
from deploy.local.broker.server import VERSIONS
from tests.conftest import Kafka
from tests.local.test_broker import created
from tests.waiting import until

PATIENCE_S = 120
# Loading, not available, not the coordinator: of a broker that has only begun.
BEGINNING = {14, 15, 16}
# Not known, no leader: of a topic that has only been made.
UNHEARD_OF = {3, 5, 6}
PRODUCE, METADATA, FIND_COORDINATOR, JOIN, SYNC, HEARTBEAT, API_VERSIONS, NEW_PRODUCER = 0, 3, 10, 11, 14, 12, 18, 22
BIG = 0x7FFFFFFF


def text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def blob(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


@dataclass
class Wire:
    """A connection to a broker that sends what it is given."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, key: int, version: int, body: bytes) -> None:
        self.writer.write(blob(struct.pack(">hhi", key, version, 7) + text("a client") + body))

    async def answer(self) -> bytes:
        """Return the next answer, without what names its request; nothing when the connection was closed."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                (size,) = struct.unpack(">i", await self.reader.readexactly(4))
                return (await self.reader.readexactly(size))[4:]
            except (asyncio.IncompleteReadError, ConnectionResetError):
                return b""

    async def ask(self, key: int, version: int, body: bytes) -> bytes:
        self.send(key, version, body)
        return await self.answer()

    async def is_answered(self) -> bool:
        """Whether the broker speaks to this connection: of no topic (an empty array)."""
        return bool(await self.ask(METADATA, 1, struct.pack(">i", 0)))


@asynccontextmanager
async def wired(kafka: Kafka) -> AsyncIterator[Wire]:
    host, _, port = kafka.bootstrap.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def wire(kafka: Kafka) -> AsyncIterator[Wire]:
    async with wired(kafka) as wire:
        yield wire


def a_batch(sequence: int, *, producer: int, count: int = 1, size: int = 10) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=producer, producer_epoch=0, base_sequence=sequence, batch_size=10**6
    )
    for number in range(count):
        builder.append(number, timestamp=1_700_000_000_000, key=None, value=b"x" * size, headers=[])
    return bytes(builder.build())


async def produce(wire: Wire, topic: str, records: bytes) -> tuple[int, int]:
    """Send these bytes as a partition's records; return the error's number and the offset."""
    partitions = struct.pack(">ii", 1, 0) + blob(records)
    answer = await wire.ask(PRODUCE, 3, struct.pack(">hhii", -1, -1, 30_000, 1) + text(topic) + partitions)
    _, code, offset = struct.unpack_from(">ihq", answer, 4 + len(text(topic)) + 4)
    return code, offset


async def produce_first(wire: Wire, topic: str, records: bytes) -> tuple[int, int]:
    """Send a new topic's first records: Apache Kafka says that it is made before the broker that leads it has heard so."""
    told: list[tuple[int, int]] = []

    async def is_led() -> bool:
        told.append(await produce(wire, topic, records))
        return told[-1][0] not in UNHEARD_OF

    await until(is_led, what=f"a leader of {topic}", within=PATIENCE_S)
    return told[-1]


async def a_producer(wire: Wire) -> int:
    told: list[int] = []

    async def is_told() -> bool:
        _, code, number, _ = struct.unpack(">ihqh", await wire.ask(NEW_PRODUCER, 0, struct.pack(">hi", -1, 60_000)))
        told.append(number)
        return code not in BEGINNING

    await until(is_told, what="a producer's id", within=PATIENCE_S)
    return told[-1]


async def a_group(wire: Wire, name: str) -> str:
    """Return a group's name when the broker keeps it: Apache Kafka begins to when it is first looked for."""

    async def is_kept() -> bool:
        await wire.ask(FIND_COORDINATOR, 0, text(name))
        (code,) = struct.unpack(">h", await wire.ask(HEARTBEAT, 0, text(name) + struct.pack(">i", 1) + text("nobody")))
        return bool(code == Code.UNKNOWN_MEMBER_ID)

    await until(is_kept, what="a group", within=PATIENCE_S)
    return name


async def test_a_batch_that_comes_again_is_taken_once_and_one_that_leaves_a_gap_is_refused(
    kafka: Kafka, wire: Wire, namespace: str
) -> None:
    topic = f"{namespace}.news"
    await created(kafka.bootstrap, topic)
    producer, other = await a_producer(wire), await a_producer(wire)

    steps = [(producer, 0), (producer, 3), (other, 0), (producer, 3), (producer, 0), (producer, 9), (producer, 6)]
    first, *others = [a_batch(sequence, producer=of, count=3) for of, sequence in steps]
    told = [await produce_first(wire, topic, first), *[await produce(wire, topic, each) for each in others]]

    assert [offset for code, offset in told if code == Code.NONE] == [0, 3, 6, 3, 0, 9]
    assert told[5] == (Code.OUT_OF_ORDER_SEQUENCE_NUMBER, -1)


GOOD = a_batch(-1, producer=-1, count=2)
SPOILED = {
    "a flipped bit": (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), {Code.CORRUPT_MESSAGE}),
    "cut off": (GOOD[:-5], {Code.CORRUPT_MESSAGE, Code.INVALID_RECORD}),
    "a header alone": (GOOD[:30], {Code.CORRUPT_MESSAGE, Code.INVALID_RECORD}),
    "nothing": (b"", {Code.INVALID_RECORD}),
    "two batches": (GOOD * 2, {Code.INVALID_RECORD}),
    "more records told than sent": (GOOD[:23] + struct.pack(">i", 99) + GOOD[27:], {Code.INVALID_RECORD, Code.CORRUPT_MESSAGE}),
}


@pytest.mark.parametrize("spoiled", SPOILED)
async def test_records_that_no_consumer_could_read_are_refused(embedded_broker: Kafka, namespace: str, spoiled: str) -> None:
    records, refusals = SPOILED[spoiled]
    await created(embedded_broker.bootstrap, f"{namespace}.news")

    async with wired(embedded_broker) as wire:
        code, _ = await produce(wire, f"{namespace}.news", records)
        after = await produce(wire, f"{namespace}.news", GOOD)

    assert code in refusals
    assert after == (Code.NONE, 0)


async def test_records_for_a_topic_that_is_not_there_are_refused(wire: Wire, namespace: str) -> None:
    assert await produce(wire, f"{namespace}.none", GOOD) == (Code.UNKNOWN_TOPIC_OR_PARTITION, -1)


async def test_a_client_of_a_version_of_the_future_is_told_what_is_spoken_here(wire: Wire) -> None:
    answer = await wire.ask(API_VERSIONS, 99, b"\x00")

    assert struct.unpack_from(">h", answer) == (Code.UNSUPPORTED_VERSION,)
    told = struct.unpack_from(">i", answer, 2)[0]
    assert API_VERSIONS in {struct.unpack_from(">hhh", answer, 6 + 6 * place)[0] for place in range(told)}
    assert len(await wire.ask(API_VERSIONS, 0, b"")) >= len(answer)


NONSENSE = {
    "a negative length": struct.pack(">i", -5),
    "a length without end": struct.pack(">i", BIG),
    "a request of nothing": struct.pack(">i", 0),
    "an api that is not there": blob(struct.pack(">hhi", 9999, 0, 1) + text("x")),
    "a version that is not there": blob(struct.pack(">hhi", METADATA, 999, 1) + text("x")),
    "a text that ends too soon": blob(struct.pack(">hhi", METADATA, 1, 1) + struct.pack(">h", 500) + b"x"),
    "a text that is none": blob(struct.pack(">hhi", METADATA, 1, 1) + struct.pack(">h", 2) + b"\xff\xfe"),
    "more topics than bytes": blob(struct.pack(">hhi", METADATA, 1, 1) + text("x") + struct.pack(">i", BIG)),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_a_request_that_cannot_be_read_ends_its_own_connection_alone(kafka: Kafka, wire: Wire, nonsense: str) -> None:
    async with wired(kafka) as other:
        assert await other.is_answered()

        wire.writer.write(NONSENSE[nonsense])

        assert await wire.answer() == b""
        assert await other.is_answered()


@pytest.mark.parametrize("body", [b"", bytes(200), b"\xff" * 200, b"\x7f" * 200, b"\x00\x01" * 100], ids=["none", "0", "ff", "7f", "01"])
async def test_whatever_a_request_says_it_is_answered_or_its_connection_closed(embedded_broker: Kafka, body: bytes) -> None:
    asked = [(key, version) for key, (lowest, highest) in VERSIONS.items() for version in range(lowest, highest + 1)]

    for key, version in asked:
        async with wired(embedded_broker) as wire:
            wire.send(key, version, body)
            wire.writer.write_eof()  # Nothing more comes: who waits for it, or for another member, is told or let go.

            await wire.answer()

    async with wired(embedded_broker) as other:
        assert await other.is_answered()
    assert {key for key, _ in asked} >= set(APIS)


def joining(group: str, *, member: str = "", session_ms: int = 30_000, protocols: tuple[str, ...] = ("range",)) -> bytes:
    listed = struct.pack(">i", len(protocols)) + b"".join(text(each) + blob(b"about me") for each in protocols)
    return text(group) + struct.pack(">ii", session_ms, 30_000) + text(member) + text("tests") + listed


def joined(answer: bytes) -> tuple[Code, int, str]:
    """Return the error, the generation and the member's id of a join's answer."""
    code, generation = struct.unpack_from(">hi", answer)
    place, texts = 6, []
    for _ in range(3):
        (length,) = struct.unpack_from(">h", answer, place)
        texts.append(answer[place + 2 : place + 2 + length].decode())
        place += 2 + length
    return Code(code), generation, texts[2]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"member": "a stranger"}, Code.UNKNOWN_MEMBER_ID),
        ({"protocols": ()}, Code.INCONSISTENT_GROUP_PROTOCOL),
        ({"session_ms": -1}, Code.INVALID_SESSION_TIMEOUT),
        ({"session_ms": BIG}, Code.INVALID_SESSION_TIMEOUT),
    ],
    ids=lambda value: value.name if isinstance(value, Code) else None,
)
async def test_who_cannot_be_a_member_is_refused(wire: Wire, namespace: str, asked: dict[str, object], refusal: Code) -> None:
    group = await a_group(wire, namespace)

    code, *_ = joined(await wire.ask(JOIN, 1, joining(group, **asked)))  # type: ignore[arg-type]  # a table's

    assert code is refusal


async def test_a_member_that_joins_another_way_than_the_others_is_refused(wire: Wire, kafka: Kafka, namespace: str) -> None:
    group = await a_group(wire, namespace)
    await wire.ask(JOIN, 1, joining(group))

    async with wired(kafka) as other:
        code, *_ = joined(await other.ask(JOIN, 1, joining(group, protocols=("another",))))

    assert code is Code.INCONSISTENT_GROUP_PROTOCOL


async def test_a_member_is_told_to_join_again_and_one_of_a_generation_before_that_it_is_too_late(
    wire: Wire, kafka: Kafka, namespace: str, opened: AsyncExitStack
) -> None:
    other = await opened.enter_async_context(wired(kafka))
    group = await a_group(wire, namespace)
    _, generation, member = joined(await wire.ask(JOIN, 1, joining(group)))
    me = text(group) + struct.pack(">i", generation) + text(member)
    synced = await wire.ask(SYNC, 0, me + struct.pack(">i", 1) + text(member) + blob(b"all of it"))
    quiet = await wire.ask(HEARTBEAT, 0, me)

    other.send(JOIN, 1, joining(group))
    while (asked_again := await wire.ask(HEARTBEAT, 0, me)) == quiet:
        pass
    _, next_generation, same = joined(await wire.ask(JOIN, 1, joining(group, member=member)))
    too_late = await wire.ask(HEARTBEAT, 0, me)

    assert synced == struct.pack(">h", 0) + blob(b"all of it")
    assert [struct.unpack(">h", each)[0] for each in (quiet, asked_again, too_late)] == [
        Code.NONE,
        Code.REBALANCE_IN_PROGRESS,
        Code.ILLEGAL_GENERATION,
    ]
    assert (next_generation, same) == (generation + 1, member)
    assert joined(await other.answer())[1] == next_generation


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack
