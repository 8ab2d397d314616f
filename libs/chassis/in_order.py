"""Several slow sources read side by side, their items in the order of the sources."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, TypeVar

from libs.chassis.tasks import cancelled

T = TypeVar("T")
# So many items of a source wait for its turn: who reads slowly is not overrun.
AHEAD: Final = 2


async def in_order(sources: Sequence[Callable[[], AsyncIterator[T]]], *, at_once: int) -> AsyncGenerator[T, None]:
    """Yield all of the first source, then all of the second, and so on, while up to `at_once` of them run; raise what a source raises.

    Whoever stops early closes it (`contextlib.aclosing`), and with it the sources that run.
    """
    left = iter(sources)
    running = deque(_begin(source) for source in islice(left, at_once))
    try:
        while running:
            async for item in _items(running[0].queue):
                yield item
            running.popleft()
            running.extend(_begin(source) for source in islice(left, 1))
    finally:
        await cancelled(*(each.task for each in running))


@dataclass(frozen=True, slots=True)
class _End:
    """A source has no more."""

    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class _Running(Generic[T]):
    queue: "asyncio.Queue[T | _End]"
    task: asyncio.Task[None]


def _begin(source: Callable[[], AsyncIterator[T]]) -> _Running[T]:
    queue: asyncio.Queue[T | _End] = asyncio.Queue(AHEAD)
    return _Running(queue, asyncio.create_task(_pump(source, queue)))


async def _pump(source: Callable[[], AsyncIterator[T]], queue: "asyncio.Queue[T | _End]") -> None:
    try:
        async for item in source():
            await queue.put(item)
    except Exception as error:  # noqa: BLE001  # raised again where the items are read
        await queue.put(_End(error))
    else:
        await queue.put(_End())


async def _items(queue: "asyncio.Queue[T | _End]") -> AsyncIterator[T]:
    while not isinstance(item := await queue.get(), _End):
        yield item
    if item.error is not None:
        raise item.error
