"""How far a partition's asks are answered: what is committed stops before the first that is not, whatever comes twice."""

from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from libs.chassis.bus.ask_records import Progress

PLACE = TopicPartition("asks", 0)


def record(offset: int) -> Any:
    return SimpleNamespace(topic=PLACE.topic, partition=PLACE.partition, offset=offset)


def test_a_record_of_several_asks_is_done_when_each_of_them_is() -> None:
    progress = Progress()
    progress.taken(record(5), numbers=[b"a", b"b"])
    progress.taken(record(6), numbers=[b"c"])

    # when records come a second time, and with them an ask that is done already
    progress.taken(record(5), numbers=[b"a", b"b"])
    progress.taken(record(6), numbers=[b"c"])
    progress.done(record(5), number=b"a")
    progress.done(record(5), number=b"a")
    progress.done(record(6), number=b"c")
    before = progress.commitable([PLACE])
    progress.done(record(5), number=b"b")

    assert (before, progress.commitable([PLACE])) == ({PLACE: 5}, {PLACE: 7})


async def test_room_counts_asks_and_not_records() -> None:
    progress = Progress()
    progress.taken(record(1), numbers=[b"a", b"b", b"c"])

    assert await progress.room(10) == 7
