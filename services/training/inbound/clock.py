"""What time makes the service do: take up jobs as soon as there are some, keep leases, sweep up after others."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from libs.chassis.errors import UnavailableError
from libs.chassis.logs import log
from libs.chassis.tasks import beside

TAKE_UP_EVERY_S: Final = 1.0
LEASES_PER_TERM: Final = 4
REAP_EVERY_S: Final = 10.0
FORGET_EVERY_S: Final = 600.0
MIRROR_EVERY_S: Final = 1.0
AFTER_ERROR_S: Final = 1.0


class Clock:
    """Runs the service's loops. `wake` makes jobs be taken up at once; leases are renewed and looked at several times a term."""

    def __init__(self, *, lease: timedelta) -> None:
        self._leases_every_s = lease.total_seconds() / LEASES_PER_TERM
        self._wake = asyncio.Event()
        # A job that is being taken up is not yet looked after, and must not be taken for an abandoned one.
        self._claims = asyncio.Lock()

    def wake(self) -> None:
        """Take up jobs now: one has come, or a runner has become free."""
        self._wake.set()

    @asynccontextmanager
    async def running(
        self,
        *,
        take_up_jobs: Callable[[], Awaitable[None]],
        adopt_jobs: Callable[[], Awaitable[None]],
        keep_leases: Callable[[], Awaitable[None]],
        reap_runners: Callable[[], Awaitable[None]],
        forget_checkpoints: Callable[[], Awaitable[None]],
        mirror_jobs: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncIterator[None]:
        """Do all of it, again and again, until the context ends."""

        async def take_up() -> None:
            self._wake.clear()
            async with self._claims:
                await take_up_jobs()

        async def adopt() -> None:
            async with self._claims:
                await adopt_jobs()

        mirroring = [_again(mirror_jobs, every_s=MIRROR_EVERY_S)] if mirror_jobs else []
        async with beside(
            *mirroring,
            _again(adopt, every_s=self._leases_every_s),
            _again(take_up, every_s=TAKE_UP_EVERY_S, wake=self._wake),
            _again(keep_leases, every_s=self._leases_every_s),
            _again(reap_runners, every_s=REAP_EVERY_S),
            _again(forget_checkpoints, every_s=FORGET_EVERY_S),
        ):
            yield


async def _again(work: Callable[[], Awaitable[None]], *, every_s: float, wake: asyncio.Event | None = None) -> None:
    pause = wake or asyncio.Event()
    told = ""
    while True:
        wait = every_s * random.uniform(0.8, 1.2)  # noqa: S311 - instances should not act in step
        try:
            await work()
        except UnavailableError as error:
            wait = AFTER_ERROR_S
            if error.message != told:  # An outage is told of once, not every second.
                log().info("put off", error=error.message)
            told = error.message
        except Exception:  # noqa: BLE001 - a loop that ended would leave jobs lying; the error is told here
            log().exception("a loop of the service failed and goes on")
            wait = AFTER_ERROR_S
        else:
            told = ""
        # Not wait_for: in Python 3.11 it can swallow the cancellation that ends this loop.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await pause.wait()
