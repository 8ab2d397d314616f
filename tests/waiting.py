"""Waiting for a condition instead of sleeping for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def until(check: Callable[[], Awaitable[object]], *, what: str = "the condition", within: float = 180.0) -> None:
    """Return when `check` answers something true; fail with `what` when it does not in time."""
    deadline = time.monotonic() + within
    while not await check():
        assert time.monotonic() < deadline, f"{what} did not come true within {within:.0f} s"
        await asyncio.sleep(0.01)
