"""Answering over Kafka: waiting asks of a key are taken together, replies go to each asker's own partition."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from aiokafka.errors import KafkaError
from opentelemetry.trace import SpanKind

from libs.chassis.bus.answering import Answered, answer_batch
from libs.chassis.bus.ask_records import Asked, NotAnAskError, Progress, read_asks, unknown_ask
from libs.chassis.bus.connection import client_arguments, refusals_told
from libs.chassis.bus.consumer import Consumer
from libs.chassis.bus.dead_letters import error_headers
from libs.chassis.bus.delivery import Failure
from libs.chassis.bus.handlers import Answering, Answers
from libs.chassis.bus.meters import DEAD_LETTERS, count_answers, count_late
from libs.chassis.bus.packs import MOST, NUMBERS, fits, joined, lines
from libs.chassis.bus.sender import Sender
from libs.chassis.bus.topics import contract_name, group_of, topic_name
from libs.chassis.bus.wire import ABANDONED
from libs.chassis.errors import PlatformError
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.logs import correlated, log
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end, side_by_side
from libs.chassis.telemetry import is_recording, span_from
from libs.contracts.topics import REPLIES

# So many are answered together: as many as share a record (packs.py), so that a record's asks are answered at once and in one record, too.
BATCH: Final = MOST
BATCHES_SIDE_BY_SIDE: Final = 2
SINGLES_SIDE_BY_SIDE: Final = 64
MOST_OPEN: Final = 2048
COMMIT_EVERY_S: Final = 1.0
GRACE_S: Final = 20.0
STOP_WITHIN_S: Final = 5.0
SET_ASIDE_AGAIN_S: Final = 1.0
# What stands for the number of a record that is no ask.
NO_NUMBER: Final = b""


class Answerer:
    """One process's answering side."""

    def __init__(self, settings: SharedSettings, service: str, sender: Sender, answers: Answers) -> None:
        self._settings, self._service, self._sender = settings, service, sender
        self._topics = sorted(topic_name(topic, namespace=settings.namespace) for topic in answers.topics)
        self._busy = {topic_name(topic, namespace=settings.namespace) for topic in answers.busy_topics}
        self._replies = topic_name(REPLIES, namespace=settings.namespace)
        for topic in answers.topics:
            DEAD_LETTERS.labels(topic)  # A count that begins at one would look as if it had never grown.
        within_s = settings.handler_timeout.total_seconds()
        self._kinds = {
            name: _Kind(answering, self._reply_all, self._drop, within_s=within_s) for name, answering in answers.answers.items()
        }
        self._progress = Progress()
        self._stopping, self.ready = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer until the context ends; then finish what was taken, commit and leave the group."""
        keeping = asyncio.create_task(keep_going(self._listen, what="hearing asks", stopping=self._stopping))
        try:
            yield
        finally:
            self._stopping.set()
            await end(keeping, within=GRACE_S + 10)

    async def _listen(self) -> None:
        self._progress = Progress()
        # What nobody waits for any more is passed over by its deadline.
        group = group_of(self._service, namespace=self._settings.namespace, traffic="asks")
        consumer = Consumer(*self._topics, **client_arguments(self._settings), group_id=group, apart=self._busy)
        try:
            async with refusals_told(self._settings):
                await consumer.start()
            self.ready.set()
            await side_by_side(self._take(consumer), self._commit(consumer), self._until_stopping())
        finally:
            await asyncio.wait([kind.finishing() for kind in self._kinds.values()], timeout=GRACE_S)
            await end(asyncio.create_task(self._leave(consumer)), within=STOP_WITHIN_S)

    async def _leave(self, consumer: Consumer) -> None:
        await self._acknowledge(consumer)
        await consumer.stop()

    async def _until_stopping(self) -> None:
        await self._stopping.wait()

    async def _take(self, consumer: Consumer) -> None:
        while True:
            room = await self._progress.room(MOST_OPEN)
            batches = await consumer.getmany(max_records=max(room // MOST, 1))
            for records in batches.values():
                for record in records:
                    self._hand_on(record)
            for kind in self._kinds.values():
                kind.go_on()

    def _hand_on(self, record: Any) -> None:
        try:
            asks = read_asks(record, replies=self._replies)
        except NotAnAskError as error:
            self._progress.taken(record, numbers=[NO_NUMBER])
            asyncio.ensure_future(self._set_aside(record, str(error)))  # noqa: RUF006  # the progress waits for it
            return
        self._progress.taken(record, numbers=[asked.number for asked in asks])
        for asked in asks:
            self._look_at(asked)

    def _look_at(self, asked: Asked) -> None:
        if asked.deadline <= time.time() * 1000:
            count_late(asked.name if asked.name in self._kinds else "unknown")
            self._done(asked)  # Nobody waits for an answer any more.
        elif asked.name == ABANDONED:
            for each in self._kinds.values():
                each.abandon(asked.number)
            self._done(asked)
        elif (kind := self._kinds.get(asked.name)) is None:
            asyncio.ensure_future(self._reply(asked, unknown_ask(asked.name, self._service)))  # noqa: RUF006  # as above
        else:
            kind.wait(asked)

    async def _reply_all(self, asks: Sequence[Asked], answered: Sequence[Answered]) -> None:
        """Send the replies of a batch: those to one asker in one record, where it can read that."""
        packs: dict[int, list[tuple[Asked, bytes]]] = {}
        for asked, (refused, body) in zip(asks, answered, strict=True):
            if asked.reads_packs and not refused and fits(body):
                packs.setdefault(asked.reply_partition, []).append((asked, body))
            else:
                await self._reply(asked, (refused, body))
        for partition, replies in packs.items():
            if len(replies) == 1:
                ((asked, body),) = replies
                await self._reply(asked, (False, body))
            else:
                name = replies[0][0].name
                headers = [("ce_specversion", b"1.0"), ("ce_type", name.encode()), (NUMBERS, joined(asked.number for asked, _ in replies))]
                await self._post([asked for asked, _ in replies], lines(body for _, body in replies), None, partition, headers)

    async def _reply(self, asked: Asked, answered: Answered) -> None:
        refused, body = answered
        headers = [*asked.reply_headers, ("refused", b"1")] if refused else asked.reply_headers
        await self._post([asked], body, asked.number, asked.reply_partition, headers)

    async def _post(
        self, asks: Sequence[Asked], value: bytes, key: bytes | None, partition: int, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Send a record, without waiting until the broker has it: who misses a reply asks again."""
        try:
            await self._sender.post(self._replies, value, key=key, partition=partition, headers=headers)
        except (PlatformError, AssertionError) as error:  # the latter: aiokafka's word for a partition that is not there
            log().warning("a reply could not be sent", ask=asks[0].name, error=repr(error)[:200])
        finally:
            for asked in asks:
                self._done(asked)

    def _drop(self, asked: Asked) -> None:
        """Pass over an ask whose answer nobody waits for any more."""
        count_late(asked.name)
        self._done(asked)

    def _done(self, asked: Asked) -> None:
        self._progress.done(asked.record, number=asked.number)

    async def _set_aside(self, record: Any, why: str) -> None:
        log().error("an ask is set aside", error=why)
        failure = Failure("NotAnAskError", why, "not_an_ask", 1)
        headers = error_headers(record, failure, service=self._service, namespace=self._settings.namespace)
        while not self._stopping.is_set():
            try:
                await self._sender.send(f"{record.topic}.dead", record.value, key=record.key, headers=headers)
            except PlatformError as error:
                log().warning("an ask cannot be set aside yet", error=error.message)
            else:
                DEAD_LETTERS.labels(contract_name(record.topic, namespace=self._settings.namespace)).inc()
                self._progress.done(record, number=NO_NUMBER)
                return
            await asyncio.sleep(SET_ASIDE_AGAIN_S)

    async def _commit(self, consumer: Consumer) -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            await self._acknowledge(consumer)

    async def _acknowledge(self, consumer: Consumer) -> None:
        offsets = self._progress.commitable(consumer.assignment())
        if offsets:
            try:
                await consumer.commit(offsets)
            except KafkaError as error:
                # The partitions moved: their asks may be answered twice, and the second answer is passed over.
                log().info("answered asks were not acknowledged", error=repr(error)[:200])


@dataclass(slots=True)
class _Lane:
    """Asks that wait for each other."""

    waiting: deque[Asked] = field(default_factory=deque)
    running: int = 0


class _Kind:
    """The asks of one name in this process, and how they are answered.

    A batch is of one key, so that what one of them has to wait for (a model that is not loaded yet) delays no other.
    """

    def __init__(self, answering: Answering, reply: Any, drop: Callable[[Asked], None], *, within_s: float) -> None:
        self._answering, self._reply, self._drop, self._within_s = answering, reply, drop, within_s
        self._size, self._most = (1, SINGLES_SIDE_BY_SIDE) if answering.batch is None else (BATCH, BATCHES_SIDE_BY_SIDE)
        self._lanes: dict[bytes | None, _Lane] = {}
        self._running: dict[asyncio.Task[None], Sequence[Asked]] = {}

    def wait(self, asked: Asked) -> None:
        """Put an ask where it is answered when there is room; `go_on` looks."""
        key = None if self._answering.batch is None else asked.record.key
        self._lanes.setdefault(key, _Lane()).waiting.append(asked)

    def go_on(self) -> None:
        """Answer what waits, as far as there is room: batches take all that gathered, others are answered one by one."""
        for key in list(self._lanes):
            self._advance(key)

    def abandon(self, number: bytes) -> None:
        """End the work at an ask whose answer nobody waits for any more, where that is worth nothing then."""
        if not self._answering.ask.ends_unread:
            return
        for lane in self._lanes.values():
            for asked in [each for each in lane.waiting if each.number == number]:
                lane.waiting.remove(asked)
                self._drop(asked)
        for task, asks in self._running.items():
            if [each.number for each in asks] == [number]:
                task.cancel()

    def finishing(self) -> asyncio.Task[None]:
        """Return a task that ends when nothing waits or runs."""

        async def finish() -> None:
            while self._running:
                await asyncio.wait(self._running)

        return asyncio.create_task(finish())

    def _advance(self, key: bytes | None) -> None:
        lane = self._lanes[key]
        while lane.waiting and lane.running < self._most:
            asks = [lane.waiting.popleft() for _ in range(min(self._size, len(lane.waiting)))]
            lane.running += 1
            task = asyncio.create_task(self._answer(asks))
            self._running[task] = asks
            task.add_done_callback(partial(self._done, key))
        if not lane.running:
            del self._lanes[key]

    def _done(self, key: bytes | None, task: asyncio.Task[None]) -> None:
        asks = self._running.pop(task)
        error = None if task.cancelled() else task.exception()
        if error:
            log().error("asks were not answered", ask=self._answering.ask.name, error=repr(error)[:300])
        if error or task.cancelled():
            for asked in asks:
                self._drop(asked)
        self._lanes[key].running -= 1
        self._advance(key)

    async def _answer(self, asks: Sequence[Asked]) -> None:
        name, bodies = self._answering.ask.name, [asked.body for asked in asks]
        parent = next((asked.traceparent for asked in asks if asked.traceparent), None) if is_recording() else None
        began, within_s = time.monotonic(), self._within_s
        if self._answering.ask.ends_unread:
            within_s = min(within_s, max(max(asked.deadline for asked in asks) / 1000 - time.time(), 0.0))
        # What many asked for together goes back to none of them alone.
        with correlated(asks[0].correlation if len(asks) == 1 else None):
            if parent:
                about = {"messaging.batch.message_count": len(asks)}
                with span_from(parent, name=f"{name} answer", kind=SpanKind.SERVER, attributes=about):
                    answered = await answer_batch(self._answering, bodies, within_s=within_s)
            else:
                answered = await answer_batch(self._answering, bodies, within_s=within_s)
        refused = sum(reply[0] for reply in answered)
        count_answers(name, answered=len(answered) - refused, refused=refused, seconds=time.monotonic() - began)
        await self._reply(asks, answered)
