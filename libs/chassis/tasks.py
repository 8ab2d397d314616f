"""Tasks beside each other: begun together, ended together, and none of them outlives who began it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

# In Python 3.11 `asyncio.wait_for` swallows a cancellation that comes together with the result (gh-86296), and Redis's client
# waits with it for every command it sends: who cancels once may wait for ever.
CANCEL_AGAIN_S: Final = 0.5


async def cancelled(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are over; what they raise is theirs to be asked for."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=CANCEL_AGAIN_S)


async def end(task: asyncio.Task[None], *, within: float) -> None:
    """Give a task that was asked to stop some time to do so; then cancel it."""
    await asyncio.wait([task], timeout=within)
    await cancelled(task)


@asynccontextmanager
async def beside(*parts: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run parts beside a block until it ends, then cancel them; what a part raises ends the block and is raised in a group."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        try:
            yield
        finally:
            await cancelled(*tasks)


async def side_by_side(*parts: Coroutine[Any, Any, None]) -> None:
    """Run parts until the first of them ends, end the others, and raise what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancelled(*tasks)
    for task in done:
        task.result()


async def first_of(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waiting:
            wait.cancel()
