"""Marks by which a partition's log is known again: the offset and the time of one of its records.

A log that the broker lost, or whose topic was deleted and made again, begins at zero, and may have grown past a reader's position before
that reader looks. The position says nothing then; but where the old log had the marked record, the new one has another, written later.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from libs.chassis.logs import log

WRITTEN: Final = re.compile(r"(\d{1,18})@(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Mark:
    """A record that a log held: its offset, and its time in milliseconds since 1970."""

    offset: int
    time_ms: int

    def __str__(self) -> str:
        """Return it as it is kept beside a committed offset."""
        return f"{self.offset}@{self.time_ms}"

    @classmethod
    def read(cls, written: str) -> "Mark | None":
        """Return what `str` wrote, None for anything else."""
        found = WRITTEN.fullmatch(written)
        return cls(int(found[1]), int(found[2])) if found else None

    def is_first(self, found: Any) -> bool:
        """Return whether `found`, the first record that is no older (offset and timestamp, or None), shows that the log is still the same.

        It may be an earlier record of the same millisecond. Anything else proves nothing: clocks of producers differ.
        """
        return found is not None and found.timestamp == self.time_ms and found.offset <= self.offset


class Marks:
    """The marks of what one consumer reads: one that was seen to be in its log, and a newer one that is taken once that was seen again."""

    def __init__(self) -> None:
        self._seen: dict[TopicPartition, Mark] = {}
        self._newest: dict[TopicPartition, Mark] = {}
        self._lost: set[TopicPartition] = set()

    @property
    def seen(self) -> Mapping[TopicPartition, Mark]:
        """The mark of each partition that has one."""
        return self._seen

    @property
    def lost(self) -> Collection[TopicPartition]:
        """Partitions that had a mark, of a log that is no more, and of whose new log nothing was read yet."""
        return self._lost

    @property
    def newest(self) -> Mapping[TopicPartition, Mark]:
        """A copy of the newest ones, to be confirmed later."""
        return dict(self._newest)

    def begin(self, place: TopicPartition, mark: Mark | None) -> None:
        """Take a mark that was kept, or forget those of a partition: the next record that comes marks it."""
        self._newest.pop(place, None)
        if self._seen.pop(place, None) is not None and mark is None:
            self._lost.add(place)
        if mark is not None:
            self._seen[place] = mark

    def keep(self, places: Collection[TopicPartition]) -> None:
        """Forget all partitions but these."""
        self._seen = {place: mark for place, mark in self._seen.items() if place in places}
        self._newest = {place: mark for place, mark in self._newest.items() if place in places}
        self._lost.intersection_update(places)

    def note(self, place: TopicPartition, records: Sequence[Any]) -> None:
        """Note records that were read. The one with the latest time is the mark: no other is found before it by its time."""
        self._lost.discard(place)
        latest = max(records, key=lambda record: int(record.timestamp))
        if latest.timestamp < 0:
            return  # It has none.
        mark = Mark(latest.offset, latest.timestamp)
        self._seen.setdefault(place, mark)
        before = self._newest.get(place)
        if before is None or mark.time_ms > before.time_ms:
            self._newest[place] = mark

    def confirm(self, newest: Mapping[TopicPartition, Mark]) -> None:
        """Go on to newer marks, which were noted before the older ones were seen again: all of one log."""
        self._seen |= {place: mark for place, mark in newest.items() if place in self._seen}


class Turns:
    """Looks at partitions one by one, each for a bounded time: those come first that were looked at longest ago."""

    def __init__(self, *, within_s: float, each_s: float) -> None:
        self._within_s, self._each_s = within_s, each_s
        self._turns, self._looked_at = count(1), dict[TopicPartition, int]()

    async def look(
        self, places: Collection[TopicPartition], look: Callable[[TopicPartition], Awaitable[None]]
    ) -> Collection[TopicPartition]:
        """Look at one partition, and at more until the time is over; return those that are not known: too late, or in vain."""
        unknown = set(places)
        until = asyncio.get_running_loop().time() + self._within_s
        self._looked_at = {place: turn for place, turn in self._looked_at.items() if place in unknown}
        for place in sorted(places, key=lambda each: self._looked_at.get(each, 0)):
            self._looked_at[place] = next(self._turns)
            try:
                async with asyncio.timeout(self._each_s):
                    await look(place)
                unknown.discard(place)
            except (KafkaError, TimeoutError) as error:
                log().info("whether a log is still the same is not known yet", place=str(place), error=repr(error)[:200])
            if asyncio.get_running_loop().time() >= until:
                break
        return unknown
