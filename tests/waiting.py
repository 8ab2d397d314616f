"""Waiting for a condition instead of sleeping for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator


async def until(check: Callable[[], Awaitable[object]], *, what: str = "the condition", within: float = 180.0) -> None:
    """Return when `check` answers something true; fail with `what` when it does not in time."""
    deadline, pauses = time.monotonic() + within, growing_pauses()
    while not await check():
        assert time.monotonic() < deadline, f"{what} did not come true within {within:.0f} s"
        await asyncio.sleep(next(pauses))


def growing_pauses() -> Iterator[float]:
    """Yield seconds between two looks: whoever waits for long looks less often, as each look is a request to somebody who is busy."""
    pause = 0.01
    while True:
        yield pause
        pause = min(pause * 1.2, 0.05)
