"""Asks as records: reading their headers, and how far a partition's asks are answered."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiokafka import TopicPartition

from libs.chassis.bus.answering import Answered
from libs.chassis.bus.packs import READS_PACKS, NotAPackError, asks_in
from libs.chassis.bus.port import refusal_body
from libs.chassis.bus.wire import CORRELATION, PACK, plain_id
from libs.chassis.errors import UnavailableError
from libs.contracts.topics import REPLY_PARTITIONS

LONGEST_NUMBER: Final = 300


class NotAnAskError(Exception):
    """A record on an ask topic that lacks what an answer needs."""


@dataclass(slots=True)  # not frozen: one is made for each ask, and a frozen one takes three times as long
class Asked:
    """One ask as it came. `deadline`: Unix milliseconds."""

    record: Any
    name: str
    number: bytes
    body: bytes
    deadline: int
    reply_partition: int
    parent: bytes
    correlated: bytes
    reads_packs: bool

    # Read only where they are wanted: of asks that are answered together they hardly ever are.
    @property
    def traceparent(self) -> str | None:
        """The span that it was asked in."""
        return _text(self.parent) if self.parent else None

    @property
    def correlation(self) -> str | None:
        """The correlation id that it came with, if that is one of ours."""
        return plain_id(_text(self.correlated)) if self.correlated else None

    @property
    def reply_headers(self) -> list[tuple[str, bytes]]:
        """Return the headers that every reply carries."""
        return [("ce_specversion", b"1.0"), ("ce_id", self.number), ("ce_type", self.name.encode()), ("correlation_id", self.number)]


def read_asks(record: Any, *, replies: str) -> list[Asked]:
    """Read the headers of the ask of a record, or of all asks of a pack; `replies` is the topic that replies go to.

    Raise NotAnAskError when there is nobody to answer.
    """
    headers = dict(record.headers)  # Only what is needed is decoded: there are thousands of these a second.
    try:
        name, topic, partition = _text(headers["ce_type"]), _text(headers["reply_topic"]), int(headers["reply_partition"] or b"")
        if name == PACK:
            name, asks = _text(headers["ask"]), list(asks_in(headers, record.value))
        else:
            parent, correlation = headers.get("traceparent") or b"", headers.get(CORRELATION) or b""
            asks = [(headers["correlation_id"] or b"", headers["deadline"] or b"", parent, correlation, record.value or b"")]
        reads_packs = READS_PACKS in headers
        asked = [
            Asked(record, name, number, body, int(deadline), partition, parent, correlation, reads_packs)
            for number, deadline, parent, correlation, body in asks
        ]
    except (KeyError, ValueError, NotAPackError) as error:  # ValueError: a number that is none
        msg = f"{type(error).__name__}: {error}"[:300]
        raise NotAnAskError(msg) from error
    if topic != replies or not 0 <= partition < REPLY_PARTITIONS or not all(_is_number(each.number) for each in asked):
        msg = "its reply would go to nobody"
        raise NotAnAskError(msg)
    return asked


def _is_number(number: bytes) -> bool:
    # Numbers are divided by spaces where many replies share a record.
    return len(number) <= LONGEST_NUMBER and number.split() == [number]


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="backslashreplace")


def unknown_ask(name: str, service: str) -> Answered:
    """Return the refusal of an ask that this process does not know: an older version of the service, perhaps."""
    return True, orjson.dumps(refusal_body(UnavailableError(f"The {service} service does not answer {name}")))


class Progress:
    """Which asks of each partition are taken but not answered; what is committed stops before the first of them."""

    def __init__(self) -> None:
        # By topic and partition (a plain pair, equal to a TopicPartition and made in less time), then by offset: the numbers of a
        # record's asks that are open.
        self._open: dict[tuple[str, int], dict[int, set[bytes]]] = {}
        self._next: dict[TopicPartition, int] = {}
        self._committed: dict[TopicPartition, int] = {}
        self._count = 0
        self._less = asyncio.Event()

    def taken(self, record: Any, *, numbers: Collection[bytes]) -> None:
        """Note a record and its asks; a partition's come in the order of their offsets."""
        place = TopicPartition(record.topic, record.partition)
        open_here = self._open.setdefault(place, {})
        if record.offset not in open_here:  # else it came again, after its partition had moved and come back
            open_here[record.offset] = set(numbers)
            self._count += len(open_here[record.offset])
        self._next[place] = record.offset + 1

    def done(self, record: Any, *, number: bytes) -> None:
        """Note that an ask of a record needs nothing more; it may be said twice."""
        open_here = self._open.get((record.topic, record.partition), {})
        numbers = open_here.get(record.offset)
        if numbers and number in numbers:
            numbers.discard(number)
            if not numbers:
                del open_here[record.offset]
            self._count -= 1
            self._less.set()

    async def room(self, most: int) -> int:
        """Wait until fewer than `most` asks are open; return how many more may be."""
        while self._count >= most:
            self._less.clear()
            await self._less.wait()
        return most - self._count

    def commitable(self, assigned: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offsets that changed since the last call, of the partitions that are still ours."""
        offsets = {place: next(iter(self._open[place]), following) for place, following in self._next.items() if place in assigned}
        changed = {place: offset for place, offset in offsets.items() if self._committed.get(place) != offset}
        self._committed.update(changed)
        return changed
