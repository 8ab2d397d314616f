"""A Redis stream that every gateway reads for itself from where it is."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from redis.asyncio import Redis

# Shorter than the client waits for any answer.
WAIT_MS: Final = 1500
READ_MOST: Final = 500
FROM_THE_START: Final = b"0"


async def follow_stream(redis: Redis, stream: str) -> AsyncIterator[Mapping[bytes, bytes]]:
    """Return the fields of each entry from now on; raises RedisError when the server is away."""
    newest: Any = await redis.xrevrange(stream, count=1)
    last: bytes = newest[0][0] if newest else FROM_THE_START
    while True:
        found: Any = await redis.xread({stream: last}, block=WAIT_MS, count=READ_MOST)
        for _, entries in found or ():
            for entry, fields in entries:
                last = entry
                yield fields
