"""Turns to call the LLM, and keys that its provider holds back: in Redis, where all replicas see them."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from libs.contracts.ids import new_id
from libs.contracts.llm import LlmReason
from services.inference.domain.llm import PERIODIC, LlmAbsentError, LlmQueueFullError

AWAY: Final = "When the LLM was called last, and which keys are good, is kept in Redis, which does not answer."
OVER: Final = "The time in which the LLM may be waited for is over."
# Whoever waits looks as often as this, and is taken for gone when it has not for so long.
LOOK_S: Final = 1.0
GONE_S: Final = 5.0
# Who was served when is remembered while anybody is: longer than a turn may take to come.
SERVED_S: Final = 3_600.0
# So that the turn before is over when it is looked at again.
A_LITTLE_S: Final = 0.005
# One look of one call: it takes its place in the queue, or the turn where that is due. Accounts are served in turn (round robin): first
# calls of all come before second ones of any, the account first that was served longest ago; whose name is ARGV[8] comes last of all.
# An account that comes is placed behind all that wait, but before the one that had the newest turn: who comes after the next turn comes
# after that one, too, so that no number of accounts, new ones or long idle ones, keeps another from its turn.
# Keys: the turn, the queue (call by its number), leases (call by when it is gone), and places (account by the number of its last turn,
# or half a turn before the newest when it came).
LOOK: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local call, account, every, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local left, most, served_for, last = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)) do
  redis.call('ZREM', KEYS[2], gone)
  redis.call('ZREM', KEYS[3], gone)
end
local waits = redis.call('ZSCORE', KEYS[2], call)
if not waits then
  local behind = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
  redis.call('ZADD', KEYS[2], (tonumber(behind[2]) or 0) + 1, call)
end
redis.call('ZADD', KEYS[3], now + lease, call)
local rows, counts = {}, {}
for number, other in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  local whose = string.sub(other, string.find(other, '|', 1, true) + 1)
  counts[whose] = (counts[whose] or 0) + 1
  rows[number] = {call = other, whose = whose, round = counts[whose], number = number, final = whose == last and 1 or 0}
end
local newest = math.max(tonumber(redis.call('ZRANGE', KEYS[4], -1, -1, 'WITHSCORES')[2]) or 0, 0)
if not waits and counts[account] == 1 then
  redis.call('ZADD', KEYS[4], 'GT', newest - 0.5, account)
  redis.call('PEXPIRE', KEYS[4], served_for)
end
for _, row in ipairs(rows) do
  row.served = tonumber(redis.call('ZSCORE', KEYS[4], row.whose)) or -1
end
table.sort(rows, function(a, b)
  if a.final ~= b.final then return a.final < b.final end
  if a.round ~= b.round then return a.round < b.round end
  if a.served ~= b.served then return a.served < b.served end
  return a.number < b.number
end)
local turn, place, first = math.max(redis.call('PTTL', KEYS[1]), 0), 0, 0
for position, row in ipairs(rows) do
  if row.call == call then place = position end
  if row.whose == account and first == 0 then first = position end
end
local function leave() redis.call('ZREM', KEYS[2], call) redis.call('ZREM', KEYS[3], call) end
if not waits and most > 0 and counts[account] > most then
  leave()
  return {'full', turn + (first - 1) * every, first}
end
local wait = turn + (place - 1) * every
if wait > left then
  leave()
  return {'too long', wait, place}
end
if wait > 0 then
  redis.call('PEXPIRE', KEYS[2], served_for)
  redis.call('PEXPIRE', KEYS[3], served_for)
  return {'waiting', wait, place}
end
leave()
redis.call('SET', KEYS[1], call, 'PX', every)
redis.call('ZADD', KEYS[4], newest + 1, account)
redis.call('ZREMRANGEBYRANK', KEYS[4], 0, -1001)
redis.call('PEXPIRE', KEYS[4], served_for)
return {'taken', 0, 0}
"""


class LlmTurnsRedis:
    """Implements the port LlmTurns; `key` makes a name of this platform's."""

    def __init__(self, redis: Redis, *, key: Callable[..., str], keys: tuple[str, ...], every: timedelta) -> None:
        self._redis, self._key, self._keys, self._every = redis, key, keys, every
        self._places = [key("llm", name) for name in ("turn", "queue", "leases", "served")]

    async def take(self, *, account: str, within_s: float, most: int | None) -> None:
        """Wait for a turn: accounts are served in turn, an account's calls in the order of asking.

        Raise LlmAbsentError as soon as it is known that there is none in time, LlmQueueFullError at once. A turn is taken when it is used,
        so that no two calls are closer than they may be, and one that nobody waits for any more costs nobody else a turn.
        """
        if within_s <= 0:
            raise LlmAbsentError(LlmReason.TURN, OVER)
        if not self._every:
            return
        until = time.monotonic() + (min(within_s, self._every.total_seconds()) if account == PERIODIC else within_s)
        call = f"{new_id('call')}|{account}"
        try:
            wait_s = await self._look(call, account, left_s=until - time.monotonic(), most=most)
            while wait_s is not None:
                await asyncio.sleep(min(wait_s + A_LITTLE_S, LOOK_S))
                wait_s = await self._look(call, account, left_s=until - time.monotonic(), most=most)
        except RedisError as error:
            raise LlmAbsentError(LlmReason.TURN, AWAY) from error
        except asyncio.CancelledError:
            await asyncio.shield(self._leave(call))
            raise

    async def _look(self, call: str, account: str, *, left_s: float, most: int | None) -> float | None:
        """Return in how many seconds it is this call's turn, None when it has taken it. Raise LlmAbsentError or LlmQueueFullError."""
        numbers = [self._every.total_seconds() * 1000, GONE_S * 1000, max(left_s, 0.0) * 1000, most or 0, SERVED_S * 1000]
        looking: Any = self._redis.eval(
            LOOK, len(self._places), *self._places, call, account, *(str(int(each)) for each in numbers), PERIODIC
        )
        state, wait_ms, place = await looking
        match state.decode() if isinstance(state, bytes) else state:
            case "taken":
                return None
            case "waiting":
                return float(wait_ms) / 1000
            case "full":
                raise LlmQueueFullError(most=most or 0, position=int(place), wait_s=wait_ms / 1000)
        every, wait_s = self._every.total_seconds(), wait_ms / 1000
        message = f"Calls are {every:g} s apart, and others came first: this one would be number {place}, in {wait_s:.0f} s."
        raise LlmAbsentError(LlmReason.TURN, message)

    async def _leave(self, call: str) -> None:
        # Where Redis is away its lease ends.
        with contextlib.suppress(RedisError):
            await self._redis.zrem(self._places[1], call)
            await self._redis.zrem(self._places[2], call)

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
