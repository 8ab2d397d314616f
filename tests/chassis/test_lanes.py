"""Stories of messages side by side: in order within a key, and acknowledged only as far as everything before is done."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiokafka import TopicPartition

from libs.chassis.bus.lanes import Lanes, Record
from libs.chassis.bus.wire import account_of
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


def waiting(lanes: Lanes, *messages: Message, account: str | None) -> list[bool]:
    """Let messages wait, each the first of its lane, and tell which of them have to make way in the end."""
    for message in messages:
        lanes.wait(message, account=account)
    return [lanes.wait(message, account=account) for message in messages]


@pytest.fixture
async def lanes() -> AsyncIterator[Lanes]:
    """Lanes with room for forty messages, none of which is done."""

    async def never(_: Record, halted: asyncio.Event) -> bool:
        return not await halted.wait()

    lanes = Lanes(never, moved=lambda: None, room=40)
    yield lanes
    await lanes.halt(within=5)


def messages(name: str, count: int, *, of_key: bytes | None = None) -> list[Message]:
    return [Message(number, of_key or f"{name}_{number}".encode()) for number in range(count)]


async def test_in_a_crowd_the_account_that_makes_it_makes_way_and_those_who_wait_for_little_go_on_waiting(lanes: Lanes) -> None:
    many, few = messages("job_of_many", 25), messages("job_of_few", 3)
    await lanes.take([*many, *few])

    assert waiting(lanes, *few, account="account_few") == [False] * 3
    assert waiting(lanes, *many, account="account_many") == [True] * 25

    assert waiting(lanes, *few, account="account_few") == [False] * 3


async def test_in_a_crowd_of_accounts_each_may_wait_for_its_share(lanes: Lanes) -> None:
    """Twenty places for four accounts: five are a share."""
    sizes = {"account_a": 9, "account_b": 5, "account_c": 4, "account_d": 3}
    jobs = {account: messages(account, size) for account, size in sizes.items()}
    await lanes.take([message for each in jobs.values() for message in each])
    for account, each in jobs.items():
        waiting(lanes, *each, account=account)

    assert {account: lanes.wait(each[0], account=account) for account, each in jobs.items()} == {
        "account_a": True,
        "account_b": True,
        "account_c": False,
        "account_d": False,
    }


async def test_a_key_of_no_account_has_a_share_of_its_own_and_what_stands_behind_it_counts(lanes: Lanes) -> None:
    long, short = messages("", 22, of_key=b"long"), messages("", 2, of_key=b"short")
    await lanes.take([*long, *short])

    lanes.wait(long[0])

    assert (lanes.wait(short[0]), lanes.wait(long[0])) == (False, True)


async def test_an_account_that_waits_alone_may_take_all_that_waits_may_take(lanes: Lanes) -> None:
    await lanes.take(jobs := messages("job", 21))

    assert waiting(lanes, *jobs[:20], account="account_1") == [False] * 20
    assert lanes.wait(jobs[20], account="account_1")


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


@pytest.mark.parametrize(
    ("body", "account"),
    [
        (b'{"job_id": "job_1", "account_id": "account_1"}', "account_1"),
        (b'{"job_id": "job_1"}', None),
        (b'{"account_id": null}', None),
        (b'{"account_id": 7}', None),
        (b'["account_id"]', None),
        (b"\xff{", None),
        (b"", None),
        (None, None),
    ],
)
def test_an_event_names_its_account_or_none(body: bytes | None, account: str | None) -> None:
    assert account_of(body) == account
