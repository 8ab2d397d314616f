"""Turns to call the LLM, and keys that its provider holds back: in Redis, where all replicas see them."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.contracts.llm import LlmReason
from services.inference.domain.llm import LlmAbsentError

AWAY: Final = "When the LLM was called last, and which keys are good, is kept in Redis, which does not answer."
OVER: Final = "The time in which the LLM may be waited for is over."
# Takes the next moment at which a call may be made, if that is soon enough; returns in how many milliseconds it is, else that negated.
QUEUE: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0'))
local wait = at - now
if wait > tonumber(ARGV[2]) then return -wait end
redis.call('SET', KEYS[1], at + tonumber(ARGV[1]), 'PX', wait + tonumber(ARGV[1]))
return wait
"""
# So that the key is gone when it is looked at again.
A_LITTLE_S: Final = 0.005


class LlmTurnsRedis:
    """Implements the port LlmTurns; `key` makes a name of this platform's."""

    def __init__(self, redis: Redis, *, key: Callable[..., str], keys: tuple[str, ...], every: timedelta) -> None:
        self._redis, self._key, self._keys, self._every = redis, key, keys, every

    async def take(self, *, within_s: float, patient: bool = True) -> None:
        """Wait until it is one's turn, first come, first served. Raise LlmAbsentError, at once, where that is not so in time.

        Whoever is not patient waits for the next turn alone, and gives way where others wait for it.
        Whoever came late to its own turn makes the next one wait, so that no two calls are closer than they may be.
        """
        if within_s <= 0:
            raise LlmAbsentError(LlmReason.TURN, OVER)
        if not self._every:
            return
        within_s = within_s if patient else min(within_s, self._every.total_seconds())
        every_ms, until = int(self._every.total_seconds() * 1000), time.monotonic() + within_s
        try:
            queued: Any = self._redis.eval(QUEUE, 1, self._key("llm", "next"), str(every_ms), str(int(within_s * 1000)))
            wait_s = int(await queued) / 1000
            if wait_s < 0:
                raise self._none_in_time(-wait_s)
            await asyncio.sleep(wait_s)
            while not await self._redis.set(self._key("llm", "turn"), "taken", nx=True, px=every_ms):
                wait_s = max(0, await self._redis.pttl(self._key("llm", "turn"))) / 1000
                if time.monotonic() + wait_s > until:
                    raise self._none_in_time(wait_s)
                await asyncio.sleep(wait_s + A_LITTLE_S)
        except RedisError as error:
            raise LlmAbsentError(LlmReason.TURN, AWAY) from error

    def _none_in_time(self, wait_s: float) -> LlmAbsentError:
        msg = f"Calls are {self._every.total_seconds():g} s apart, and others came first; the next may be made in {wait_s:.0f} s."
        return LlmAbsentError(LlmReason.TURN, msg)

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
