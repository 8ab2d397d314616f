"""Stories that are about the month in which they are told."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.contracts.envelope import now

T = TypeVar("T")


async def within_a_month(story: Callable[[], Awaitable[T]]) -> T:
    """Return what a story comes to; told again, with users of its own, where a month (UTC) began meanwhile."""
    while True:
        began = now()
        found = await story()
        ended = now()
        if (began.year, began.month) == (ended.year, ended.month):
            return found
