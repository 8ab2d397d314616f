"""Dead letters: messages that were set aside, heard by one service that keeps them, and sent again on request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.bus.connection import client_arguments, refusals_told
from libs.chassis.bus.consumer import LOGS_EVERY_S, Consumer
from libs.chassis.bus.delivery import Failure
from libs.chassis.bus.sender import Sender
from libs.chassis.bus.topics import contract_name, group_of, topic_name
from libs.chassis.bus.wire import decode_headers, encode_headers
from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.settings import SharedSettings
from libs.chassis.tasks import end
from libs.contracts.envelope import now
from libs.contracts.topics import Topic, every_topic

STOP_WITHIN_S: Final = 10.0
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that could not be handled. `id` says where it lay first, so hearing it twice is one letter.

    `body` is for reading; `value` is what was sent, to the byte.
    """

    id: str
    topic: str
    key: str | None
    body: str
    value: bytes
    headers: Mapping[str, str]
    error_type: str
    error_message: str
    error_code: str
    attempts: int
    service: str
    failed_at: str


class DeadLetters:
    """The dead-letter topics of a platform."""

    def __init__(self, settings: SharedSettings, *, instance: str = "dead-letters", topics: Sequence[Topic] | None = None) -> None:
        """Prepare it; `topics` as for the bus (kafka.py)."""
        self._settings = settings
        self._topics = every_topic() if topics is None else topics
        self._sender = Sender(settings, instance=f"{instance}-dead")
        self._stopping = asyncio.Event()

    @asynccontextmanager
    async def hearing(self, on_dead: Callable[[DeadLetter], Awaitable[None]], *, service: str) -> AsyncIterator[None]:
        """Hand every dead letter to `on_dead`, at least once and for as long as it takes: acknowledged when that returns.

        `replay` works inside this context.
        """

        async def hear() -> None:
            await self._hear(on_dead, service)

        self._stopping.clear()
        async with self._sender.running():
            hearing = asyncio.create_task(keep_going(hear, what="hearing dead letters", stopping=self._stopping))
            try:
                yield
            finally:
                self._stopping.set()
                hearing.cancel()
                await end(hearing, within=STOP_WITHIN_S)

    async def replay(self, letter: DeadLetter) -> None:
        """Send a letter to its topic again, as it was. Raise BrokerAwayError when the broker is away or `hearing` does not run."""
        headers = encode_headers({name: value for name, value in letter.headers.items() if not name.startswith("x-")})
        key = letter.key.encode() if letter.key is not None else None
        await self._sender.send(topic_name(letter.topic, namespace=self._settings.namespace), letter.value, key=key, headers=headers)

    async def _hear(self, on_dead: Callable[[DeadLetter], Awaitable[None]], service: str) -> None:
        names = [topic_name(topic.name, namespace=self._settings.namespace) for topic in self._topics if topic.name.endswith(".dead")]
        group = group_of(service, namespace=self._settings.namespace, traffic="dead")
        consumer = Consumer(*names, **client_arguments(self._settings), group_id=group, logs_every_s=LOGS_EVERY_S)
        try:
            async with refusals_told(self._settings):
                await consumer.start()
            while True:
                found = await consumer.getmany(max_records=BATCH)
                for records in found.values():
                    for record in records:
                        await on_dead(_to_letter(record, namespace=self._settings.namespace))
                await consumer.commit({place: records[-1].offset + 1 for place, records in found.items()})
        finally:
            await consumer.stop()


def error_headers(record: Any, failure: Failure, *, service: str, namespace: str) -> list[tuple[str, bytes]]:
    """Return a record's own headers and what says why, where and when it was set aside."""
    why = {
        "x-error-type": failure.type,
        "x-error-message": failure.message,
        "x-error-code": failure.code,
        "x-attempts": str(failure.attempts),
        "x-original-topic": contract_name(record.topic, namespace=namespace),
        "x-original-partition": str(record.partition),
        "x-original-offset": str(record.offset),
        "x-original-key": (record.key or b"").decode(errors="backslashreplace"),
        "x-service": service,
        "x-failed-at": now().isoformat(),
    }
    return [(name, value or b"") for name, value in record.headers if not name.startswith("x-")] + encode_headers(why)


def _to_letter(record: Any, *, namespace: str) -> DeadLetter:
    headers = decode_headers(record.headers)
    topic = headers.get("x-original-topic", contract_name(record.topic, namespace=namespace).removesuffix(".dead"))
    place = f"{topic}-{headers.get('x-original-partition', '')}-{headers.get('x-original-offset', record.offset)}"
    attempts = headers.get("x-attempts", "")
    value = record.value or b""
    return DeadLetter(
        # The event's own id too: a broker that keeps nothing counts its offsets from zero again.
        id="-".join(filter(None, (headers.get("x-service"), place, headers.get("ce_id")))),
        topic=topic,
        key=record.key.decode(errors="backslashreplace") if record.key is not None else None,
        body=value.decode(errors="backslashreplace"),
        value=value,
        headers=headers,
        error_type=headers.get("x-error-type", ""),
        error_message=headers.get("x-error-message", ""),
        error_code=headers.get("x-error-code", ""),
        attempts=int(attempts) if attempts.isdecimal() else 0,
        service=headers.get("x-service", ""),
        failed_at=headers.get("x-failed-at", ""),
    )
