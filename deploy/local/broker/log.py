"""A partition's log: batches in memory in the order they came, who waits for the next one, and what producers sent before."""

import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

from aiokafka.errors import KafkaError
from aiokafka.record import MemoryRecords

from deploy.local.broker.batches import Batch, Code, RefusedError

# As many batches as an idempotent producer may have on their way at once.
REMEMBERED_BATCHES: Final = 5
NO_PRODUCER: Final = -1
SEQUENCES: Final = 2**31


class Waiting(Protocol):
    """A fetch that is held until there is something to answer."""

    def wake(self) -> None:
        """Look again: records were added, or the topic is gone."""


class PartitionLog:
    """The records of one partition."""

    def __init__(self, *, start: int = 0) -> None:
        self.start = self.end = start
        self.gone = False
        self.waiting: set[Waiting] = set()
        self._batches: list[Batch] = []
        self._offsets: list[int] = []
        # For each batch the latest time up to its end: it only grows, so that a time is found by halving.
        self._latest: list[int] = []
        self._producers: dict[int, _Producer] = {}

    def place(self, batch: Batch) -> tuple[int, Batch | None]:
        """Return the offset that a batch has, and the batch as it is to be added: None when its producer sent it before.

        Raise RefusedError for a gap in an idempotent producer's sequence.
        """
        known = None if batch.producer_id == NO_PRODUCER else self._producers.get(batch.producer_id)
        sent_before = known.offset_of(batch) if known else None
        return (self.end, batch.placed(self.end)) if sent_before is None else (sent_before, None)

    def add(self, batches: Iterable[Batch]) -> None:
        """Add batches that have their place. Whoever waits is woken by `wake`, once for a whole request."""
        for batch in batches:
            if not self._batches:
                self.start = max(self.start, batch.base_offset)  # It may begin within a batch (`forget_below`).
            self._batches.append(batch)
            self._offsets.append(batch.base_offset)
            self._latest.append(max(batch.max_timestamp_ms, self._latest[-1] if self._latest else 0))
            self.end = batch.last_offset + 1
            if batch.producer_id != NO_PRODUCER:
                self._producers.setdefault(batch.producer_id, _Producer()).remember(batch)

    def wake(self) -> None:
        """Let every fetch that waits here look again."""
        for each in tuple(self.waiting):
            each.wake()

    def read(self, offset: int, *, most: int) -> list[bytes]:
        """Return whole batches from the one that holds `offset` on: at least one, then as many as `most` bytes hold.

        Raise RefusedError when the log does not reach there.
        """
        if not self.start <= offset <= self.end:
            raise RefusedError(Code.OFFSET_OUT_OF_RANGE)
        if offset == self.end:
            return []
        found: list[bytes] = []
        size = 0
        for place in range(max(0, bisect_right(self._offsets, offset) - 1), len(self._batches)):
            data = self._batches[place].data
            if found and size + len(data) > most:
                break
            found.append(data)
            size += len(data)
        return found

    def find(self, timestamp_ms: int) -> tuple[int, int] | None:
        """Return offset and timestamp of the first record that is no older than this, or None when all are."""
        for batch in islice(self._batches, bisect_left(self._latest, timestamp_ms), None):
            if batch.max_timestamp_ms >= timestamp_ms:
                return _first_in(batch, timestamp_ms=timestamp_ms)
        return None

    def forget(self, *, before_ms: int, most_bytes: int) -> int:
        """Drop the oldest batches while they are older than this, or all of them have more bytes; return how many."""
        place, size = 0, sum(len(batch.data) for batch in self._batches)
        while place < len(self._batches) and (self._batches[place].max_timestamp_ms < before_ms or size > most_bytes):
            size -= len(self._batches[place].data)
            place += 1
        return self._drop(place)

    def forget_producers(self, *, silent_for_s: float) -> None:
        """Drop what is known of producers that have sent nothing for so long."""
        since = time.monotonic() - silent_for_s
        self._producers = {number: each for number, each in self._producers.items() if each.heard_at >= since}

    def forget_below(self, offset: int) -> int:
        """Drop the batches that lie below this offset; return how many."""
        dropped = self._drop(bisect_left([batch.last_offset for batch in self._batches], offset))
        self.start = max(self.start, min(offset, self.end))
        return dropped

    def content(self) -> Sequence[Batch]:
        """Return what it holds."""
        return tuple(self._batches)

    def _drop(self, count: int) -> int:
        del self._batches[:count], self._offsets[:count], self._latest[:count]
        if count:
            self.start = self._offsets[0] if self._offsets else self.end
        return count


def _first_in(batch: Batch, *, timestamp_ms: int) -> tuple[int, int]:
    """Return offset and timestamp of a batch's first record that is no older; of the batch, where it cannot be unpacked here."""
    try:
        for record in MemoryRecords(batch.data).next_batch():
            if record.timestamp >= timestamp_ms:
                return record.offset, record.timestamp
    except KafkaError:
        pass
    return batch.base_offset, batch.max_timestamp_ms


class _Producer:
    """What an idempotent producer sent last: a batch that comes again is not added again."""

    __slots__ = ("_epoch", "_last", "heard_at")

    def __init__(self) -> None:
        self._epoch, self.heard_at = 0, 0.0
        self._last: deque[tuple[int, int, int]] = deque(maxlen=REMEMBERED_BATCHES)

    def offset_of(self, batch: Batch) -> int | None:
        """Return the offset of a batch that came before, None for the next one. Raise RefusedError for one that leaves a gap."""
        if batch.producer_epoch > self._epoch or not self._last:
            return None
        for sequence, count, offset in self._last:
            if (sequence, count) == (batch.base_sequence, batch.count):
                return offset
        sequence, count, _ = self._last[-1]
        if batch.base_sequence != (sequence + count) % SEQUENCES:
            raise RefusedError(Code.OUT_OF_ORDER_SEQUENCE_NUMBER)
        return None

    def remember(self, batch: Batch) -> None:
        """Note a batch that was added."""
        if batch.producer_epoch != self._epoch:
            self._last.clear()
        self._epoch, self.heard_at = batch.producer_epoch, time.monotonic()
        self._last.append((batch.base_sequence, batch.count, batch.base_offset))
