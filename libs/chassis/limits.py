"""Rate limits counted in this process and settled with Redis behind, so that no request waits for Redis."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis

from libs.chassis.liveness.failures import report_failure
from libs.chassis.logs import log
from libs.chassis.tasks import beside

HOUR_S: Final = 3600
SETTLE_EVERY_S: Final = 0.1
AWAY_WAIT_S: Final = 1.0
# With so little of a limit left (a share of it, at most so many), what other processes counted is asked for at once.
CLOSE: Final = 0.1
CLOSE_AT_MOST: Final = 50
BATCH: Final = 500
SWEEP_EVERY_S: Final = 60.0


@dataclass(slots=True)  # not frozen: one is made for each request, and a frozen one takes three times as long
class Verdict:
    """Whether a request may go on, and what its `X-RateLimit-*` and `Retry-After` headers say (whole seconds, rounded up)."""

    allowed: bool
    limit: int
    remaining: int
    reset_s: int
    retry_after_s: int | None


@dataclass(slots=True)
class _Window:
    """One key's window, which begins with its first request anywhere in the fleet."""

    ends: float
    lasts_s: int = HOUR_S
    settled: int = 0
    unsettled: int = 0
    known: bool = False


class RateLimits:
    """Limits of so many requests in a window by key, shared by the fleet through Redis.

    Several processes may together let a few requests more through than the limit, as many as arrive within one settling
    (0.1 s; at once when a key is new or little is left). While Redis is away each process counts for itself and adds what
    it counted when Redis is back. Without `running()` the process counts for itself, always.
    """

    def __init__(self, redis: Redis, namespace: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._prefix = f"{namespace}:limit:" if namespace else "limit:"
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._dirty: set[str] = set()
        self._hurry = asyncio.Event()
        self._swept = clock()
        self._away = False

    def check(self, key: str, *, most: int, window_s: int = HOUR_S) -> Verdict:
        """Count one request under `key` and say whether it is within `most` in `window_s` seconds; does no I/O.

        A refused one is not counted. A key always has the same window.
        """
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = _Window(ends=now + window_s, lasts_s=window_s)
        used = window.settled + window.unsettled
        reset_s = max(1, math.ceil(window.ends - now))
        if used >= most:
            return Verdict(allowed=False, limit=most, remaining=0, reset_s=reset_s, retry_after_s=reset_s)
        window.unsettled += 1
        self._dirty.add(key)
        remaining = most - used - 1
        if not window.known or remaining <= min(most * CLOSE, CLOSE_AT_MOST):
            self._hurry.set()
        return Verdict(allowed=True, limit=most, remaining=remaining, reset_s=reset_s, retry_after_s=None)

    def give_back(self, key: str) -> None:
        """Uncount one request that was let through and came to nothing; does no I/O."""
        window = self._windows.get(key)
        if window is not None and window.ends > self._clock():
            window.unsettled -= 1
            self._dirty.add(key)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Settle with Redis in the background, and once more at the end."""
        async with beside(self._keep_settling()):
            yield
        await self._settle_if_it_answers()

    async def _keep_settling(self) -> None:
        while True:
            wait = SETTLE_EVERY_S if await self._settle_if_it_answers() else AWAY_WAIT_S
            self._sweep()
            if self._away:
                await asyncio.sleep(wait)
                continue
            try:
                async with asyncio.timeout(wait):
                    await self._hurry.wait()
            except TimeoutError:
                continue

    async def _settle_if_it_answers(self) -> bool:
        try:
            await self.settle()
        except Exception as error:  # noqa: BLE001  # until the cache takes them, limits are counted here
            report_failure(error, work="sharing rate limits", reported=self._away)
            self._away = True
            return False
        if self._away:
            log().info("rate limits are shared again")
        self._away = False
        return True

    async def settle(self) -> None:
        """Add what was counted here to Redis and learn what was counted elsewhere. Raises when Redis is away; nothing is lost then."""
        self._hurry.clear()
        dirty, self._dirty = list(self._dirty), set()
        for first in range(0, len(dirty), BATCH):
            keys = dirty[first : first + BATCH]
            try:
                await self._settle_some({key: self._windows[key] for key in keys})
            except BaseException:
                self._dirty.update(dirty[first:])
                raise

    async def _settle_some(self, windows: dict[str, _Window]) -> None:
        reported = {key: window.unsettled for key, window in windows.items()}
        async with self._redis.pipeline(transaction=False) as pipe:
            for key, amount in reported.items():
                pipe.incrby(self._prefix + key, amount)
                # The window runs from the first request: later ones do not move its end.
                pipe.expire(self._prefix + key, windows[key].lasts_s, nx=True)
                pipe.pttl(self._prefix + key)
            answers = await pipe.execute()
        for number, (key, window) in enumerate(windows.items()):
            total, _, left_ms = answers[3 * number : 3 * number + 3]
            # Requests that came while Redis was asked are still to be added: they made the key dirty again.
            window.unsettled -= reported[key]
            window.settled = int(total)
            window.ends = self._clock() + max(int(left_ms), 0) / 1000
            window.known = True

    def _sweep(self) -> None:
        """Forget the keys whose window is over."""
        now = self._clock()
        if now - self._swept < SWEEP_EVERY_S:
            return
        self._swept = now
        for key in [key for key, window in self._windows.items() if window.ends <= now]:
            del self._windows[key]
            self._dirty.discard(key)
