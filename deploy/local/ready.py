"""Knowing when a server is ready to serve, and making a MongoDB replica set of one."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis.asyncio import Redis
from redis.exceptions import RedisError

ALREADY_INITIALIZED = 23


class NotReadyError(Exception):
    """A server did not become ready in time; the message holds the last thing it said."""


# A busy machine may take long: whoever starts a program notices when it dies (supervisor.py), and waits while it lives.
PATIENCE_S: Final = 900.0


async def until(check: Callable[[], Awaitable[None]], *, what: str, within: float = PATIENCE_S) -> None:
    """Call `check` until it returns; raise NotReadyError with its last error when time is up."""
    deadline = time.monotonic() + within
    while True:
        try:
            await check()
        except (KafkaError, PyMongoError, RedisError, OSError, NotReadyError) as error:
            if time.monotonic() > deadline:
                msg = f"{what} was not ready after {within:.0f} s: {error}"
                raise NotReadyError(msg) from error
            await asyncio.sleep(0.05)
        else:
            return


async def kafka_ready(bootstrap: str) -> None:
    """Return when the broker answers a metadata request (an open port is not enough)."""

    async def check() -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
        try:
            await admin.start()
            await admin.list_topics()
        finally:
            await admin.close()

    await until(check, what=f"Kafka at {bootstrap}")


async def redis_ready(url: str) -> None:
    """Return when the server has loaded its data and answers PING."""

    async def check() -> None:
        async with Redis.from_url(url, socket_timeout=2) as client:
            await client.ping()

    await until(check, what=f"Redis at {url}")


async def mongo_ready(port: int, **security: Any) -> None:
    """Return when the server is the primary of its own replica set; make or mend the set where needed.

    `security` is what a client needs beside the address where the server asks for a login or TLS.
    """
    await until(lambda: asyncio.to_thread(_become_primary, port, security), what=f"MongoDB at 127.0.0.1:{port}")


def _become_primary(port: int, security: dict[str, Any]) -> None:
    member = f"127.0.0.1:{port}"
    address = f"mongodb://{member}/?directConnection=true"
    with MongoClient[dict[str, object]](address, serverSelectionTimeoutMS=2000, **security) as client:
        try:
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": [{"_id": 0, "host": member}]})
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise
        config = client.admin.command("replSetGetConfig")["config"]
        if config["members"][0]["host"] != member:
            # The data was last served on another port: without this the set never finds itself.
            config["members"][0]["host"] = member
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)
        if not client.admin.command("hello")["isWritablePrimary"]:
            msg = "no primary yet"
            raise NotReadyError(msg)
