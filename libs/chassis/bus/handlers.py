"""What a service does about events and asks: one handler for each type, bound by decorators in `inbound/`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from libs.chassis.errors import PlatformError
from libs.contracts.envelope import Ask, Event, Reply

E = TypeVar("E", bound=Event)
A = TypeVar("A", bound=Ask[Any])
OnEvent = Callable[[E], Awaitable[None]]
Answer = Callable[[A], Awaitable[Reply | bytes]]
AnswerBatch = Callable[[Sequence[A]], Awaitable[Sequence[Reply | bytes | PlatformError]]]


class Facts:
    """The events that a service listens to."""

    def __init__(self) -> None:
        self._handlers: dict[str, tuple[type[Event], OnEvent[Any]]] = {}
        self._one_by_one: set[str] = set()

    def turns(self) -> Mapping[str, asyncio.Lock]:
        """Return a lock for each topic whose events a process handles one by one."""
        return {topic: asyncio.Lock() for topic in self._one_by_one}

    @property
    def handlers(self) -> Mapping[str, tuple[type[Event], OnEvent[Any]]]:
        """By topic: the event's type and what handles it."""
        return MappingProxyType(self._handlers)

    def on(self, event: type[E], *, one_by_one: bool = False) -> Callable[[OnEvent[E]], OnEvent[E]]:
        """Bind a handler to an event. It may be called twice with the same event; raise ValueError for a second handler.

        What takes long may be handled `one_by_one` in a process, whatever its keys: those that wait take none of the places in which
        other events are handled, and none of their own time.
        """

        def bind(handler: OnEvent[E]) -> OnEvent[E]:
            if event.topic in self._handlers:
                msg = f"{event.topic} has a handler already"
                raise ValueError(msg)
            self._handlers[event.topic] = (event, handler)
            if one_by_one:
                self._one_by_one.add(event.topic)
            return handler

        return bind


@dataclass(frozen=True, slots=True)
class Places:
    """Where the handlers of one consumer work; by topic, the turns of those that work one by one."""

    all: asyncio.Semaphore
    turns: Mapping[str, asyncio.Lock]


def in_turn(handler: OnEvent[E], turn: asyncio.Lock | None) -> OnEvent[E]:
    """Return a handler that waits for this turn first; without one, the handler itself."""
    if turn is None:
        return handler

    async def handle(event: E) -> None:
        async with turn:
            await handler(event)

    return handle


@dataclass(frozen=True, slots=True)
class Answering:
    """How one kind of ask is answered: many at a time."""

    ask: type[Ask[Any]]
    batch: AnswerBatch[Any] | None
    single: Answer[Any] | None


class Answers:
    """The asks that a service answers."""

    def __init__(self) -> None:
        self._answers: dict[str, Answering] = {}

    @property
    def answers(self) -> Mapping[str, Answering]:
        """By the ask's name."""
        return MappingProxyType(self._answers)

    @property
    def topics(self) -> set[str]:
        """The topics on which asks come."""
        return {answering.ask.topic for answering in self._answers.values()}

    @property
    def busy_topics(self) -> set[str]:
        """Those of them on which so many come a second that nothing else should be in their way."""
        return {answering.ask.topic for answering in self._answers.values() if answering.ask.shares_records}

    def to(self, ask: type[A]) -> Callable[[Answer[A]], Answer[A]]:
        """Bind what answers one ask; a PlatformError that it raises travels back to the asker. `bytes` is a reply's JSON, made already."""

        def bind(answer: Answer[A]) -> Answer[A]:
            self._bind(Answering(ask, None, answer))
            return answer

        return bind

    def to_batch(self, ask: type[A]) -> Callable[[AnswerBatch[A]], AnswerBatch[A]]:
        """Bind what answers the waiting asks of a kind and key at once, in their order; `bytes` is a reply's JSON, made already."""

        def bind(answer: AnswerBatch[A]) -> AnswerBatch[A]:
            self._bind(Answering(ask, answer, None))
            return answer

        return bind

    def _bind(self, answering: Answering) -> None:
        if answering.ask.name in self._answers:
            msg = f"{answering.ask.name} has an answer already"
            raise ValueError(msg)
        self._answers[answering.ask.name] = answering
