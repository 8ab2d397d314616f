"""Asking over Kafka: a correlation id, a deadline, and a reply partition of the asker's own."""

import asyncio
import contextlib
import itertools
import math
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import orjson
from aiokafka import TopicPartition

from libs.chassis.bus.connection import client_arguments, refusals_told
from libs.chassis.bus.consumer import Consumer
from libs.chassis.bus.meters import Asked, count_ask
from libs.chassis.bus.packs import PACK_MARK, READS_PACKS, Headers, NotAPackError, Packer, Place, WaitingAsk, fits, replies_in
from libs.chassis.bus.port import AskTimeoutError, BrokerAwayError, refusal_of
from libs.chassis.bus.sender import Acknowledgement, Sender
from libs.chassis.bus.topics import topic_name
from libs.chassis.bus.waiting import Waiting, deadline_in
from libs.chassis.bus.wire import ABANDONED, CORRELATION
from libs.chassis.errors import PlatformError
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.logs import correlation_id, log
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end, side_by_side
from libs.chassis.telemetry import traceparent
from libs.contracts.envelope import Ask
from libs.contracts.topics import REPLIES

SENT_WITHIN_S: Final = 0.9
# Asks of one key go to one partition, so that one process has what they need in memory; where so many wait, further ones go to the next,
# which is another process's: aiokafka deals a group's partitions out in turn (`RoundRobinPartitionAssignor`, its default). Those that share
# records are quick to answer, and cost more in smaller records.
SPREAD_FROM, SPREAD_SHARED_FROM = 16, 64
LOOK_APART_S: Final = 0.01  # Looking costs as much as there are that wait.
HELD_UP_S: Final = 0.1  # A timer that is later than this shows that the whole process was.
# A broker that has lost a partition never says where it ends.
PARTITION_WITHIN_S: Final = 5.0
STOP_WITHIN_S: Final = 5.0


class Asker:
    """One process's asking side. Replies to other askers of the partition, and late ones, are passed over."""

    def __init__(self, settings: SharedSettings, *, service: str, instance: str, sender: Sender) -> None:
        self._settings, self._sender = settings, sender
        self._topic, self._place = topic_name(REPLIES, namespace=settings.namespace), zlib.crc32(instance.encode())
        # A process that is started again under the same name must not take its predecessor's replies for its own.
        self._prefix = f"{instance}-{time.time_ns():x}-"
        self._numbers = itertools.count()
        self._waiting: dict[bytes, Waiting] = {}
        # By key, how many wait.
        self._open: Counter[bytes] = Counter()
        # One timer for all that wait: it rings at the first of their `look_at`, and few of them are still there then.
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf
        self._heard_at = 0.0
        self._stopping, self._unanswered, self.ready = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._headers = [
            ("ce_specversion", b"1.0"),
            ("ce_source", f"/modelbourse/{service}".encode()),
            ("content-type", b"application/json"),
            ("reply_topic", self._topic.encode()),
            (READS_PACKS, b"1"),
        ]
        self._packer = Packer(post=self._post, headers=self._headers_of, on_sent=self._on_sent)
        self._reply_partition = b""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Listen for replies until the context ends."""
        listening = asyncio.create_task(keep_going(self._listen, what="hearing replies", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            listening.cancel()
            await self._packer.stop()
            await end(listening, within=STOP_WITHIN_S)

    async def ask(self, ask: Ask[Any], *, within: float) -> bytes:
        """Return the reply's JSON. Raise AskTimeoutError, AskRefusedError or BrokerAwayError."""
        began = time.monotonic()
        outcome: Asked = "abandoned"
        try:
            refused, body = await self._reply_to(ask, within=within)
            outcome = "refused" if refused else "answered"
        except (AskTimeoutError, BrokerAwayError) as error:
            outcome = "timeout" if isinstance(error, AskTimeoutError) else "broker_away"
            raise
        finally:
            count_ask(ask.name, outcome, seconds=time.monotonic() - began)
        if refused:
            raise refusal_of(orjson.loads(body))
        return body

    async def _reply_to(self, ask: Ask[Any], *, within: float) -> tuple[bool, bytes]:
        """Return whether it was refused, and the reply's body."""
        if not self.ready.is_set():
            raise BrokerAwayError  # Without an ear there is no answer.
        number = f"{self._prefix}{next(self._numbers)}".encode()
        waiting = self._waiting[number] = Waiting(ask.name, within)
        self._look_again(waiting, after=min(SENT_WITHIN_S, within))
        key = ask.key.encode()
        self._open[key] += 1
        try:
            waiting.beyond = (self._open[key] - 1) // (SPREAD_SHARED_FROM if ask.shares_records else SPREAD_FROM)
            body = ask.to_json()
            if ask.shares_records and fits(body):
                self._send_with_others(ask, key, body, number=number, waiting=waiting)
            else:
                await self._send(ask, key, body, number=number, waiting=waiting)
            return await waiting.answer
        except asyncio.CancelledError:
            if ask.ends_unread and waiting.sent is not None:
                await self._abandon(ask, number=number, waiting=waiting)
            raise
        finally:
            waiting.pack = None  # Else the two would hold each other until the collector comes.
            del self._waiting[number]
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

    def _headers_of(self, name: str, number: bytes, deadline: bytes) -> list[tuple[str, bytes]]:
        return [
            *self._headers,
            ("reply_partition", self._reply_partition),
            ("ce_id", number),
            ("ce_type", name.encode()),
            ("correlation_id", number),
            ("deadline", deadline),
        ]

    async def _abandon(self, ask: Ask[Any], *, number: bytes, waiting: Waiting) -> None:
        """Tell whoever works at the answer, behind the ask in its partition, that nobody waits for it; else it ends by its deadline."""
        headers = self._headers_of(ABANDONED, number, deadline_in(max(waiting.until - time.monotonic(), 0.0)))
        topic = topic_name(ask.topic, namespace=self._settings.namespace)
        with contextlib.suppress(PlatformError, TimeoutError):
            async with asyncio.timeout(SENT_WITHIN_S):
                sent = await self._sender.post(topic, b"", key=ask.key.encode(), headers=headers, beyond=waiting.beyond)
                sent.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _send_with_others(self, ask: Ask[Any], key: bytes, body: bytes, *, number: bytes, waiting: Waiting) -> None:
        """Have an ask sent together with others that wait."""
        parent, correlation = traceparent() or "", correlation_id() or ""
        place = Place(topic_name(ask.topic, namespace=self._settings.namespace), key, waiting.beyond)
        deadline = deadline_in(waiting.within)
        self._packer.add(place, WaitingAsk(ask.name, number, body, deadline, parent.encode(), correlation.encode(), waiting))

    async def _post(self, place: Place, value: bytes, headers: Headers) -> Acknowledgement:
        return await self._sender.post(place.topic, value, key=place.key, headers=headers, beyond=place.beyond)

    async def _send(self, ask: Ask[Any], key: bytes, body: bytes, *, number: bytes, waiting: Waiting) -> None:
        headers = self._headers_of(ask.name, number, deadline_in(waiting.within))
        if parent := traceparent():
            headers.append(("traceparent", parent.encode()))
        if correlation := correlation_id():
            headers.append((CORRELATION, correlation.encode()))
        topic = topic_name(ask.topic, namespace=self._settings.namespace)
        task = waiting.sender = asyncio.current_task()
        try:
            sent = await self._sender.post(topic, body, key=key, headers=headers, beyond=waiting.beyond)
        except asyncio.CancelledError:
            if waiting.given_up and task is not None and task.uncancel() == 0:
                raise BrokerAwayError from None
            raise
        self._on_sent((waiting,), sent)

    def _on_sent(self, asks: Sequence[Waiting], sent: Acknowledgement) -> None:
        # It is not awaited: its acknowledgement and the reply come in either order, and the reply is what counts.
        for waiting in asks:
            waiting.sent = sent
        sent.add_done_callback(partial(self._acknowledged, asks))

    def _look_again(self, waiting: Waiting, *, after: float) -> None:
        waiting.look_at = time.monotonic() + after
        if waiting.look_at < self._rings_at:
            self._ring_at(waiting.look_at, after=after)

    def _ring_at(self, when: float, *, after: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at, self._timer = when, asyncio.get_running_loop().call_later(after, self._look)

    def _look(self) -> None:
        """Look after those that it is time for, and again when it is time for the next, but not at each of thousands by itself."""
        present, self._rings_at = time.monotonic(), math.inf
        for waiting in [each for each in self._waiting.values() if each.look_at <= present]:
            self._look_after(waiting)
        following = min([each.look_at for each in self._waiting.values() if not each.answer.done()], default=math.inf)
        if following < math.inf:
            following = max(following, present + LOOK_APART_S)
            self._ring_at(following, after=following - present)

    def _look_after(self, waiting: Waiting) -> None:
        """Give an ask up that is past its deadline, or whose broker is silent."""
        present = time.monotonic()
        left_s, silent_s = waiting.until - present, present - self._heard_at
        if waiting.answer.done():
            return
        if present - waiting.look_at > HELD_UP_S and left_s > 0 and not waiting.held_up:
            # This process was held up, perhaps not the broker: what that said meanwhile is not read yet.
            waiting.held_up = True
            self._look_again(waiting, after=min(SENT_WITHIN_S, left_s))
            return
        acknowledged = waiting.sent is not None and waiting.sent.done()
        if waiting.sent is None and waiting.sender is not None:
            # A send waits only when its partition's batch is full, which it stays when the broker is away.
            waiting.given_up, waiting.look_at = True, math.inf
            waiting.sender.cancel()
        elif left_s <= 0:
            # Before what silence says: one whose time is up so soon, or that was held up until then, knows nothing of the broker.
            self._unanswered.set()
            waiting.fail(AskTimeoutError(f"No answer to {waiting.name} within {waiting.within:g} s"))
        elif not acknowledged and silent_s >= SENT_WITHIN_S:
            waiting.fail(BrokerAwayError())
        else:
            # Acknowledged, or the broker was heard meanwhile and is only busy.
            self._look_again(waiting, after=left_s if acknowledged else min(left_s, SENT_WITHIN_S - silent_s))

    def _acknowledged(self, asks: Sequence[Waiting], sent: Acknowledgement) -> None:
        if sent.cancelled() or sent.exception() is not None:
            for waiting in asks:
                waiting.fail(BrokerAwayError())
        else:
            self._heard_at = time.monotonic()

    async def _listen(self) -> None:
        consumer = Consumer(**client_arguments(self._settings))
        try:
            async with refusals_told(self._settings):
                await consumer.start()
            replies = await self._choose(consumer)
            consumer.assign([replies])
            await consumer.seek_to_end(replies)
            await consumer.position(replies)
            self._reply_partition = str(replies.partition).encode()
            self.ready.set()
            await side_by_side(self._hear(consumer), self._watch(consumer, replies))
        finally:
            await consumer.stop()

    async def _choose(self, consumer: Consumer) -> TopicPartition:
        """Return this process's partition among those that there are: a broker that lost its topics may make them with fewer itself."""
        first = TopicPartition(self._topic, 0)
        consumer.assign([first])
        await consumer.end_offsets([first])  # It waits until the broker has said what partitions there are.
        return TopicPartition(self._topic, self._place % len(consumer.partitions_for_topic(self._topic)))

    async def _hear(self, consumer: Consumer) -> None:
        while True:
            for records in (await consumer.getmany()).values():
                self._heard_at = time.monotonic()
                for record in records:
                    self._take(record)

    def _take(self, record: Any) -> None:
        if record.key is None:
            self._take_many(record)
        elif record.key in self._waiting:
            self._answer(record.key, record.value, refused=any(name == "refused" for name, _ in record.headers))
        elif record.key.endswith(PACK_MARK):
            self._packer.refused(record.key)

    def _take_many(self, record: Any) -> None:
        try:
            replies = replies_in(record)
        except NotAPackError as error:
            log().error("replies cannot be read", error=str(error))
            return
        for number, body in replies:
            self._answer(number, body, refused=False)

    def _answer(self, number: bytes, body: bytes, *, refused: bool) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.answer.done():
            waiting.answer.set_result((refused, body))

    async def _watch(self, consumer: Consumer, replies: TopicPartition) -> None:
        """When answers fail to come: begin the replies anew if they are fewer than were heard already.

        A fetch beyond the end of a new log is no error where that has grown as long meanwhile. Raise TimeoutError when the broker has lost
        the partition.
        """
        while True:
            await self._unanswered.wait()
            self._unanswered.clear()
            async with asyncio.timeout(PARTITION_WITHIN_S):
                ends = await consumer.end_offsets([replies])
            if ends[replies] < await consumer.position(replies):
                log().warning("the broker has lost its messages: replies are heard from the start")
                await consumer.seek_to_beginning(replies)
            await asyncio.sleep(SENT_WITHIN_S)
