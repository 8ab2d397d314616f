"""Turns to call the LLM, and keys that its provider holds back: in Redis, where all replicas see them."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.contracts.llm import LlmReason
from services.inference.domain.llm import LlmAbsentError

AWAY: Final = "When the LLM was called last, and which keys are good, is kept in Redis, which does not answer."
# So that the key is gone when it is looked at again.
A_LITTLE_S: Final = 0.005


class LlmTurnsRedis:
    """Implements the port LlmTurns; `key` makes a name of this platform's."""

    def __init__(self, redis: Redis, *, key: Callable[..., str], keys: tuple[str, ...], every: timedelta) -> None:
        self._redis, self._key, self._keys, self._every = redis, key, keys, every

    async def take(self, *, within_s: float) -> None:
        """Wait until the last call is long enough ago. Raise LlmAbsentError where that is not so in time, or cannot be known."""
        every_ms, until = int(self._every.total_seconds() * 1000), time.monotonic() + within_s
        try:
            while every_ms and not await self._redis.set(self._key("llm", "turn"), "taken", nx=True, px=every_ms):
                wait_s = max(0, await self._redis.pttl(self._key("llm", "turn"))) / 1000
                if time.monotonic() + wait_s > until:
                    msg = (
                        f"Calls are {self._every.total_seconds():g} s apart, and others came first; the next may be made in {wait_s:.0f} s."
                    )
                    raise LlmAbsentError(LlmReason.TURN, msg)
                await asyncio.sleep(wait_s + A_LITTLE_S)
        except RedisError as error:
            raise LlmAbsentError(LlmReason.TURN, AWAY) from error

    async def hold(self, key: str, *, for_s: float) -> None:
        """Keep a key from being used for so long."""
        try:
            await self._redis.set(self._key("llm", "held", key), "held", px=max(1, int(for_s * 1000)))
        except RedisError as error:
            raise LlmAbsentError(LlmReason.TURN, AWAY) from error

    async def held(self) -> dict[str, float]:
        """Return the keys that are held back, and for how many seconds more."""
        try:
            pipe = self._redis.pipeline(transaction=False)
            for key in self._keys:
                pipe.pttl(self._key("llm", "held", key))
            left = await pipe.execute()
        except RedisError as error:
            raise LlmAbsentError(LlmReason.TURN, AWAY) from error
        return {key: ms / 1000 for key, ms in zip(self._keys, left, strict=True) if ms > 0}
