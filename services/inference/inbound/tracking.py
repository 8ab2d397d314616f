"""What time makes inference do: analyse the tracked symbols; any number of replicas may look at once."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from libs.chassis.liveness.keep_going import keep_going
from libs.chassis.tasks import end

LOOK_EVERY_S: Final = 2.0
STOP_WITHIN_S: Final = 5.0


@asynccontextmanager
async def track_when_due(see_to_one: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
    """Look for turns in the background, one after the other. A turn that is cut off is taken again when its lease is over."""
    stopping = asyncio.Event()

    async def look() -> None:
        while not stopping.is_set():
            await see_to_one()
            with contextlib.suppress(TimeoutError):
                # Replicas should not look in step.
                async with asyncio.timeout(LOOK_EVERY_S * random.uniform(0.5, 1.5)):  # noqa: S311  # as said above
                    await stopping.wait()

    going = asyncio.create_task(keep_going(look, what="the periodic analysis", stopping=stopping))
    try:
        yield
    finally:
        stopping.set()
        await end(going, within=STOP_WITHIN_S)
