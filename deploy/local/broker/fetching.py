"""Fetch: what a consumer asks for all the time. A fetch that finds nothing is held until a producer brings something, or its wait is over.

Read and written by hand (versions 4 to 11: https://kafka.apache.org/protocol#The_Messages_Fetch), as there may be a thousand a second.
A fetch session is never opened (session 0), so that every fetch names all of its partitions.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.log import PartitionLog
from deploy.local.broker.topics import Topics
from deploy.local.broker.wire import INT32, Reader, text

PLAIN: Final = 4
WITH_LOG_START: Final = 5
WITH_SESSION: Final = 7
WITH_LEADER_EPOCH: Final = 9
WITH_READ_REPLICA: Final = 11
# As much as an answer holds at most, whatever is asked for.
MOST_BYTES: Final = 55 * 1024 * 1024
NO_ABORTED: Final = INT32.pack(0)
NO_READ_REPLICA: Final = INT32.pack(-1)
# What begins a request; then the partition's number, [its leader's epoch], where to begin, [the log's start], how much at most.
BEGINS: Final = struct.Struct(">iiiib")
PARTITION: Final = {PLAIN: struct.Struct(">iqi"), WITH_LOG_START: struct.Struct(">iqqi"), WITH_LEADER_EPOCH: struct.Struct(">iiqqi")}
PLACE_OF_OFFSET: Final = {PLAIN: 1, WITH_LOG_START: 1, WITH_LEADER_EPOCH: 2}
# Partition, error, end of the log (twice: all of it is stable), [its start].
ANSWERED: Final = {PLAIN: struct.Struct(">ihqq"), WITH_LOG_START: struct.Struct(">ihqqq")}


class Wanted(NamedTuple):
    """A partition that a fetch asks for; `log` is None where there is none."""

    number: int
    offset: int
    most: int
    log: PartitionLog | None


class Fetch:
    """One fetch request."""

    def __init__(self, topics: Topics, body: Reader, *, version: int) -> None:
        self._version = version
        _, self.wait_ms, self._least, most, _ = body.fields(BEGINS)
        self._most = min(most, MOST_BYTES)
        if version >= WITH_SESSION:
            body.int32(), body.int32()
        form = WITH_LEADER_EPOCH if version >= WITH_LEADER_EPOCH else WITH_LOG_START if version >= WITH_LOG_START else PLAIN
        layout, place = PARTITION[form], PLACE_OF_OFFSET[form]
        self._topics: list[tuple[str, list[Wanted]]] = []
        for _ in range(body.int32()):
            name = body.text() or ""
            wanted = []
            for _ in range(body.int32()):
                fields = body.fields(layout)
                wanted.append(Wanted(fields[0], fields[place], fields[-1], topics.partition(name, fields[0])))
            self._topics.append((name, wanted))

    @property
    def logs(self) -> list[PartitionLog]:
        """The partitions that it asks for."""
        return [each.log for _, wanted in self._topics for each in wanted if each.log]

    def answer(self, *, at_once: bool) -> bytes | None:
        """Return the answer, or None when it is worth waiting for more: nothing went wrong and less is there than was asked for."""
        with_start = self._version >= WITH_LOG_START
        layout = ANSWERED[WITH_LOG_START if with_start else PLAIN]
        parts: list[bytes] = [INT32.pack(0)]
        if self._version >= WITH_SESSION:
            parts.append(struct.pack(">hi", 0, 0))
        parts.append(INT32.pack(len(self._topics)))
        found, failed = 0, False
        for name, wanted in self._topics:
            parts += (text(name), INT32.pack(len(wanted)))
            for each in wanted:
                code, records = self._read(each, left=self._most - found)
                found += (size := sum(map(len, records)))
                failed = failed or code is not Code.NONE
                start, end = (each.log.start, each.log.end) if each.log and code is Code.NONE else (-1, -1)
                parts += (layout.pack(each.number, code, end, end, *((start,) if with_start else ())), NO_ABORTED)
                if self._version >= WITH_READ_REPLICA:
                    parts.append(NO_READ_REPLICA)
                parts.append(INT32.pack(size))
                parts += records
        return b"".join(parts) if at_once or failed or found >= min(max(1, self._least), MOST_BYTES) else None

    def _read(self, wanted: Wanted, *, left: int) -> tuple[Code, list[bytes]]:
        if wanted.log is None or wanted.log.gone:
            return Code.UNKNOWN_TOPIC_OR_PARTITION, []
        if wanted.offset == wanted.log.end or left <= 0:
            return Code.NONE, []
        try:
            return Code.NONE, wanted.log.read(wanted.offset, most=min(wanted.most, left))
        except RefusedError as error:
            return error.code, []


class HeldFetch:
    """A fetch that waits. `ended` is set once, to the answer."""

    def __init__(self, fetch: Fetch) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[bytes] = loop.create_future()
        self._fetch, self._logs = fetch, fetch.logs
        self._timer = loop.call_later(fetch.wait_ms / 1000, self.hurry)
        self._look: Callable[[], bytes | None] = lambda: fetch.answer(at_once=False)
        for log in self._logs:
            log.waiting.add(self)

    def wake(self) -> None:
        """Answer if there is enough now, or something went wrong."""
        if (answer := self._look()) is not None:
            self._end(answer)

    def hurry(self) -> None:
        """Answer with what there is."""
        answer = self._fetch.answer(at_once=True)
        if answer is not None:
            self._end(answer)

    def drop(self) -> None:
        """Let it go without an answer: nobody is there to hear it."""
        self._end(b"")

    def _end(self, answer: bytes) -> None:
        self._timer.cancel()
        for log in self._logs:
            log.waiting.discard(self)
        if not self.ended.done():
            self.ended.set_result(answer)
