"""Settling all that is due, some side by side: what a sweep does with what it finds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from libs.chassis.logs import log
from libs.chassis.outages import is_passing
from libs.chassis.set_aside import is_hopeless
from services.marketplace.domain.errors import BooksChangedError

BATCH: Final = 100
SIDE_BY_SIDE: Final = 8


class Due(Protocol):
    """What can be settled."""

    @property
    def id(self) -> str:
        """How it is named in the log."""


T = TypeVar("T", bound=Due)


SetAside = Callable[[T, Exception], Awaitable[None]]


async def settle_all(
    batch: Callable[[], Awaitable[list[T]]], settle: Callable[[T], Awaitable[object]], *, what: str, set_aside: SetAside[T]
) -> int:
    """Settle batch by batch, as long as there may be more and something comes of it; return how many were settled.

    What fails for what it holds is set aside; what is refused or held up by an outage comes again with the next sweep.
    """
    settled = 0
    while due := await batch():
        done = await _each(due, settle, what=what, set_aside=set_aside)
        settled += done
        if not done or len(due) < BATCH:
            break
    return settled


async def _each(due: list[T], settle: Callable[[T], Awaitable[object]], *, what: str, set_aside: SetAside[T]) -> int:
    """Settle all, some side by side; return how many were. One that is stuck must not hold up the others, and is looked at by people."""
    turns, settled = asyncio.Semaphore(SIDE_BY_SIDE), 0

    async def one(thing: T) -> None:
        nonlocal settled
        async with turns:
            with suppress(BooksChangedError):  # Another process settles it.
                try:
                    await settle(thing)
                except BooksChangedError:
                    raise
                except Exception as error:  # noqa: BLE001  # see above
                    if is_hopeless(error):
                        await set_aside(thing, error)
                    elif not is_passing(error):
                        log().exception(f"{what} cannot go on", id=thing.id)
                    else:
                        log().info(f"{what} waits", id=thing.id, error=type(error).__name__)
                else:
                    settled += 1

    await asyncio.gather(*map(one, due))
    return settled
