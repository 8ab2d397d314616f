"""Something done once by all gateways, by a lock in Redis and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.chassis.logs import log

# Longer than the work takes, and than what was asked for side by side stays under way.
WITHIN_S: Final = 10
KEPT_S: Final = 60
LOOK_EVERY_S: Final = 0.05


class OnceRedis:
    """Implements the pages' port Once."""

    def __init__(self, redis: Redis, *, namespace: str) -> None:
        self._redis = redis
        self._prefix = f"{namespace}:once:"

    async def __call__(self, key: str, work: Callable[[], Awaitable[str]]) -> str:
        """See the port. While Redis is away each gateway does it for itself."""
        done, lock = f"{self._prefix}{key}", f"{self._prefix}{key}:lock"
        try:
            for _ in range(int(WITHIN_S / LOOK_EVERY_S)):
                found = await self._redis.get(done)
                if found is not None:
                    return _text(found)
                if await self._redis.set(lock, b"1", nx=True, ex=WITHIN_S):
                    break
                await asyncio.sleep(LOOK_EVERY_S)
            # Whoever had the lock may have ended between the look and the lock.
            found = await self._redis.get(done)
            if found is not None:
                return _text(found)
        except (RedisError, OSError) as error:
            log().warning("a session is renewed by this gateway alone", error=type(error).__name__)
            return await work()
        result = await work()
        try:
            await self._redis.set(done, result, ex=KEPT_S)
        except (RedisError, OSError) as error:
            log().warning("a renewed session is not shared", error=type(error).__name__)
        return result


def _text(found: bytes | str) -> str:
    return found.decode() if isinstance(found, bytes) else found
