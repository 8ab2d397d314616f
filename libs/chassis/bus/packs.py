"""Many asks in one record, and many replies: what a record costs on its way is paid once for all that wait (docs/decisions/0030).

The value of such a pack is the messages' JSON, one a line. For each of them its headers have what the headers of a record of its own
would have, divided by spaces, empty where there is none. An ask says that its asker can read packs of replies; a pack of asks that an
answerer cannot read is refused by its own number, and the asks go out again one by one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from weakref import WeakValueDictionary

from libs.chassis.bus.meters import count_record
from libs.chassis.bus.port import BrokerAwayError
from libs.chassis.bus.sender import Acknowledgement
from libs.chassis.bus.waiting import Waiting
from libs.chassis.bus.wire import CORRELATION, PACK
from libs.chassis.logs import log
from libs.chassis.tasks import cancelled

# Ends the number of a pack, which is the number of no ask.
PACK_MARK: Final = b"+"
READS_PACKS: Final = "reads_packs"
NUMBERS: Final = "correlation_ids"
# At most so many messages, none of them larger than so many bytes: a pack is well below what one record may have.
MOST: Final = 48
LARGEST_BYTES: Final = 16 * 1024
# After an answerer of a release before has refused one, none is sent for so long: its replacement is on its way.
REFUSED_FOR_S: Final = 60.0
# So long asks are held back at most: what a producer has not got rid of when it is made anew is acknowledged by nobody.
HELD_S: Final = 1.0
Headers = Sequence[tuple[str, bytes]]


class NotAPackError(Exception):
    """A record that should hold many messages, and of which it is not clear which belongs to whom."""


def fits(body: bytes) -> bool:
    """Tell whether a message may share a record; JSON that is written without white space has no line break."""
    return len(body) <= LARGEST_BYTES and b"\n" not in body


def joined(values: Iterable[bytes]) -> bytes:
    """Return a header of a pack."""
    return b" ".join(values)


def lines(bodies: Iterable[bytes]) -> bytes:
    """Return a pack's value."""
    return b"\n".join(bodies)


def asks_in(headers: Mapping[str, bytes | None], value: bytes | None) -> Iterator[tuple[bytes, bytes, bytes, bytes, bytes]]:
    """Return of each ask of a pack: number, deadline, traceparent, correlation, body. Raise KeyError or NotAPackError."""
    names = (NUMBERS, "deadlines", "traceparents", "ce_correlationids")
    parts = [*((headers[name] or b"").split(b" ") for name in names), (value or b"").split(b"\n")]
    return zip(*_alike(parts), strict=True)


def replies_in(record: Any) -> Iterator[tuple[bytes, bytes]]:
    """Return the numbers of the asks that a pack answers, each with its reply. Raise NotAPackError."""
    numbers = next((value for name, value in record.headers if name == NUMBERS), None)
    return zip(*_alike([(numbers or b"").split(b" "), (record.value or b"").split(b"\n")]), strict=True)


def _alike(parts: Sequence[Sequence[bytes]]) -> Sequence[Sequence[bytes]]:
    counts = {len(part) for part in parts}
    if len(counts) != 1 or max(counts) > MOST:
        msg = f"a pack has {sorted(counts)} parts, of at most {MOST} messages"
        raise NotAPackError(msg)
    return parts


@dataclass(slots=True, eq=False)
class WaitingAsk:
    """An ask to be sent, and who waits for its answer."""

    name: str
    number: bytes
    body: bytes
    deadline: bytes
    traceparent: bytes
    correlation: bytes
    waiting: Waiting


class Place(NamedTuple):  # hashed for each ask, which a dataclass does slowly
    """Where asks go: a topic (its name on the broker), a key, and so many partitions beyond that of the key."""

    topic: str
    key: bytes
    beyond: int


@dataclass(slots=True, eq=False, weakref_slot=True)
class Pack:
    """Asks that were sent in one record; who waits for one of them holds it, until there is an answer."""

    place: Place
    asks: Sequence[WaitingAsk]


class Packer:
    """Sends asks, those together that came while the ones before them were on their way to the broker.

    Nothing goes later for it: an idempotent producer has one batch of a partition on its way at a time.
    """

    def __init__(
        self,
        *,
        post: Callable[[Place, bytes, Headers], Awaitable[Acknowledgement]],
        headers: Callable[[str, bytes, bytes], list[tuple[str, bytes]]],
        on_sent: Callable[[Sequence[Waiting], Acknowledgement], None],
    ) -> None:
        """`post` sends a record and returns its acknowledgement, `headers` are of a record's type, number and deadline."""
        self._post, self._headers, self._on_sent = post, headers, on_sent
        self._queues: dict[Place, deque[WaitingAsk]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sent: WeakValueDictionary[bytes, Pack] = WeakValueDictionary()
        self._refused_until, self._stopped = 0.0, False

    def add(self, place: Place, ask: WaitingAsk) -> None:
        """Send an ask, with others where others wait."""
        queue = self._queues.get(place)
        if self._stopped:
            ask.waiting.fail(BrokerAwayError())
        elif queue is not None:
            queue.append(ask)
        else:
            self._queues[place] = deque([ask])
            self._begin(self._send_all(place))

    def refused(self, number: bytes) -> None:
        """Send the asks of a pack again, each by itself: its answerer does not know packs."""
        pack = self._sent.pop(number, None)
        if pack is None:
            return
        if time.monotonic() >= self._refused_until:
            log().info("an answerer of another release cannot read several asks of one record: they go one by one", topic=pack.place.topic)
        self._refused_until = time.monotonic() + REFUSED_FOR_S
        for ask in pack.asks:
            if not ask.waiting.answer.done():
                self.add(pack.place, ask)

    async def stop(self) -> None:
        """Send nothing more; who still waits is told that there is no broker."""
        self._stopped = True
        await cancelled(*self._tasks)
        for place in list(self._queues):  # of tasks that were cancelled before their first step
            _fail(self._queues.pop(place), BrokerAwayError())

    def _begin(self, sending: Coroutine[Any, Any, object]) -> None:
        # In a context of its own: what is logged there is of no single request.
        task = asyncio.get_running_loop().create_task(sending, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, place: Place) -> None:
        queue = self._queues[place]
        try:
            while queue:
                most = MOST if time.monotonic() >= self._refused_until else 1
                asks = [queue.popleft() for _ in range(min(most, len(queue)))]
                sent = await self._send(place, [ask for ask in asks if not ask.waiting.answer.done()])
                if sent is not None and most > 1:
                    await asyncio.wait([sent], timeout=HELD_S)
        finally:
            # However it ends, the next ask begins anew.
            _fail(self._queues.pop(place), BrokerAwayError())

    async def _send(self, place: Place, asks: Sequence[WaitingAsk]) -> Acknowledgement | None:
        """Return the acknowledgement, None where nothing was sent."""
        if not asks:
            return None
        pack = Pack(place, asks) if len(asks) > 1 else None
        number = asks[0].number
        if pack is not None:
            number += PACK_MARK
            self._sent[number] = pack
        try:
            async with asyncio.timeout(HELD_S):
                sent = await self._post(place, lines([ask.body for ask in asks]), self._headers_of(asks, number=number))
        except asyncio.CancelledError:
            _fail(asks, BrokerAwayError())
            raise
        except TimeoutError:
            _fail(asks, BrokerAwayError())
            return None
        except Exception as error:  # noqa: BLE001 - who waits for the answers gets it
            _fail(asks, error)
            return None
        count_record(asks[0].name, asks=len(asks))
        for ask in asks:
            ask.waiting.pack = pack
        self._on_sent([ask.waiting for ask in asks], sent)
        return sent

    def _headers_of(self, asks: Sequence[WaitingAsk], *, number: bytes) -> list[tuple[str, bytes]]:
        first = asks[0]
        if len(asks) == 1:
            headers = self._headers(first.name, number, first.deadline)
            more = (("traceparent", first.traceparent), (CORRELATION, first.correlation))
            return headers + [(name, value) for name, value in more if value]
        return [
            *self._headers(PACK, number, max([ask.deadline for ask in asks])),
            ("ask", first.name.encode()),
            (NUMBERS, joined([ask.number for ask in asks])),
            ("deadlines", joined([ask.deadline for ask in asks])),
            ("traceparents", joined([ask.traceparent for ask in asks])),
            ("ce_correlationids", joined([ask.correlation for ask in asks])),
        ]


def _fail(asks: Iterable[WaitingAsk], error: Exception) -> None:
    for ask in asks:
        # To each its own: the traceback of one that is raised again and again grows.
        ask.waiting.fail(BrokerAwayError() if isinstance(error, BrokerAwayError) else error)
