"""Many asks in one record, and many replies: what a record costs on its way is paid once for all that wait (docs/decisions/0030).

The value of such a pack is the messages' JSON, one a line. For each of them its headers have what the headers of a record of its own
would have, divided by spaces, empty where there is none. An ask says that its asker can read packs of replies; a pack of asks that an
answerer cannot read is refused by its own number, and the asks go out again one by one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

from libs.chassis.bus.sender import Acknowledgement
from libs.chassis.bus.waiting import Waiting
from libs.chassis.tasks import cancelled

PACK: Final = "ask.pack"
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


def joined(values: Iterable[bytes]) -> bytes:
    """Return a header of a pack; a value has no space."""
    return b" ".join(values)


def lines(bodies: Iterable[bytes]) -> bytes:
    """Return a pack's value; JSON that is written without white space has no line break."""
    return b"\n".join(bodies)


def replies_in(record: Any) -> Iterator[tuple[bytes, bytes]]:
    """Return the numbers of the asks that a pack answers, each with its reply; nothing from a record that is no pack."""
    numbers = next((value for name, value in record.headers if name == NUMBERS), None)
    return zip((numbers or b"").split(b" "), (record.value or b"").split(b"\n"), strict=False)


@dataclass(slots=True, eq=False)
class Message:
    """An ask to be sent, and who waits for its answer."""

    name: str
    number: bytes
    body: bytes
    deadline: bytes
    traceparent: bytes
    correlation: bytes
    waiting: Waiting


@dataclass(frozen=True, slots=True)
class Place:
    """Where asks go: a topic (its name on the broker), a key, and so many partitions beyond that of the key."""

    topic: str
    key: bytes
    beyond: int


@dataclass(slots=True, eq=False, weakref_slot=True)
class Pack:
    """Asks that were sent in one record; who waits for one of them holds it."""

    place: Place
    messages: Sequence[Message]


@dataclass(slots=True)
class _Lane:
    waiting: list[Message] = field(default_factory=list)


class Packer:
    """Sends asks, those together that came while the ones before them were on their way to the broker.

    Nothing goes later for it: an idempotent producer has one batch of a partition on its way at a time.
    """

    def __init__(
        self,
        *,
        post: Callable[[Place, bytes, Headers], Awaitable[Acknowledgement]],
        headers: Callable[[str, bytes, bytes], list[tuple[str, bytes]]],
        on_sent: Callable[[Waiting, Acknowledgement], None],
    ) -> None:
        """`post` sends a record and returns its acknowledgement, `headers` are of a record's type, number and deadline."""
        self._post, self._headers, self._on_sent = post, headers, on_sent
        self._lanes: dict[Place, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: WeakValueDictionary[bytes, Pack] = WeakValueDictionary()
        self._refused_until = 0.0

    def add(self, place: Place, message: Message) -> None:
        """Send an ask, with others where others wait."""
        lane = self._lanes.get(place)
        if lane is not None:
            lane.waiting.append(message)
            return
        self._lanes[place] = _Lane([message])
        self._begin(self._send_all(place))

    def refused(self, number: bytes) -> None:
        """Send the asks of a pack again, each by itself: its answerer does not know packs."""
        pack = self._sent.pop(number, None)
        if pack is None:
            return
        self._refused_until = time.monotonic() + REFUSED_FOR_S
        for message in pack.messages:
            if not message.waiting.answer.done():
                self._begin(self._send(pack.place, [message]))

    async def stop(self) -> None:
        """Send nothing more."""
        await cancelled(*self._tasks)

    def _begin(self, sending: Any) -> None:
        task = asyncio.create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_all(self, place: Place) -> None:
        lane = self._lanes[place]
        try:
            while lane.waiting:
                most = MOST if time.monotonic() >= self._refused_until else 1
                messages, lane.waiting = lane.waiting[:most], lane.waiting[most:]
                sent = await self._send(place, [message for message in messages if not message.waiting.answer.done()])
                if sent is not None and most > 1:
                    await asyncio.wait([sent], timeout=HELD_S)
        finally:
            del self._lanes[place]

    async def _send(self, place: Place, messages: Sequence[Message]) -> Acknowledgement | None:
        """Return the acknowledgement, None where nothing was sent."""
        if not messages:
            return None
        pack = Pack(place, messages) if len(messages) > 1 else None
        number = messages[0].number
        if pack is not None:
            number += PACK_MARK
            self._sent[number] = pack
        try:
            sent = await self._post(place, lines(message.body for message in messages), self._headers_of(messages, number=number))
        except Exception as error:  # noqa: BLE001 - told to everybody who waits for it
            for message in messages:
                message.waiting.fail(error)
            return None
        for message in messages:
            message.waiting.pack = pack
            self._on_sent(message.waiting, sent)
        return sent

    def _headers_of(self, messages: Sequence[Message], *, number: bytes) -> list[tuple[str, bytes]]:
        first = messages[0]
        if len(messages) == 1:
            headers = self._headers(first.name, number, first.deadline)
            more = (("traceparent", first.traceparent), ("ce_correlationid", first.correlation))
            return headers + [(name, value) for name, value in more if value]
        return [
            *self._headers(PACK, number, max(message.deadline for message in messages)),
            ("ask", first.name.encode()),
            (NUMBERS, joined(message.number for message in messages)),
            ("deadlines", joined(message.deadline for message in messages)),
            ("traceparents", joined(message.traceparent for message in messages)),
            ("ce_correlationids", joined(message.correlation for message in messages)),
        ]


def asks_in(headers: Mapping[str, bytes | None], value: bytes | None) -> Iterator[tuple[bytes, bytes, bytes, bytes, bytes]]:
    """Return of each ask of a pack: number, deadline, traceparent, correlation, body. Raise KeyError, or ValueError for a broken pack."""
    names = (NUMBERS, "deadlines", "traceparents", "ce_correlationids")
    return zip(*((headers[name] or b"").split(b" ") for name in names), (value or b"").split(b"\n"), strict=True)
