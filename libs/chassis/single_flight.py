"""One run for all who ask for the same thing at the same time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Keeps a crowd from asking a store the same question side by side."""

    def __init__(self, *, ends_unread: bool = False) -> None:
        self._flying: dict[object, asyncio.Task[T]] = {}
        self._readers: Counter[asyncio.Task[T]] = Counter()
        self._ends_unread = ends_unread

    async def __call__(self, key: object, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return what `work` returns, run once for all callers of this key until it ends; raise what it raises.

        It goes on when a caller is cancelled: others may wait for it. With `ends_unread` it ends when the last one is.
        """
        task = self.begin(key, work)
        self._readers[task] += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._readers[task] -= 1
            if not self._readers[task]:
                del self._readers[task]
                if self._ends_unread and not task.done():
                    # Whoever comes now begins anew: this one is ending.
                    self._flying.pop(key, None)
                    task.cancel()

    def begin(self, key: object, work: Callable[[], Coroutine[Any, Any, T]]) -> "asyncio.Task[T]":
        """Start `work` unless it runs already, and return it. Nobody has to wait for it."""
        task = self._flying.get(key)
        if task is None:
            task = self._flying[key] = asyncio.create_task(work())
            task.add_done_callback(partial(self._landed, key))
        return task

    def _landed(self, key: object, task: "asyncio.Task[T]") -> None:
        if self._flying.get(key) is task:
            del self._flying[key]
        if not task.cancelled():
            task.exception()  # Looked at, as perhaps nobody waited: else asyncio complains.
