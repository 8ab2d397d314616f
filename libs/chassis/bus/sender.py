"""The one Kafka producer of a process: pipelined sends, acknowledged by all replicas, made again when it breaks for good."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner, murmur2

from libs.chassis.bus.connection import NOT_ALLOWED, client_arguments, not_allowed, refusals_told, until_reachable
from libs.chassis.bus.port import BrokerAwayError, MessageTooLargeError, check_size
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.refusals import tell
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end, first_of, side_by_side

SENT_WITHIN_S: Final = 5.0
STOP_WITHIN_S: Final = 5.0
# A batch holds what gathers while the one before it is on its way: too small a bound would make full batches wait in line.
BATCH_BYTES: Final = 256 * 1024
# Dead letters have room for a message of the usual limit and the headers that say why (libs/chassis/bus/topics.py).
LARGEST_BYTES: Final = 2 * 1024 * 1024
Acknowledgement: TypeAlias = asyncio.Future[Any]


class Sender:
    """Sends for all parts of a process's bus."""

    def __init__(self, settings: SharedSettings, *, instance: str) -> None:
        self._settings, self._instance = settings, instance
        self._producer: AIOKafkaProducer | None = None
        self._broken, self._stopping = asyncio.Event(), asyncio.Event()
        self._on_acknowledged: Callable[[Acknowledgement], None] = lambda _: None
        self._unacknowledged: dict[str, Acknowledgement] = {}
        self.ready = asyncio.Event()
        # Set when the broker did not take a message: it is away, or has lost the topic. Whoever waits for it clears it.
        self.failed = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep a producer until the context ends; then send what waits, for some seconds at most."""
        self._stopping.clear()
        keeping = asyncio.create_task(keep_going(self._produce, what="Kafka's producer", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            self._broken.set()
            await end(keeping, within=2 * STOP_WITHIN_S)

    async def post(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
        beyond: int = 0,
    ) -> Acknowledgement:
        """Queue a message (topic: its name on the broker) and return its acknowledgement, which may fail with a KafkaError.

        It goes to `partition`, else to that of its key, or so many `beyond` it.
        Raise BrokerAwayError when there is no broker, MessageTooLargeError. May wait while its partition's batch is full.
        """
        producer = self._producer
        if producer is None:
            raise BrokerAwayError
        if value and not topic.endswith(".dead"):
            check_size(len(value), topic=topic)
        if beyond and key is not None and (there := producer.client.cluster.partitions_for_topic(topic)):
            partition = sorted(there)[(_hash(key) + beyond) % len(there)]
        try:
            sent: Acknowledgement = await producer.send(topic, value, key=key, headers=headers, partition=partition)
        except MessageSizeTooLargeError as error:
            raise MessageTooLargeError(str(error)) from error
        except KafkaError as error:
            self._judge(error, producer)
            raise BrokerAwayError from error
        except asyncio.CancelledError:
            # Who posts waits less long than the producer does for a topic that it knows nothing of.
            if producer.client.cluster.partitions_for_topic(topic) is None:
                self.failed.set()
            raise
        sent.add_done_callback(self._on_acknowledged)
        return sent

    async def send(
        self, topic: str, value: bytes | None, *, key: bytes | None, headers: Sequence[tuple[str, bytes]] = (), number: str | None = None
    ) -> None:
        """Send a message and wait until the broker has it. Raise BrokerAwayError after SENT_WITHIN_S, or MessageTooLargeError.

        A message with a `number` that is sent again while the first one is still on its way is not sent twice.
        """
        try:
            async with asyncio.timeout(SENT_WITHIN_S):
                sent = self._unacknowledged.get(number) if number else None
                if sent is None:
                    sent = await self.post(topic, value, key=key, headers=headers)
                    if number:
                        self._unacknowledged[number] = sent
                        sent.add_done_callback(lambda _: self._unacknowledged.pop(number, None))
                await asyncio.shield(sent)
        except MessageSizeTooLargeError as error:
            raise MessageTooLargeError(str(error)) from error
        except (KafkaError, TimeoutError) as error:
            self.failed.set()
            raise BrokerAwayError from error

    async def _produce(self) -> None:
        """Run one producer until it is broken or no longer wanted."""
        self._broken.clear()
        await side_by_side(until_reachable(self._settings), first_of(self._stopping))
        if self._stopping.is_set():
            return
        producer = AIOKafkaProducer(
            **client_arguments(self._settings),
            client_id=self._instance,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=BATCH_BYTES,
            max_request_size=LARGEST_BYTES,
            partitioner=_place,
            request_timeout_ms=20_000,
            metadata_max_age_ms=30_000,
            retry_backoff_ms=50,
        )
        try:
            async with refusals_told(self._settings):
                await producer.start()
            self._producer, self._on_acknowledged = producer, partial(self._acknowledged, producer)
            self.ready.set()
            if not self._stopping.is_set():
                await self._broken.wait()
        finally:
            self._producer = None
            await _stop(producer)

    def _acknowledged(self, producer: AIOKafkaProducer, sent: Acknowledgement) -> None:
        if not sent.cancelled() and (error := sent.exception()) is not None:
            self._judge(error, producer)

    def _judge(self, error: BaseException, producer: AIOKafkaProducer) -> None:
        """Have the producer made again after an error it cannot get over (an idempotent one then lacks a number in its sequence)."""
        if isinstance(error, NOT_ALLOWED):
            tell(not_allowed(error, user=self._settings.kafka_username))
        else:
            self.failed.set()
        if producer is self._producer and isinstance(error, KafkaError) and not error.retriable:
            self._broken.set()


async def _stop(producer: AIOKafkaProducer) -> None:
    """Send what waits and close; a producer without a broker would wait for it forever."""
    stopping = asyncio.create_task(producer.stop())
    await end(stopping, within=STOP_WITHIN_S)
    if stopping.cancelled():
        await producer.client.close()


def _place(key: bytes | None, all_partitions: list[int], available: list[int]) -> int:
    """Choose a partition as Kafka's own clients do, remembering keys: the hash is slow in Python and keys come again."""
    if key is None:
        chosen: int = DefaultPartitioner()(key, all_partitions, available)
        return chosen
    return all_partitions[_hash(key) % len(all_partitions)]


@lru_cache(maxsize=16384)
def _hash(key: bytes) -> int:
    hashed: int = murmur2(key)
    return hashed & 0x7FFFFFFF
