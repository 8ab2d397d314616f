"""Attempts to log in, in Redis, by login and address; kept in this process alone while Redis is away."""

import hashlib
import math
import time
from collections.abc import Callable
from typing import Any, Final

from redis.asyncio import Redis

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from services.gateway.domain.accounts.ports import Attempt
from services.gateway.domain.accounts.sources import Source, address_source, network_of
from services.gateway.domain.errors import TooManyAttemptsError

WINDOW_S: Final = 900
# Many people share an address.
ADDRESS_FACTOR: Final = 10
# Many addresses may be one guesser's.
ANYWHERE_FACTOR: Final = 10
QUEUE_MOST: Final = 4
KNOWN_MOST: Final = 10_000
# The place in the queue of those who came too early, 0 when it is full. Each is held for one pause more than the one before.
TAKE_PLACE: Final = """
local place = redis.call('INCR', KEYS[1])
if place > tonumber(ARGV[1]) then
  redis.call('DECR', KEYS[1])
  return 0
end
redis.call('PEXPIRE', KEYS[1], place * tonumber(ARGV[2]))
return place
"""
# A counter that is not there stays away: made here it would have no end.
COUNT_DOWN: Final = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('DECR', KEYS[1]) end return 0"


class GuessesRedis:
    """Implements the port Guesses: beyond `free` attempts in 15 minutes each one more doubles the wait, from `wait_s` to 15 minutes."""

    def __init__(self, redis: Redis, *, key: Callable[..., str], free: int, pause_s: float, wait_s: float) -> None:
        self._redis = redis
        self._key = key
        self._free = free
        self._pause_s = pause_s
        self._wait_s = wait_s
        self._local: dict[str, tuple[float, int, float]] = {}
        self._queues: dict[str, tuple[float, int]] = {}

    async def attempt(self, login: str, *, address: str, queue: Source | None = None) -> Attempt:
        """Note an attempt before its password is looked at.

        One that comes too early waits its turn, behind others of its address or `queue`. Raise TooManyAttemptsError when many do already.
        """
        counted = (
            (self._pair(login, address), self._free),
            (self._address(address), self._free * ADDRESS_FACTOR),
            (self._anywhere(login), self._free * ANYWHERE_FACTOR),
        )
        for name, free in counted:
            if (early_s := await self._note(name, free=free)) > 0:
                place = await self._take_place(self._key("guesses", "queue", _hashed(login), (queue or address_source(address)).id))
                if place == 0:
                    raise TooManyAttemptsError(early_s)
                return Attempt(early_s=early_s, held_s=place * self._pause_s)
        return Attempt()

    async def succeeded(self, login: str, *, address: str) -> None:
        """Forget the attempts at this login from this address; of all others only this one, or one's own log-ins would hide guesses."""
        pair = self._pair(login, address)
        self._local.pop(pair, None)
        for name in (self._address(address), self._anywhere(login)):
            if name in self._local:
                ends, count, closed = self._local[name]
                self._local[name] = (ends, count - 1, closed)
        try:
            await self._redis.delete(pair, f"{pair}:wait")
            for name in (self._address(address), self._anywhere(login)):
                await self._redis.eval(COUNT_DOWN, 1, name)
        except Exception as error:
            if not is_passing(error):
                raise

    async def _note(self, name: str, *, free: int) -> int:
        """Count one attempt; return the seconds to wait instead, if one has to."""
        try:
            left = await self._redis.ttl(f"{name}:wait")
            if left > 0:
                return int(left)
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.incr(name)
                pipe.expire(name, WINDOW_S)
                count, _ = await pipe.execute()
            if count > free:
                # Set before the password is looked at: of many attempts at once only the first goes on.
                wait = wait_after(count - free, first_s=self._wait_s)
                first = await self._redis.set(f"{name}:wait", 1, ex=wait, nx=True)
                return 0 if first else wait
        except Exception as error:  # noqa: BLE001  # what is no outage is raised on
            self._note_outage(error)
            return self._note_locally(name, free=free)
        return 0

    async def _take_place(self, name: str) -> int:
        try:
            asked: Any = self._redis.eval(TAKE_PLACE, 1, name, str(QUEUE_MOST), str(math.ceil(self._pause_s * 1000)))
            return int(await asked)
        except Exception as error:  # noqa: BLE001  # what is no outage is raised on
            self._note_outage(error)
        now = time.monotonic()
        self._queues = {queue: kept for queue, kept in self._queues.items() if kept[0] > now}
        place = self._queues.get(name, (0.0, 0))[1] + 1
        if place > QUEUE_MOST:
            return 0
        self._queues[name] = (now + place * self._pause_s, place)
        return place

    @staticmethod
    def _note_outage(error: Exception) -> None:
        if not is_passing(error):
            raise error
        log().warning("failed logins are counted locally: the cache is away", error=type(error).__name__)

    def _note_locally(self, name: str, *, free: int) -> int:
        now = time.monotonic()
        if len(self._local) > KNOWN_MOST:
            self._local = {known: entry for known, entry in self._local.items() if entry[0] > now}
        ends, count, closed = self._local.get(name, (0.0, 0, 0.0))
        if closed > now:
            return int(closed - now) + 1
        count = count + 1 if ends > now else 1
        closed = now + wait_after(count - free, first_s=self._wait_s) if count > free else 0.0
        self._local[name] = (now + WINDOW_S, count, closed)
        return 0

    def _pair(self, login: str, address: str) -> str:
        return self._key("guesses", "login", _hashed(login), network_of(address))

    def _anywhere(self, login: str) -> str:
        return self._key("guesses", "login", _hashed(login))

    def _address(self, address: str) -> str:
        return self._key("guesses", "address", network_of(address))


def wait_after(beyond: int, *, first_s: float) -> int:
    """Return the seconds to wait after so many attempts beyond the free ones: the first wait, doubled with each one more."""
    return min(math.ceil(first_s * (1 << min(beyond - 1, 10))), WINDOW_S)


def _hashed(login: str) -> str:
    # Hashed: a password typed in the wrong field must not lie in the cache.
    return hashlib.sha256(login.casefold().encode()).hexdigest()[:32]
