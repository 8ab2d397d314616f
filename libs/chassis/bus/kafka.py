"""The bus on Kafka: FastStream delivers facts, aiokafka carries asks (docs/decisions/0002-asks-on-aiokafka.md)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any, Final

from libs.chassis.bus.answerer import Answerer
from libs.chassis.bus.asker import Asker
from libs.chassis.bus.connection import until_reachable
from libs.chassis.bus.consumer import LOGS_EVERY_S
from libs.chassis.bus.dead_letters import error_headers
from libs.chassis.bus.delivery import Failure, Policy
from libs.chassis.bus.facts import SESSION_S, FactsConsumer
from libs.chassis.bus.handlers import Answers, Facts
from libs.chassis.bus.lanes import ROOM
from libs.chassis.bus.port import DEADLINE_S
from libs.chassis.bus.retention import keep_retention
from libs.chassis.bus.sender import Sender
from libs.chassis.bus.topics import LARGEST_DEAD_BODY, create_missing_topics, topic_name
from libs.chassis.bus.wire import encode_headers, entry_of
from libs.chassis.errors import PlatformError
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.logs import log
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end
from libs.contracts.access import SERVICES, access_of
from libs.contracts.envelope import Ask, Event, R
from libs.contracts.topics import Topic, every_topic

LOOK_FOR_TOPICS_EVERY_S: Final = 30.0
# Sooner when a message did not go out, but no more often than this: its topic may be what is missing.
LOOK_AGAIN_AFTER_S: Final = 2.0
# A process that starts while Kafka is away does not wait for it much longer.
START_WITHIN_S: Final = 15.0


class KafkaBus:
    """Implements the port Bus."""

    def __init__(
        self,
        settings: SharedSettings,
        *,
        service: str,
        instance: str,
        policy: Policy | None = None,
        topics: Sequence[Topic] | None = None,
        start_within_s: float = START_WITHIN_S,
        session_s: float = SESSION_S,
        room: int = ROOM,
        logs_every_s: float = LOGS_EVERY_S,
    ) -> None:
        """Prepare it. `topics` are those that it keeps: those that the service reads or writes, but for tests that need few.

        `start_within_s` is how long a start waits for a broker that is away, `session_s` after what silence this process's events are
        given to others, `room` how many events may be in hand (lanes.py), `logs_every_s` how often it is looked whether the broker still
        has the logs that were heard (consumer.py).
        """
        self._topics = topics if topics is not None else access_of(service).topics if service in SERVICES else every_topic()
        self._settings, self._service, self._instance = settings, service, instance
        self._start_within_s = start_within_s
        self._listening: dict[str, Any] = {"policy": policy, "session_s": session_s, "room": room, "logs_every_s": logs_every_s}
        self._sender = Sender(settings, instance=instance)
        self._asker: Asker | None = None
        self._facts: FactsConsumer | None = None
        self._topics_are_there = asyncio.Event()

    @asynccontextmanager
    async def running(self, *, facts: Facts | None = None, answers: Answers | None = None, asks: bool = False) -> AsyncIterator[None]:
        """Connect, create what topics are missing, listen, answer and ask.

        Waits some seconds for all of that; when Kafka is away it goes on by itself in the background once Kafka is back. On leaving,
        what runs is finished first: facts and asks are heard no more, then what they sent goes out.
        """
        async with AsyncExitStack() as stack:
            parts: list[Asker | Answerer | FactsConsumer] = []
            await stack.enter_async_context(self._topics_kept())
            await stack.enter_async_context(self._sender.running())
            if asks:
                self._asker = Asker(self._settings, service=self._service, instance=self._instance, sender=self._sender)
                parts.append(self._asker)
            if answers and answers.answers:
                parts.append(Answerer(self._settings, self._service, self._sender, answers))
            if facts and facts.handlers:
                self._facts = FactsConsumer(self._settings, self._service, self._sender, facts, **self._listening)
                parts.append(self._facts)
            joining = asyncio.create_task(self._join(stack, parts))
            await asyncio.wait([joining], timeout=self._start_within_s)
            if not joining.done():
                log().warning(
                    "the bus is not joined yet: the service starts, and is joined when the broker allows", after_s=self._start_within_s
                )
            try:
                yield
            finally:
                await end(joining, within=0)

    @property
    def trouble(self) -> str | None:
        """What keeps it from hearing events, None when nothing does."""
        return self._facts.trouble if self._facts else None

    async def publish(self, event: Event) -> None:
        """Publish an event now, acknowledged by the broker. Raise BrokerAwayError when it is away."""
        await self.publish_entry(entry_of(event, source=self._service))

    async def publish_entry(self, entry: Mapping[str, Any]) -> None:
        """Publish what an outbox entry holds; as `publish`. Published again while the first is still on its way, it goes out once."""
        topic = topic_name(entry["topic"], namespace=self._settings.namespace)
        headers = encode_headers(entry["headers"])
        await self._sender.send(topic, entry["body"].encode(), key=entry["key"].encode(), headers=headers, number=entry["event_id"])

    async def set_aside(self, entry: Mapping[str, Any], error: PlatformError) -> None:
        """Put an outbox entry into its topic's dead letters: whole, or its beginning where even they have no room for it."""
        topic = topic_name(entry["topic"], namespace=self._settings.namespace)
        key, body, headers = entry["key"].encode(), entry["body"].encode(), encode_headers(entry["headers"])
        failure = Failure(type(error).__name__, error.message, error.code, 1)
        # It has no place in its topic.
        record = SimpleNamespace(topic=topic, partition=-1, offset=-1, key=key, headers=headers)
        why = error_headers(record, failure, service=self._service, namespace=self._settings.namespace)
        await self._sender.send(f"{topic}.dead", body[:LARGEST_DEAD_BODY], key=key, headers=why, number=entry["event_id"])

    async def ask(self, ask: Ask[R], *, within: float = DEADLINE_S) -> R:
        """Ask and wait. Raise AskTimeoutError, AskRefusedError, or (within a second) BrokerAwayError."""
        return ask.read_reply(await self.ask_bytes(ask, within=within))

    async def ask_bytes(self, ask: Ask[Any], *, within: float = DEADLINE_S) -> bytes:
        """Ask as `ask` does and return the reply's JSON as it came."""
        if self._asker is None:
            msg = "this process does not ask: run the bus with asks=True"
            raise RuntimeError(msg)
        return await self._asker.ask(ask, within=within)

    async def _join(self, stack: AsyncExitStack, parts: list[Asker | Answerer | FactsConsumer]) -> None:
        """Begin to listen when the topics are there: whoever subscribes before would find that there is nothing to hear."""
        await self._topics_are_there.wait()
        for part in parts:
            await stack.enter_async_context(part.running())
        await self._sender.ready.wait()
        for part in parts:
            await part.ready.wait()

    @asynccontextmanager
    async def _topics_kept(self) -> AsyncIterator[None]:
        stopping = asyncio.Event()
        keeping = asyncio.create_task(keep_going(self._keep_topics, what="Kafka's topics", stopping=stopping))
        try:
            yield
        finally:
            stopping.set()
            await end(keeping, within=0)

    async def _keep_topics(self) -> None:
        """Create the topics, and again when the broker has lost them, or somebody has deleted one. At the start their retention is set."""
        await until_reachable(self._settings)
        known, began, is_start = self._settings, time.monotonic(), True
        while True:
            self._sender.failed.clear()
            made = await create_missing_topics(known, self._topics)
            if made:
                log().info("topics created", count=len(made), after_s=round(time.monotonic() - began, 1))
            self._topics_are_there.set()
            if is_start:
                changed = await keep_retention(known, self._topics)
                if changed:
                    log().info("topics keep their records as long as the contracts say", topics=changed)
                is_start = False
            await asyncio.sleep(LOOK_AGAIN_AFTER_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_FOR_TOPICS_EVERY_S - LOOK_AGAIN_AFTER_S):
                    await self._sender.failed.wait()
