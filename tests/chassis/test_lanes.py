"""Stories of messages side by side: in order within a key, and acknowledged only as far as everything before is done."""

import asyncio
from dataclasses import dataclass

from aiokafka import TopicPartition

from libs.chassis.lanes import Lanes, Record
from tests.waiting import until

OURS = TopicPartition("training.completed", 0)


@dataclass(frozen=True)
class Message:
    offset: int
    key: bytes
    topic: str = OURS.topic
    partition: int = OURS.partition


class Handler:
    """Handles what it may: a key that is held back waits."""

    def __init__(self, *held: bytes) -> None:
        self.handled: list[int] = []
        self._held = {key: asyncio.Event() for key in held}

    async def __call__(self, record: Record, halted: asyncio.Event) -> bool:  # noqa: ARG002  # the port's names
        if record.key in self._held:
            await self._held[record.key].wait()
        self.handled.append(record.offset)
        return True

    def free(self, key: bytes) -> None:
        self._held[key].set()


async def test_nothing_is_acknowledged_beyond_a_message_that_waits() -> None:
    handler = Handler(b"slow")
    lanes = Lanes(handler, moved=lambda: None)

    await lanes.take([Message(4, b"quick"), Message(5, b"slow"), Message(6, b"quick")])
    await until(lambda: _is(handler.handled, [4, 6]))

    assert lanes.acknowledgeable({OURS}) == {OURS: 5}
    handler.free(b"slow")
    await until(lambda: _is(handler.handled, [4, 6, 5]))
    assert lanes.acknowledgeable({OURS}) == {OURS: 7}


async def test_what_waits_for_another_attempt_makes_a_crowd_and_what_is_only_queued_does_not() -> None:
    handler = Handler(b"slow", b"busy")
    lanes = Lanes(handler, moved=lambda: None, room=10)
    busy, slow = [Message(offset, b"busy") for offset in range(8)], Message(8, b"slow")
    await lanes.take([*busy, slow])

    alone, with_its_lane = lanes.wait(slow), lanes.wait(busy[0])

    assert (alone, with_its_lane) == (False, True)
    for key in (b"slow", b"busy"):
        handler.free(key)
    await until(lambda: _is(sorted(handler.handled), list(range(9))))
    assert lanes.wait(Message(9, b"other")) is False


async def test_what_is_done_behind_one_that_waits_takes_no_room_until_it_is_very_much() -> None:
    handler = Handler(b"slow")
    lanes = Lanes(handler, moved=lambda: None, room=10)
    slow = Message(0, b"slow")

    await lanes.take([slow, *(Message(offset, b"quick") for offset in range(1, 40))])
    await until(lambda: _is(handler.handled, list(range(1, 40))))
    assert (lanes.is_full, lanes.wait(slow)) == (False, False)
    await lanes.take([Message(offset, b"quick") for offset in range(40, 80)])
    await until(lambda: _is(handler.handled, list(range(1, 80))))

    assert (lanes.is_full, lanes.wait(slow)) == (False, True)
    await lanes.halt(within=0)
    await lanes.cancel()


async def test_messages_that_come_a_second_time_hold_nothing_up() -> None:
    handler = Handler(b"slow")
    lanes = Lanes(handler, moved=lambda: None)
    again = [Message(5, b"slow"), Message(6, b"quick"), Message(7, b"quick")]

    await lanes.take(again)
    await lanes.take(again)
    await until(lambda: _is(handler.handled, [6, 7, 6, 7]))
    handler.free(b"slow")
    await until(lambda: _is(handler.handled, [6, 7, 6, 7, 5, 5]))

    assert lanes.acknowledgeable({OURS}) == {OURS: 8}


async def test_a_partition_that_went_to_another_process_is_not_acknowledged() -> None:
    handler = Handler()
    lanes = Lanes(handler, moved=lambda: None)

    await lanes.take([Message(4, b"quick")])
    await until(lambda: _is(handler.handled, [4]))

    assert lanes.acknowledgeable(set()) == {}


async def _is(handled: list[int], wanted: list[int]) -> bool:
    return handled == wanted


async def test_a_log_that_was_made_anew_is_acknowledged_from_its_own_beginning() -> None:
    handler = Handler(b"slow")
    lanes = Lanes(handler, moved=lambda: None)
    await lanes.take([Message(40, b"a"), Message(41, b"slow"), Message(42, b"b")])
    await until(lambda: reached(lanes, 41))
    lanes.acknowledged({OURS: 41})

    lanes.begin_log(OURS)
    assert lanes.acknowledgeable([OURS]) == {}
    await lanes.take([Message(0, b"c"), Message(1, b"d")])
    handler.free(b"slow")

    await until(lambda: reached(lanes, 2))
    await lanes.halt(within=5)


async def reached(lanes: Lanes, offset: int) -> bool:
    return lanes.acknowledgeable([OURS]) == {OURS: offset}
