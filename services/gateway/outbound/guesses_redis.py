"""Failed logins in Redis, by account and address; kept in this process alone while Redis is away."""

import hashlib
import time
from collections.abc import Callable
from typing import Final

from redis.asyncio import Redis

from libs.chassis.logs import log
from libs.chassis.outages import is_passing
from services.gateway.domain.account import Account
from services.gateway.domain.errors import TooManyRequestsError

WINDOW_S: Final = 900
# Many people share an address.
ADDRESS_FACTOR: Final = 10
KNOWN_MOST: Final = 10_000


class GuessesRedis:
    """Implements the port Guesses: beyond `free` attempts in 15 minutes each one more doubles the wait, from 1 s to 15 minutes."""

    def __init__(self, redis: Redis, *, key: Callable[..., str], free: int) -> None:
        self._redis = redis
        self._key = key
        self._free = free
        self._local: dict[str, tuple[float, int, float]] = {}

    async def attempt(self, account: Account | None, *, login: str, address: str) -> None:
        """Note an attempt before its password is looked at; without an account, at what was typed as `login`.

        Raise TooManyRequestsError while it has to wait.
        """
        # An account has several spellings: its name and its email in any case. All of them are guesses at the one password.
        guessed = self._account(account) if account else self._login(login)
        for name, free in ((guessed, self._free), (self._address(address), self._free * ADDRESS_FACTOR)):
            wait = await self._note(name, free=free)
            if wait > 0:
                msg = f"Too many failed attempts; try again in {wait} s."
                raise TooManyRequestsError(msg, retry_after_s=wait)

    async def succeeded(self, account: Account, *, address: str) -> None:
        """Forget the attempts at the account; of the address's only this one, or one account of one's own would hide guesses at others."""
        guessed = self._account(account)
        self._local.pop(guessed, None)
        try:
            await self._redis.delete(guessed, f"{guessed}:wait")
            await self._redis.decr(self._address(address))
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
                first = await self._redis.set(f"{name}:wait", 1, ex=wait_after(count - free), nx=True)
                return 0 if first else wait_after(count - free)
        except Exception as error:
            if not is_passing(error):
                raise
            log().warning("failed logins are counted locally: the cache is away", error=type(error).__name__)
            return self._note_locally(name, free=free)
        return 0

    def _note_locally(self, name: str, *, free: int) -> int:
        now = time.monotonic()
        if len(self._local) > KNOWN_MOST:
            self._local = {known: entry for known, entry in self._local.items() if entry[0] > now}
        ends, count, closed = self._local.get(name, (0.0, 0, 0.0))
        if closed > now:
            return int(closed - now) + 1
        count = count + 1 if ends > now else 1
        self._local[name] = (now + WINDOW_S, count, now + wait_after(count - free) if count > free else 0.0)
        return 0

    def _account(self, account: Account) -> str:
        return self._key("guesses", "account", account.id)

    def _login(self, login: str) -> str:
        # Hashed: a password typed in the wrong field must not lie in the cache.
        return self._key("guesses", "login", hashlib.sha256(login.casefold().encode()).hexdigest()[:32])

    def _address(self, address: str) -> str:
        return self._key("guesses", "address", address)


def wait_after(too_many: int) -> int:
    """Return the seconds to wait after so many attempts too many."""
    return min(1 << min(too_many - 1, 10), WINDOW_S)
