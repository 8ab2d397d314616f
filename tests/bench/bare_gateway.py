"""The bare shape's front: one ASGI route on uvicorn, one producer, one consumer of replies, and nothing that makes a platform of it."""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import orjson
import uvicorn
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from deploy.local.story import FEATURES

ASKS, REPLIES = "bare.asks", "bare.replies"
Message = MutableMapping[str, Any]


class Bare:
    """Sends each row as one record, and answers with the record that comes back under its number."""

    def __init__(self, bootstrap: str) -> None:
        # As our own producer is: idempotent, acknowledged by all replicas, nothing held back for company.
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=256 * 1024
        )
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="latest")
        self._numbers = itertools.count()
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}

    async def run(self, port: int) -> None:
        """Serve until the process ends; HTTP is heard once replies are."""
        await self._producer.start()
        await self._consumer.start()
        replies = TopicPartition(REPLIES, 0)
        self._consumer.assign([replies])
        await self._consumer.position(replies)
        config = uvicorn.Config(
            self, host="127.0.0.1", port=port, http="httptools", loop="none", access_log=False, log_config=None, lifespan="off",
            server_header=False,
        )  # fmt: skip
        await asyncio.gather(uvicorn.Server(config).serve(), self._hear())

    async def __call__(self, _: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
        """Answer a request, whatever its path."""
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        given = orjson.loads(body)
        (symbol,) = given["symbols"]
        row = [given["features"][symbol][name] for name in FEATURES]
        number = b"%d" % next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._producer.send(ASKS, orjson.dumps({"symbol": symbol, "row": row}), key=number, partition=0)
        answer = await waiting
        length = b"%d" % len(answer)
        head = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": answer})

    async def _hear(self) -> None:
        while True:
            for records in (await self._consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    if waiting := self._waiting.pop(record.key, None):
                        waiting.set_result(record.value)


async def serve(bootstrap: str, port: int) -> None:
    """Run the front; a client of Kafka wants to be made where it runs."""
    await Bare(bootstrap).run(port)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1], int(sys.argv[2])))
