"""Messages for all sockets in a Redis stream, beside that of notices: their content is in them."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.chassis.logs import log
from services.gateway.domain.broadcasts import Broadcast
from services.gateway.outbound.streams_redis import follow_stream

# For a gateway that has to connect anew: a message is at most some KiB, so these are some MiB.
KEPT: Final = 1000
YES: Final = b"1"


class BroadcastsRedis:
    """Implements the port Broadcasts."""

    def __init__(self, redis: Redis, *, namespace: str) -> None:
        self._redis = redis
        self._stream = f"{namespace}:broadcasts"

    async def publish(self, broadcast: Broadcast) -> None:
        """Add a message to the stream. While Redis is away nobody is told live."""
        try:
            await self._redis.xadd(self._stream, _fields_of(broadcast), maxlen=KEPT, approximate=True)
        except (RedisError, OSError) as error:
            log().warning("a message is not broadcast", kind=broadcast.type, error=type(error).__name__)

    async def follow(self) -> AsyncIterator[Broadcast]:
        """Return the messages from now on; raises RedisError when the server is away."""
        async for fields in follow_stream(self._redis, self._stream):
            yield _broadcast_of(fields)


def _fields_of(broadcast: Broadcast) -> dict[Any, Any]:
    fields: dict[Any, Any] = {
        "id": broadcast.id,
        "type": broadcast.type,
        "text": broadcast.text,
    }
    optional = {
        "symbol": broadcast.symbol,
        "account_id": broadcast.account_id,
        "admins": YES if broadcast.admins else None,
        "event": broadcast.event,
    }
    return fields | {name: value for name, value in optional.items() if value is not None}


def _broadcast_of(fields: Mapping[bytes, bytes]) -> Broadcast:
    def text(name: bytes) -> str | None:
        return fields[name].decode() if name in fields else None

    return Broadcast(
        id=fields[b"id"].decode(),
        type=fields[b"type"].decode(),
        text=fields[b"text"].decode(),
        symbol=text(b"symbol"),
        account_id=text(b"account_id"),
        admins=fields.get(b"admins") == YES,
        event=text(b"event"),
    )
