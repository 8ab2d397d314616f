"""One FastStream subscriber for all events of a service: keys side by side, in order within a key (lanes.py).

FastStream's Kafka default acknowledges first, which would lose what a crash interrupts. Here offsets are committed after
messages were handled or set aside, and never past one that was not.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final, cast

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from opentelemetry.trace import SpanKind

from libs.chassis.bus.connection import NOT_ALLOWED, client_arguments, not_allowed, refusals_told
from libs.chassis.bus.consumer import LOGS_EVERY_S, Consumer
from libs.chassis.bus.dead_letters import error_headers
from libs.chassis.bus.delivery import Delivery, Failure, Policy, limited
from libs.chassis.bus.facts_watch import Watch
from libs.chassis.bus.handlers import Facts, OnEvent, Places, in_turn
from libs.chassis.bus.lanes import ROOM, Handle, Lanes, Record
from libs.chassis.bus.lost_records import LOST, LostRecords
from libs.chassis.bus.meters import DEAD_LETTERS, EVENT_SECONDS
from libs.chassis.bus.sender import Sender
from libs.chassis.bus.topics import contract_name, group_of, topic_name
from libs.chassis.bus.wire import CORRELATION, account_of, decode_headers, plain_id
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.logs import correlated, log
from libs.chassis.refusals import tell
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end, first_of, side_by_side
from libs.chassis.telemetry import span_from

BATCH: Final = 200
SIDE_BY_SIDE: Final = 16
GRACE_S: Final = 20.0
# How long a rebalance waits for running handlers, so that the partitions' next owner does not work beside them; below the session timeout.
MOVE_WITHIN_S: Final = 5.0
# No more often than this are offsets committed; after a failure as long is waited.
ACKNOWLEDGE_EVERY_S: Final = 0.1
# A process that is not heard for so long is dead to the group.
SESSION_S: Final = 10.0
# Longer than a message is tried for (delivery.Policy): whether this process lives is seen by its heartbeats, not its progress.
MAX_POLL_MS: Final = 24 * 3600 * 1000


class FactsConsumer:
    """Runs a service's handlers; `sender` carries dead letters."""

    def __init__(
        self,
        settings: SharedSettings,
        service: str,
        sender: Sender,
        facts: Facts,
        *,
        policy: Policy | None = None,
        session_s: float = SESSION_S,
        room: int = ROOM,
        logs_every_s: float = LOGS_EVERY_S,
    ) -> None:
        self._settings, self._service, self._sender, self._facts = settings, service, sender, facts
        self._policy = policy or Policy(handler_s=settings.handler_timeout.total_seconds())
        self._session_ms, self._room, self._logs_every_s = int(session_s * 1000), room, logs_every_s
        self._stopping = asyncio.Event()
        for topic in facts.handlers:
            # A count that begins at one would look as if it had never grown.
            DEAD_LETTERS.labels(topic)
            LOST.labels(topic)
        # How many handlers were begun and ended: one that stands still distinguishes busy from stuck.
        self._activity = 0
        self.ready = asyncio.Event()
        # Why the consumer was made again, until the new one is seen to be well.
        self._deaf: str | None = None
        self._lost = LostRecords(namespace=settings.namespace)

    @property
    def trouble(self) -> str | None:
        """What is wrong, for heartbeats: why the consumer was made again, or that records were lost; None for nothing."""
        return self._deaf or self._lost.sentence

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Consume until the context ends; then let running handlers finish, commit and leave the group."""
        keeping = asyncio.create_task(keep_going(self._consume, what="hearing events", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            await end(keeping, within=GRACE_S + 10)

    async def _consume(self) -> None:
        """Run one FastStream broker until it is of no use any more or no longer wanted."""
        # Places of this consumer's own: handlers that hang do not take those of the next one.
        trouble, hearing = _Trouble(), self._new_hearing()
        broker = KafkaBroker(
            self._settings.kafka_bootstrap,
            client_id=f"{self._service}-facts",
            consumer_only=True,
            allow_auto_create_topics=False,
            ack_policy=AckPolicy.MANUAL,
            graceful_timeout=GRACE_S,
            metadata_max_age_ms=30_000,
            retry_backoff_ms=200,
            logger=trouble,
        )
        subscriber = broker.subscriber(
            *(topic_name(name, namespace=self._settings.namespace) for name in self._facts.handlers),
            group_id=group_of(self._service, namespace=self._settings.namespace),
            batch=True,
            max_records=BATCH,
            auto_offset_reset="earliest",
            session_timeout_ms=self._session_ms,
            heartbeat_interval_ms=self._session_ms // 5,
            max_poll_interval_ms=MAX_POLL_MS,
            listener=_Moves(lambda: hearing.let_go(subscriber.consumer), lambda: hearing.begin_anew(subscriber.consumer)),
            parser=_as_they_came,
            decoder=_undecoded,
        )

        @subscriber
        async def on_facts(message: KafkaMessage) -> None:
            await hearing.lanes.take(message.raw_message)

        try:
            await broker.connect()
            config = broker.config.broker_config
            made: Any = config.builder
            config.builder = partial(Consumer, logs_every_s=self._logs_every_s, **made.keywords | client_arguments(self._settings))
            async with refusals_told(self._settings):
                await broker.start()
            self.ready.set()
            over, consumer = first_of(trouble.happens, self._stopping), cast("Consumer", subscriber.consumer)
            consumer.on_new_log, consumer.on_begin, consumer.first_open = hearing.begin_log, self._lost.note, hearing.first_open
            await side_by_side(over, hearing.acknowledge(consumer), self._until_deaf(hearing, consumer))
        finally:
            await hearing.end(subscriber.consumer)
            await end(asyncio.create_task(broker.stop()), within=GRACE_S + 5)

    def _new_hearing(self) -> "_Hearing":
        places = Places(asyncio.Semaphore(SIDE_BY_SIDE), self._facts.turns())

        async def handle(record: Record, halted: asyncio.Event) -> bool:
            return await self._handle(places, record, halted, crowded=lambda: hearing.lanes.wait(record, account=account_of(record.value)))

        hearing = _Hearing(handle, room=self._room)
        return hearing

    async def _until_deaf(self, hearing: "_Hearing", consumer: Any) -> None:
        def well() -> None:
            self._deaf = None

        self._deaf = await Watch(consumer).until_deaf(lambda: hearing.lanes, activity=lambda: self._activity, well=well)
        log().error("the consumer is made again", problem=self._deaf)

    async def _handle(self, places: Places, record: Record, halted: asyncio.Event, *, crowded: Callable[[], bool]) -> bool:
        topic = contract_name(record.topic, namespace=self._settings.namespace)
        event, handler = self._facts.handlers[topic]
        headers = decode_headers(record.headers)
        about = {"messaging.system": "kafka", "messaging.destination.name": record.topic, "messaging.operation.type": "process"}
        delivery: Delivery[Record] = Delivery(policy=self._policy, set_aside=self._set_aside, halted=halted, crowded=crowded)
        span = span_from(headers.get("traceparent"), name=f"{topic} handle", kind=SpanKind.CONSUMER, attributes=about)
        with span, correlated(plain_id(headers.get(CORRELATION))), EVENT_SECONDS.labels(topic).time():
            return await delivery.deliver(record, body=record.value or b"", event=event, handler=self._placed(handler, places, topic=topic))

    def _placed(self, handler: OnEvent[Any], places: Places, *, topic: str) -> OnEvent[Any]:
        """Bound how many handlers run at once, and each one's time; one that waits for its next attempt takes no place."""
        within = limited(handler, within_s=self._policy.handler_s)

        async def handle(event: Any) -> None:
            async with places.all:
                self._activity += 1
                try:
                    await within(event)
                finally:
                    self._activity += 1

        return in_turn(handle, places.turns.get(topic))

    async def _set_aside(self, record: Record, failure: Failure) -> None:
        """Put a message into its topic's dead-letter topic; raise when the broker does not take it."""
        headers = error_headers(record, failure, service=self._service, namespace=self._settings.namespace)
        await self._sender.send(f"{record.topic}.dead", record.value, key=record.key, headers=headers)
        DEAD_LETTERS.labels(contract_name(record.topic, namespace=self._settings.namespace)).inc()


class _Hearing:
    """What one consumer has heard, and how far that is acknowledged. Its own, so that one that is being ended disturbs no later one."""

    def __init__(self, handle: Handle, *, room: int) -> None:
        self._handle, self._room, self._moved, self._ended = handle, room, asyncio.Event(), False
        self.lanes = self._new_lanes()

    async def acknowledge(self, consumer: Any) -> None:
        """Commit whenever more is done; what could not be committed is tried again."""
        while True:
            await self._moved.wait()
            await asyncio.sleep(ACKNOWLEDGE_EVERY_S)
            self._moved.clear()
            if not await self._commit(consumer, within=GRACE_S):
                self._moved.set()

    async def let_go(self, consumer: Any) -> None:
        """Before partitions move to another process, let handlers that run finish; what waits for another attempt moves."""
        await self.lanes.halt(within=MOVE_WITHIN_S)
        await self._commit(consumer, within=MOVE_WITHIN_S)

    def begin_anew(self, consumer: Any) -> None:
        """Forget what was in hand: it comes again, to whoever has its partition now."""
        if not self._ended:
            self.lanes = self._new_lanes()
            consumer.forget_given()

    def first_open(self, place: TopicPartition) -> int | None:
        """Return the first record of a partition that is in hand and not done."""
        return self.lanes.first_open(place)

    def begin_log(self, place: TopicPartition) -> None:
        """Forget how far a partition has come whose log was made anew."""
        self.lanes.begin_log(place)

    async def end(self, consumer: Any) -> None:
        """Let what runs finish, and commit a last time."""
        self._ended = True
        await self.lanes.halt(within=GRACE_S)
        if consumer is not None:
            await self._commit(consumer, within=MOVE_WITHIN_S)
        await self.lanes.cancel()

    def _new_lanes(self) -> Lanes:
        return Lanes(self._handle, moved=self._moved.set, room=self._room)

    async def _commit(self, consumer: Any, *, within: float) -> bool:
        """Commit as far as every message before is done; return whether nothing is left to commit."""
        lanes = self.lanes
        offsets = lanes.acknowledgeable(consumer.assignment())
        if not offsets:
            return True
        try:
            # Not as a task of its own (wait_for): the log must still be the one that the offsets are of when they are marked.
            async with asyncio.timeout(within):
                await consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # The partitions moved meanwhile, or the broker is away: at worst these messages come again, and change nothing then.
            log().info("events were handled but are not acknowledged yet", error=repr(error)[:200])
            return False
        lanes.acknowledged(offsets)
        return True


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped library
    """Notifies the consumer when its partitions move."""

    def __init__(self, let_go: Callable[[], Awaitable[None]], begin_anew: Callable[[], None]) -> None:
        self._let_go, self._begin_anew = let_go, begin_anew

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            await self._let_go()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002  # the interface's name
        self._begin_anew()


class _Trouble:
    """FastStream's log, through which alone it reports that its consumer met an error. `happens` at one that it does not get over."""

    def __init__(self) -> None:
        self.happens = asyncio.Event()

    def log(self, level: int, message: Any, *, exc_info: Any = None, **_: Any) -> None:
        """Pass errors on; keep the chatter out."""
        if isinstance(exc_info, NOT_ALLOWED):
            tell(not_allowed(exc_info))
        elif level >= logging.ERROR:
            log().warning(str(message)[:300], error=repr(exc_info)[:200])
        if isinstance(exc_info, KafkaError) and not exc_info.retriable:
            self.happens.set()


async def _as_they_came(records: Sequence[Record]) -> KafkaMessage:
    """Leave records as they are: one malformed header must not cost the batch it came in."""
    return KafkaMessage(body=b"", headers={}, raw_message=tuple(records), message_id="", correlation_id="", path={}, consumer=FAKE_CONSUMER)


async def _undecoded(message: KafkaMessage) -> Any:
    return message.body
