"""Messages handled side by side, in order within a key, and how far a partition may be acknowledged.

A message that is tried again for minutes holds up its own key alone: other keys go on, and so does the polling.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from aiokafka import TopicPartition

from libs.chassis.logs import log
from libs.chassis.tasks import cancelled

# So many messages may be in hand.
ROOM: Final = 2000
# So many times as many may be done in a partition beyond what can be acknowledged (their places alone are kept): a crash brings them
# again, and they change nothing then.
ROOMS_AHEAD: Final = 10
AGAIN_AFTER_S: Final = 1.0
Record: TypeAlias = Any  # an aiokafka ConsumerRecord, which has no types
Handle: TypeAlias = Callable[[Record, asyncio.Event], Awaitable[bool]]


class Lanes:
    """One lane for each key of a topic. `handle` returns False for a message that it left to whoever comes next.

    `halted` is set once and for all: the process stops, or its partitions move. `moved` is called whenever more can be acknowledged.
    """

    def __init__(self, handle: Handle, *, moved: Callable[[], None], room: int = ROOM) -> None:
        self.halted = asyncio.Event()
        self._handle, self._moved, self._room, self._ahead = handle, moved, room, ROOMS_AHEAD * room
        self._lanes: dict[tuple[str, bytes | None], deque[tuple[Record, _Place]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._progress: dict[TopicPartition, _Progress] = {}
        self._in_hand = 0
        self._some_done = asyncio.Event()
        # Lanes whose first message waits for its next attempt, and the account that it is of: where none is named, its key stands for it.
        self._waiting: dict[tuple[str, bytes | None], str | bytes | None] = {}

    async def take(self, records: Sequence[Record]) -> None:
        """Put messages into their lanes, in order; return when there is room for more."""
        if self.halted.is_set():
            return
        for record in records:
            place = self._progress.setdefault(_partition(record), _Progress()).begin(record.offset)
            lane = self._lanes.setdefault((record.topic, record.key), deque())
            lane.append((record, place))
            self._in_hand += 1
            if len(lane) == 1:
                task = asyncio.create_task(self._run((record.topic, record.key), lane))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        while self.is_full and not self.halted.is_set():
            self._some_done.clear()
            await self._some_done.wait()

    @property
    def is_full(self) -> bool:
        """Return whether more must wait until some of what was taken is done."""
        return self._in_hand > self._room or any(progress.size > self._ahead for progress in self._progress.values())

    def wait(self, record: Record, *, account: str | None = None) -> bool:
        """Note that a message waits for its next attempt, and return whether it has to make way.

        What waits may take half of the room; the other half is for messages that nothing holds up. When it takes more, those make way
        whose account has its fair share or more: the half, divided by the accounts that wait. What stands behind a message in its lane
        waits with it. A message makes way too when it keeps half as many as may be from being acknowledged.
        """
        self._waiting[record.topic, record.key] = owner = account or record.key
        progress = self._progress.get(_partition(record))
        if progress and progress.size > self._ahead // 2 and progress.first == record.offset:
            return True
        held: Counter[str | bytes | None] = Counter()
        for key, waits_for in self._waiting.items():
            held[waits_for] += len(self._lanes.get(key, ()))
        half = self._room // 2
        return held.total() > half and held[owner] * len(held) >= half

    def acknowledgeable(self, assigned: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Return for each assigned partition the offset after its last message before the first that is not done, where that is news."""
        return {partition: self._progress[partition].through for partition in assigned if self._is_news(partition)}

    def _is_news(self, partition: TopicPartition) -> bool:
        return partition in self._progress and self._progress[partition].is_news

    def acknowledged(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note what the broker has taken."""
        for partition, offset in offsets.items():
            self._progress[partition].acknowledged = offset

    def first_open(self, partition: TopicPartition) -> int | None:
        """Return the offset of a partition's first message that is not done; None when all that was taken is."""
        progress = self._progress.get(partition)
        return progress.first if progress else None

    def begin_log(self, partition: TopicPartition) -> None:
        """Forget how far a partition has come: its log was made anew, and no position in the old one says anything of it."""
        self._progress[partition] = _Progress()
        self._some_done.set()

    async def halt(self, *, within: float) -> None:
        """Begin nothing new; wait for what runs, so long at most."""
        self.halted.set()
        self._some_done.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)

    async def cancel(self) -> None:
        """End what still runs, as a crash would: it comes again, to whoever has its partition then."""
        await cancelled(*self._tasks)

    async def _run(self, key: tuple[str, bytes | None], lane: deque[tuple[Record, "_Place"]]) -> None:
        while lane and await self._handled(lane[0][0]):
            record, place = lane.popleft()
            self._in_hand -= 1
            self._waiting.pop(key, None)
            place.done = True
            self._progress[_partition(record)].move_on()
            self._some_done.set()
            self._moved()
        if not lane:
            del self._lanes[key]

    async def _handled(self, record: Record) -> bool:
        """Handle a message; what even its delivery did not foresee is logged and tried again.

        A lane that ended would hold its partition up, and nobody would see it.
        """
        while not self.halted.is_set():
            try:
                return await self._handle(record, self.halted)
            except Exception:  # noqa: BLE001  # see above
                log().exception("a message is tried again", topic=record.topic, offset=record.offset)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.halted.wait(), AGAIN_AFTER_S)
        return False


@dataclass(slots=True)
class _Place:
    """A message's place in its partition. An offset that comes a second time has a second place."""

    offset: int
    done: bool = False


class _Progress:
    """A partition's messages in the order in which they came, and which of them are done."""

    def __init__(self) -> None:
        self.through = self.acknowledged = -1
        self._begun: deque[_Place] = deque()

    @property
    def size(self) -> int:
        return len(self._begun)

    @property
    def first(self) -> int | None:
        """The offset of the first message that is not done."""
        return self._begun[0].offset if self._begun else None

    @property
    def is_news(self) -> bool:
        return self.through not in {-1, self.acknowledged}

    def begin(self, offset: int) -> _Place:
        place = _Place(offset)
        self._begun.append(place)
        return place

    def move_on(self) -> None:
        while self._begun and self._begun[0].done:
            self.through = self._begun.popleft().offset + 1


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)
