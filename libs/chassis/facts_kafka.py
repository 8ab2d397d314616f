"""One FastStream subscriber for all events of a service: in batches, keys side by side, in order within a key.

FastStream's Kafka default acknowledges first, which would lose what a crash interrupts. Here offsets are committed after
messages were handled or set aside, and never past one that was not.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from opentelemetry.trace import SpanKind

from libs.chassis.dead_letters import error_headers
from libs.chassis.delivery import Delivery, Failure, Policy
from libs.chassis.handlers import Facts
from libs.chassis.keep_going import end, first_of, keep_going
from libs.chassis.logs import log
from libs.chassis.sender import Sender
from libs.chassis.settings import SharedSettings
from libs.chassis.telemetry import span_from
from libs.chassis.topics import contract_name, group_of, topic_name
from libs.chassis.wire import decode_headers

BATCH: Final = 200
SIDE_BY_SIDE: Final = 16
GRACE_S: Final = 20.0
# How long a rebalance waits for running handlers, so that the partitions' next owner does not work beside them; below the session timeout.
MOVE_WITHIN_S: Final = 5.0
# FastStream pauses this long after each look that found nothing.
LOOK_MS: Final = 20
# Longer than a message is tried for (delivery.Policy): whether this process lives is told by its heartbeats, not its progress.
MAX_POLL_MS: Final = 24 * 3600 * 1000
Record: TypeAlias = Any  # an aiokafka ConsumerRecord, which has no types


class FactsConsumer:
    """Runs a service's handlers; `sender` carries dead letters."""

    def __init__(self, settings: SharedSettings, service: str, sender: Sender, facts: Facts, *, policy: Policy | None = None) -> None:
        self._settings, self._service, self._sender, self._facts = settings, service, sender, facts
        self._stopping, self._halted, self._idle = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._delivery: Delivery[Record] = Delivery(policy=policy or Policy(), set_aside=self._set_aside, halted=self._halted)
        self._side_by_side = asyncio.Semaphore(SIDE_BY_SIDE)
        self.ready = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Consume until the context ends; then let running handlers finish, commit and leave the group."""
        keeping = asyncio.create_task(keep_going(self._consume, what="hearing events", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            self._halted.set()
            await end(keeping, within=GRACE_S + 10)

    async def _consume(self) -> None:
        """Run one FastStream broker until it is of no use any more or no longer wanted."""
        trouble = _Trouble()
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
            batch_timeout_ms=LOOK_MS,
            fetch_max_wait_ms=self._settings.kafka_fetch_wait_ms,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=MAX_POLL_MS,
            listener=_Moves(self._halted, self._idle, self._stopping),
            parser=_as_they_came,
            decoder=_undecoded,
        )

        @subscriber
        async def on_facts(message: KafkaMessage) -> None:
            await self._handle(message.raw_message, subscriber.consumer)

        self._idle.set()
        try:
            await broker.start()
            self.ready.set()
            await first_of(trouble.happens, self._stopping)
        finally:
            await end(asyncio.create_task(broker.stop()), within=GRACE_S + 5)

    async def _handle(self, records: Sequence[Record], consumer: Any) -> None:
        """Handle a batch, one lane for each key of a topic, and commit as far as every message before is done."""
        lanes: dict[tuple[str, bytes | None], list[Record]] = {}
        for record in records:
            lanes.setdefault((record.topic, record.key), []).append(record)
        done: set[tuple[str, int, int]] = set()
        self._idle.clear()
        try:
            await asyncio.gather(*(self._lane(lane, done) for lane in lanes.values()))
            if offsets := _commitable(records, done):
                try:
                    await consumer.commit(offsets)
                except KafkaError as error:
                    # The partitions moved meanwhile, or the broker is away: these messages come again, and change nothing then.
                    log().info("a batch was handled but not acknowledged", error=repr(error)[:200])
        finally:
            self._idle.set()

    async def _lane(self, records: Sequence[Record], done: set[tuple[str, int, int]]) -> None:
        async with self._side_by_side:
            for record in records:
                topic = contract_name(record.topic, namespace=self._settings.namespace)
                event, handler = self._facts.handlers[topic]
                parent = decode_headers(record.headers).get("traceparent")
                about = {"messaging.system": "kafka", "messaging.destination.name": record.topic, "messaging.operation.type": "process"}
                with span_from(parent, name=f"{topic} handle", kind=SpanKind.CONSUMER, attributes=about):
                    if not await self._delivery.deliver(record, body=record.value or b"", event=event, handler=handler):
                        return  # Halted: what follows in this lane is for whoever comes next, too.
                done.add((record.topic, record.partition, record.offset))

    async def _set_aside(self, record: Record, failure: Failure) -> None:
        """Put a message into its topic's dead-letter topic; raise when the broker does not take it."""
        headers = error_headers(record, failure, service=self._service, namespace=self._settings.namespace)
        await self._sender.send(f"{record.topic}.dead", record.value, key=record.key, headers=headers)


def _commitable(records: Iterable[Record], done: set[tuple[str, int, int]]) -> dict[TopicPartition, int]:
    """Return for each partition the offset after its last message before the first one that is not done."""
    offsets: dict[TopicPartition, int] = {}
    open_partitions: set[TopicPartition] = set()
    for record in records:  # a partition's records are in the order of their offsets
        partition = TopicPartition(record.topic, record.partition)
        if (record.topic, record.partition, record.offset) not in done:
            open_partitions.add(partition)
        elif partition not in open_partitions:
            offsets[partition] = record.offset + 1
    return offsets


class _Moves(ConsumerRebalanceListener):  # type: ignore[misc]  # untyped library
    """Before partitions move to another process, lets handlers that run finish; what waits for another attempt moves."""

    def __init__(self, halted: asyncio.Event, idle: asyncio.Event, stopping: asyncio.Event) -> None:
        self._halted, self._idle, self._stopping = halted, idle, stopping

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            self._halted.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), MOVE_WITHIN_S)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002  # the interface's name
        if not self._stopping.is_set():
            self._halted.clear()


class _Trouble:
    """FastStream's log, through which alone it tells that its consumer met an error. `happens` at one that it does not get over."""

    def __init__(self) -> None:
        self.happens = asyncio.Event()

    def log(self, level: int, message: Any, *, exc_info: Any = None, **_: Any) -> None:
        """Pass errors on; keep the chatter out."""
        if level >= logging.ERROR:
            log().warning(str(message)[:300], error=repr(exc_info)[:200])
        if isinstance(exc_info, KafkaError) and not exc_info.retriable:
            self.happens.set()


async def _as_they_came(records: Sequence[Record]) -> KafkaMessage:
    """Leave records as they are: one malformed header must not cost the batch it came in."""
    return KafkaMessage(body=b"", headers={}, raw_message=tuple(records), message_id="", correlation_id="", path={}, consumer=FAKE_CONSUMER)


async def _undecoded(message: KafkaMessage) -> Any:
    return message.body
