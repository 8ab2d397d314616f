"""What a training and its workers say to each other: tasks go to all workers, letters come back from the first of them."""

import asyncio
from typing import Any, Final, Literal

HOLD_S: Final = 1.0
Letter = tuple[Literal["epoch", "state", "words", "fitted", "refused", "cpu"], Any]


class Mailbox:
    """An actor without a CPU of its own. A task is a list of one reference, for Ray resolves bare ones on the way; None ends the work."""

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        self._tasks: list[list[Any] | None] = []
        self._written, self._assigned = asyncio.Event(), asyncio.Event()

    async def assign(self, task: list[Any] | None) -> None:
        """Give all workers another task."""
        self._tasks.append(task)
        self._assigned.set()

    async def task(self, number: int) -> list[Any] | None:
        """Return the task of this number (from 0 on) when it is there."""
        while len(self._tasks) <= number:
            self._assigned.clear()
            await self._assigned.wait()
        return self._tasks[number]

    async def put(self, letter: Letter) -> None:
        """Take a letter."""
        self._letters.append(letter)
        self._written.set()

    async def take(self) -> list[Letter]:
        """Give all letters away; waits a moment for one."""
        try:
            async with asyncio.timeout(HOLD_S):
                await self._written.wait()
        except TimeoutError:
            return []
        self._written.clear()
        letters, self._letters = self._letters, []
        return letters
