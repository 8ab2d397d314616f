"""What our embedded broker keeps: its journal whole or cut off, records as long as they are to be, and no more of a client than it reads."""

import asyncio
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka.record import MemoryRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from deploy.local.broker.batches import Code, RefusedError, read_produced
from deploy.local.broker.broker import Broker
from deploy.local.broker.group import Group, Member
from deploy.local.broker.log import PartitionLog
from deploy.local.broker.server import MOST_WAITING_BYTES, Connection
from deploy.local.broker.topics import Topics
from tests.waiting import until

DAY_MS = 24 * 3600 * 1000


def a_batch(*values: bytes, at_ms: int | None = None) -> bytes:
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1, batch_size=10**6
    )
    for number, value in enumerate(values):
        moment = int(time.time() * 1000) if at_ms is None else at_ms
        builder.append(number, timestamp=moment, key=None, value=value, headers=[])
    return bytes(builder.build())


OPEN: dict[Path, Broker] = {}


def restored(folder: Path | None) -> Broker:
    """Return a broker with what its folder holds; the one before it is gone, as if killed."""
    broker = Broker(port=0, folder=folder)
    if folder:
        if folder in OPEN:
            OPEN[folder].journal.close()
        OPEN[folder] = broker
    broker.restore()
    return broker


def made(topics: Topics, name: str, **configs: str) -> None:
    topics.create(
        name, partitions=1, replication=1, configs={key.replace("_", "."): value for key, value in configs.items()}, only_check=False
    )


def offsets_of(broker: Broker, name: str) -> tuple[int, int, list[bytes]]:
    """Return where a topic's only partition begins and ends, and the records that it gives from its beginning on."""
    log = broker.topics.partition(name, 0)
    assert log is not None
    records = MemoryRecords(b"".join(log.read(log.start, most=10**6)))
    values = []
    while (batch := records.next_batch()) is not None:
        values += [record.value for record in batch if record.offset >= log.start]
    return log.start, log.end, values


TORN: dict[str, Callable[[bytes], bytes]] = {
    "half a length": lambda entry: entry[:3],
    "half a head": lambda entry: entry[:20],
    "half its records": lambda entry: entry[:-10],
    "zeros, as after a power cut": lambda entry: bytes(len(entry)),
}


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_end_of_the_journal_is_cut_off_and_what_comes_later_is_kept(tmp_path: Path, torn: str) -> None:
    broker = restored(tmp_path)
    made(broker.topics, "news")
    broker.topics.append("news", 0, a_batch(b"a"))
    whole = (tmp_path / "journal").read_bytes()
    broker.topics.append("news", 0, a_batch(b"b"))
    last = (tmp_path / "journal").read_bytes().removeprefix(whole)
    broker.journal.close()
    (tmp_path / "journal").write_bytes(whole + TORN[torn](last))

    after = restored(tmp_path)
    cut_off = offsets_of(after, "news")
    after.topics.append("news", 0, a_batch(b"c"))

    assert cut_off == (0, 1, [b"a"])
    assert offsets_of(restored(tmp_path), "news") == (0, 2, [b"a", b"c"])


def test_old_records_are_dropped_and_offsets_stay_over_a_restart(tmp_path: Path) -> None:
    broker = restored(tmp_path)
    made(broker.topics, "daily", retention_ms=str(DAY_MS))
    made(broker.topics, "forever", retention_ms="-1")
    long_ago = int(time.time() * 1000) - 2 * DAY_MS
    for name in ("daily", "forever"):
        broker.topics.append(name, 0, a_batch(b"a", b"b", at_ms=long_ago))
        broker.topics.append(name, 0, a_batch(b"c"))
    made(broker.topics, "empty", retention_ms=str(DAY_MS))
    broker.topics.append("empty", 0, a_batch(b"a", b"b", at_ms=long_ago))

    broker.tidy()

    for each in (broker, restored(tmp_path), restored(tmp_path)):
        assert offsets_of(each, "daily") == (2, 3, [b"c"])
        assert offsets_of(each, "forever") == (0, 3, [b"a", b"b", b"c"])
        assert offsets_of(each, "empty") == (2, 2, [])


def test_what_was_deleted_within_a_batch_stays_deleted_over_restarts(tmp_path: Path) -> None:
    broker = restored(tmp_path)
    made(broker.topics, "news")
    broker.topics.append("news", 0, a_batch(b"a", b"b", b"c"))

    broker.topics.forget_below("news", 0, 1)

    for each in (broker, restored(tmp_path), restored(tmp_path)):
        assert offsets_of(each, "news") == (1, 3, [b"b", b"c"])


@pytest.mark.parametrize("offset", [-2, 4])
def test_what_lies_beyond_the_log_cannot_be_deleted(offset: int) -> None:
    broker = restored(None)
    made(broker.topics, "news")
    broker.topics.append("news", 0, a_batch(b"a", b"b", b"c"))

    with pytest.raises(RefusedError) as refused:
        broker.topics.forget_below("news", 0, offset)

    assert (refused.value.code, offsets_of(broker, "news")) == (Code.OFFSET_OUT_OF_RANGE, (0, 3, [b"a", b"b", b"c"]))


def test_groups_of_nobody_are_forgotten_and_what_was_committed_is_not(tmp_path: Path) -> None:
    broker = restored(tmp_path)
    made(broker.topics, "news")
    broker.groups.found_or_made("asked for once")
    broker.groups.found_or_made("readers").commit({("news", 0): (1, "")}, member_id="", generation=-1)

    broker.tidy()

    assert [group.name for group in broker.groups] == ["readers"]
    assert [group.offsets for group in restored(tmp_path).groups] == [{("news", 0): (1, "")}]


class Unread(asyncio.Transport):
    """The end of a connection whose client sends and sends, and reads nothing."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol, self.reads, self.written = protocol, True, b""

    def write(self, data: Any) -> None:
        self.written += data
        self.protocol.pause_writing()

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True

    def is_closing(self) -> bool:
        return False


def test_a_client_that_reads_no_answers_is_not_read_either_until_it_does() -> None:
    connection = Connection(restored(None), set())
    wire = Unread(connection)
    connection.connection_made(wire)
    request = struct.pack(">hhi", 18, 0, 1) + struct.pack(">h", 1000) + b"x" * 1000
    sent = 0
    while wire.reads:
        connection.data_received(struct.pack(">i", len(request)) + request)
        sent += 1
    answered = len(wire.written)

    connection.resume_writing()
    one_more = len(wire.written)
    while len(wire.written) < sent * answered:
        connection.resume_writing()

    assert (sent - 1) * len(request) > MOST_WAITING_BYTES  # No more than that waits.
    assert (one_more, wire.reads) == (2 * answered, True)


def a_member(member: str = "", **more: Any) -> Member:
    options: dict[str, Any] = {"session_s": 0.5, "rebalance_s": 60.0, "protocols": [("range", b"")]} | more
    return Member(member, "me", "here", **options)


async def test_a_member_that_waits_for_its_assignment_is_not_taken_for_dead() -> None:
    group = Group("readers", restored(None).journal)
    leader = await group.join(a_member(session_s=60.0), protocol_type="tests")
    joining = asyncio.create_task(group.join(a_member(), protocol_type="tests"))
    await asyncio.sleep(0)
    again = await group.join(a_member(leader.member, session_s=60.0), protocol_type="tests")
    follower = await joining
    waiting = asyncio.create_task(group.sync(follower.member, generation=follower.generation, assignments={}))
    other = await group_that_lets_a_silent_member_go()

    assert (other, set(group.members)) == (set(), {leader.member, follower.member})
    assignments = {leader.member: b"one", follower.member: b"two"}
    assert await group.sync(leader.member, generation=again.generation, assignments=assignments) == b"one"
    assert await waiting == b"two"
    group.end()


async def group_that_lets_a_silent_member_go() -> set[str]:
    """Return the members of a group whose only one, of the same patience, has said nothing for too long."""
    group = Group("silent", restored(None).journal)
    await group.join(a_member(), protocol_type="tests")
    await until(lambda: true_when(not group.members), what="the silent one gone")
    return set(group.members)


async def true_when(condition: bool) -> bool:
    return condition


async def test_who_asks_again_on_another_connection_is_answered_there_alone() -> None:
    group = Group("readers", restored(None).journal)
    leader = await group.join(a_member(session_s=60.0), protocol_type="tests")
    joining = asyncio.create_task(group.join(a_member(session_s=60.0), protocol_type="tests"))
    await asyncio.sleep(0)
    await group.join(a_member(leader.member, session_s=60.0), protocol_type="tests")
    follower = await joining
    about: dict[str, Any] = {"generation": follower.generation, "assignments": {}}
    lost, asked_again = (asyncio.create_task(group.sync(follower.member, **about)) for _ in range(2))
    await asyncio.sleep(0)

    await group.sync(leader.member, generation=follower.generation, assignments={follower.member: b"two"})

    assert await asked_again == b"two"
    assert cast(RefusedError, lost.exception()).code is Code.REBALANCE_IN_PROGRESS
    group.end()


def test_a_folder_has_one_broker(tmp_path: Path) -> None:
    first, second = Broker(port=0, folder=tmp_path), Broker(port=0, folder=tmp_path)
    first.restore()
    made(first.topics, "kept")

    with pytest.raises(BlockingIOError):
        second.restore()

    first.journal.close()
    second.restore()
    assert second.topics.get("kept")


def test_a_partition_keeps_so_many_bytes_and_drops_the_oldest(tmp_path: Path) -> None:
    broker = restored(tmp_path)
    made(broker.topics, "small", retention_bytes="250")
    for value in (b"a" * 100, b"b" * 100, b"c" * 100):
        broker.topics.append("small", 0, a_batch(value))

    broker.topics.forget_old()

    assert offsets_of(broker, "small") == (2, 3, [b"c" * 100])


def test_a_time_is_found_whatever_the_order_of_times_and_after_the_oldest_are_gone() -> None:
    log = PartitionLog()
    for moment in (5_000, 3_000, 9_000, 7_000):
        _, placed = log.place(read_produced(a_batch(b"x", at_ms=moment)))
        assert placed is not None
        log.add([placed])

    assert [log.find(moment) for moment in (0, 4_000, 5_001, 9_001)] == [(0, 5_000), (0, 5_000), (2, 9_000), None]
    log.forget_below(1)
    assert [log.find(moment) for moment in (0, 4_000)] == [(1, 3_000), (2, 9_000)]
