"""How one event is delivered to its handler: tried, tried again with pauses, and set aside when that does not help.

A message that cannot succeed (malformed, refused by the domain) is set aside at once. What is passing (a store is away) is
tried again in place, so that a key's later messages do not overtake it, for a bounded time.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from libs.chassis.bus.meters import EVENT_FAILURES
from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.liveness.outages import as_platform_error, is_passing
from libs.chassis.logs import log
from libs.contracts.envelope import Event

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Policy:
    """Pauses double from the first to the longest, each shortened at random (full jitter).

    `tries` bounds attempts at an unexpected error, `passing_s` the seconds spent on a refusal that may pass: far longer than the
    90 s for which MongoDB may keep a transaction whose client lost its connection. What a server that is away leaves undone is no
    fault of the message: `away_s` is long enough for people to bring it back. `handler_s` is how long one attempt may take.
    """

    first_pause_s: float = 0.2
    longest_pause_s: float = 15.0
    tries: int = 5
    passing_s: float = 600.0
    away_s: float = 24 * 3600.0
    handler_s: float = 300.0

    def pause(self, attempt: int) -> float:
        """Return how long to wait after this attempt (the first is 1)."""
        longest: float = min(self.longest_pause_s, self.first_pause_s * 2 ** min(attempt - 1, 20))
        return longest * random.uniform(0.1, 1.0)  # noqa: S311  # spreads attempts, keeps no secret

    def gives_up(self, error: Exception, *, attempt: int, spent_s: float, crowded: bool = False) -> bool:
        """Return whether another attempt is pointless or too much.

        When it is `crowded`, what waits for another event makes way for others after as many attempts as at an unexpected error.
        """
        if as_platform_error(error):
            return spent_s >= self.away_s
        if is_passing(error):
            return spent_s >= self.passing_s or (crowded and attempt >= self.tries)
        return isinstance(error, PlatformError | ValidationError) or attempt >= self.tries


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was set aside."""

    type: str
    message: str
    code: str
    attempts: int


class HandlerTimeoutError(PlatformError, kind=ErrorKind.TIMEOUT, worth_retrying=True):
    """A handler took longer than it may, and was ended."""


def limited(handler: Callable[[Any], Awaitable[None]], *, within_s: float) -> Callable[[Any], Awaitable[None]]:
    """Return a handler that is ended after so long, with HandlerTimeoutError: nothing that hangs holds up its key for ever."""

    async def handle(event: Any) -> None:
        try:
            async with asyncio.timeout(within_s) as limit:
                await handler(event)
        except TimeoutError as error:
            if not limit.expired():
                raise  # A timeout of the handler's own: a server is away.
            msg = f"The handler has not ended within {within_s:g} s"
            raise HandlerTimeoutError(msg) from error

    return handle


class Delivery(Generic[M]):
    """Delivers events to handlers; `set_aside` keeps what could not be handled and may raise when it cannot.

    While `halted` is set nothing new is begun: the process stops, or its partitions move to another. `crowded` is asked after each failure
    whether what waits for another attempt takes others' room, and this message is among those that have to make way.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        set_aside: Callable[[M, Failure], Awaitable[None]],
        halted: asyncio.Event | None = None,
        crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        self._policy, self._set_aside, self._crowded = policy, set_aside, crowded
        self._halted = halted or asyncio.Event()

    async def deliver(self, message: M, *, body: bytes, event: type[Event], handler: Callable[[Any], Awaitable[None]]) -> bool:
        """Return True when the event is handled or set aside, False when it was left to whoever comes next."""
        began, attempt = time.monotonic(), 0
        while not self._halted.is_set():
            attempt += 1
            try:
                await handler(event.model_validate_json(body))
            except Exception as error:  # noqa: BLE001  # whatever it is, the message is tried again or kept, and logged
                EVENT_FAILURES.labels(event.topic).inc()
                if self._policy.gives_up(error, attempt=attempt, spent_s=time.monotonic() - began, crowded=self._crowded()):
                    log().error("message set aside", topic=event.topic, error=_text(error), attempts=attempt, exc_info=not _refused(error))
                    return await self._keep(message, Failure(type(error).__name__, _text(error), getattr(error, "code", ""), attempt))
                log().warning("message is tried again", topic=event.topic, error=_text(error), attempt=attempt)
            else:
                return True
            await self._pause(attempt)
        return False

    async def _keep(self, message: M, failure: Failure) -> bool:
        """Set a message aside however long that takes: until then nothing that follows it is acknowledged."""
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._set_aside(message, failure)
            except Exception as error:  # noqa: BLE001  # the message must not be lost: logged, and tried again
                log().warning("a message cannot be set aside yet", error=_text(error), attempt=attempt)
            else:
                return True
            if self._halted.is_set():
                return False
            await self._pause(attempt)

    async def _pause(self, attempt: int) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._halted.wait(), self._policy.pause(attempt))


def _refused(error: Exception) -> bool:
    return isinstance(error, PlatformError | ValidationError)


def _text(error: Exception) -> str:
    if isinstance(error, ValidationError):
        # Without the input: it may hold what must not be in a log.
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False, include_url=False))[:1000]
    return f"{type(error).__name__}: {error}"[:1000]
