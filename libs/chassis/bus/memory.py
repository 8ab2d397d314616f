"""A bus inside one process for stories: the same promises as Kafka's, without a broker. Held to the same contract tests."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from libs.chassis.bus.answering import WITHIN_S, answer_batch
from libs.chassis.bus.delivery import Delivery, Failure, Policy, limited
from libs.chassis.bus.handlers import Answers, Facts, in_turn
from libs.chassis.bus.port import DEADLINE_S, AskTimeoutError, BrokerAwayError, check_size, refusal_of
from libs.chassis.bus.wire import CORRELATION, entry_of
from libs.chassis.errors import PlatformError
from libs.chassis.logs import correlated
from libs.chassis.telemetry import span_from, traceparent
from libs.contracts.envelope import Ask, Event, R

# What waits for another event does so for longer than a busy machine keeps that one's handler from going on.
QUICK = Policy(first_pause_s=0.01, longest_pause_s=0.05, tries=5, passing_s=20.0, away_s=60.0)


class MemoryBroker:
    """What the buses of one story share. `events` and `dead` are for the story to look at; with `away` set nothing gets through.

    With `patience` set, answers are waited for so many seconds at most: a story of somebody who is silent need not wait for a deadline.
    """

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.dead: list[tuple[dict[str, Any], Failure]] = []
        self.away = False
        self.patience = math.inf
        self.listening: dict[str, list[MemoryBus]] = {}
        self.answering: dict[str, MemoryBus] = {}
        # What a service has not heard yet, as a consumer group's offsets would say.
        self.unheard: dict[str, list[dict[str, Any]]] = {}

    def require(self) -> None:
        """Raise BrokerAwayError while the broker is away."""
        if self.away:
            raise BrokerAwayError

    async def all_heard(self) -> None:
        """Wait until every event that was published has been handled."""
        for listeners in self.listening.values():
            for bus in listeners:
                await bus.all_handled()


class MemoryBus:
    """Implements the port Bus."""

    def __init__(self, broker: MemoryBroker, *, service: str, instance: str) -> None:
        self._broker, self._service, self._instance = broker, service, instance
        self._facts, self._answers = Facts(), Answers()
        self._turns = self._facts.turns()
        self._queues: dict[tuple[str, str], asyncio.Queue[dict[str, Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[tuple[bool, bytes]]] = set()
        self._delivery = Delivery(policy=QUICK, set_aside=self._set_aside)

    @asynccontextmanager
    async def running(self, *, facts: Facts | None = None, answers: Answers | None = None, asks: bool = False) -> AsyncIterator[None]:
        """Listen and answer; on leaving, handlers that run are finished first.

        A service that listens for the first time hears every event from the start, later what was published since.
        """
        del asks
        self._facts, self._answers = facts or Facts(), answers or Answers()
        self._turns = self._facts.turns()
        self._broker.answering |= dict.fromkeys(self._answers.answers, self)
        listeners = self._broker.listening.setdefault(self._service, [])
        if self._facts.handlers:
            listeners.append(self)
            for entry in self._broker.unheard.pop(self._service, list(self._broker.events) if len(listeners) == 1 else []):
                self._hear(entry)
            self._broker.unheard[self._service] = []
        try:
            yield
        finally:
            if self in listeners:
                listeners.remove(self)
            for name in self._answers.answers:
                self._broker.answering.pop(name, None)
            await self._finish()

    @property
    def trouble(self) -> str | None:
        """Nothing keeps it from hearing events."""
        return None

    async def all_handled(self) -> None:
        """Wait until every event that came here has been handled."""
        await asyncio.gather(*(queue.join() for queue in self._queues.values()))

    async def publish(self, event: Event) -> None:
        """Publish an event. Raise BrokerAwayError when the broker is away."""
        await self.publish_entry(entry_of(event, source=self._service))

    async def publish_entry(self, entry: Mapping[str, Any]) -> None:
        """Publish what an outbox entry holds; one process of each service hears it."""
        self._broker.require()
        check_size(len(entry["body"].encode()), topic=entry["topic"])
        published = dict(entry)
        self._broker.events.append(published)
        for service, listeners in self._broker.listening.items():
            if listeners:
                listeners[hash(published["key"]) % len(listeners)]._hear(published)  # noqa: SLF001  # buses of one broker are one thing
            elif service in self._broker.unheard:
                self._broker.unheard[service].append(published)

    async def set_aside(self, entry: Mapping[str, Any], error: PlatformError) -> None:
        """Put an outbox entry into the dead letters."""
        self._broker.require()
        self._broker.dead.append((dict(entry), Failure(type(error).__name__, error.message, error.code, 1)))

    async def ask(self, ask: Ask[R], *, within: float = DEADLINE_S) -> R:
        """Ask and wait."""
        return ask.read_reply(await self.ask_bytes(ask, within=within))

    async def ask_bytes(self, ask: Ask[Any], *, within: float = DEADLINE_S) -> bytes:
        """Ask and return the reply's JSON."""
        self._broker.require()
        sent, within = ask.to_json(), min(within, self._broker.patience)
        check_size(len(sent), topic=ask.topic)
        answerer = self._broker.answering.get(ask.name)
        if answerer is None:
            answered: Any = asyncio.get_running_loop().create_future()  # Nobody is there to answer: the deadline ends it, as on Kafka.
        else:
            # A task of its own: the answerer finishes its work after the asker's deadline, as on Kafka.
            limit = within if ask.ends_unread else WITHIN_S
            answered = asyncio.create_task(answerer._answer(ask.name, sent, traceparent(), within_s=limit))  # noqa: SLF001  # buses of one broker are one thing
            answerer._answering.add(answered)  # noqa: SLF001  # buses of one broker are one thing
            answered.add_done_callback(answerer._answering.discard)  # noqa: SLF001  # as above
        try:
            done, _ = await asyncio.wait([answered], timeout=within)
        except asyncio.CancelledError:
            if ask.ends_unread:
                answered.cancel()
            raise
        if not done:
            msg = f"No answer to {ask.name} within {within:g} s"
            raise AskTimeoutError(msg)
        refused, body = answered.result()
        if refused:
            raise refusal_of(orjson.loads(body))
        reply: bytes = body
        return reply

    async def _answer(self, name: str, sent: bytes, parent: str | None, *, within_s: float) -> tuple[bool, bytes]:
        with span_from(parent, name=f"{name} answer"):
            ((refused, body),) = await answer_batch(self._answers.answers[name], [sent], within_s=within_s)
        return refused, body

    def _hear(self, entry: dict[str, Any]) -> None:
        if entry["topic"] not in self._facts.handlers:
            return
        place = (entry["topic"], entry["key"])
        if place not in self._queues:
            self._queues[place] = asyncio.Queue()
            task = asyncio.create_task(self._handle(self._queues[place]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._queues[place].put_nowait(entry)

    async def _handle(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        while True:
            entry = await queue.get()
            event, bound = self._facts.handlers[entry["topic"]]
            handler = in_turn(limited(bound, within_s=QUICK.handler_s), self._turns.get(entry["topic"]))
            headers = entry["headers"]
            with span_from(headers.get("traceparent"), name=f"{entry['topic']} handle"), correlated(headers.get(CORRELATION)):
                await self._delivery.deliver(entry, body=entry["body"].encode(), event=event, handler=handler)
            queue.task_done()

    async def _set_aside(self, entry: dict[str, Any], failure: Failure) -> None:
        self._broker.dead.append((entry, failure))

    async def _finish(self) -> None:
        if self._answering:
            await asyncio.wait(self._answering)
        await self.all_handled()
        for task in list(self._tasks):
            task.cancel()
        self._queues.clear()
