"""Settling all that is due, some side by side: what a sweep does with what it finds."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final, Protocol, TypeVar

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.stores.set_aside import is_hopeless
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
    batch: Callable[[Collection[str]], Awaitable[list[T]]], settle: Callable[[T], Awaitable[object]], *, what: str, set_aside: SetAside[T]
) -> int:
    """Settle batch by batch, as long as there may be more; return how many were settled. `batch` leaves out the ids that it is given.

    What fails for what it holds is set aside; what is refused or held up by an outage makes way to what is due later, and comes again with
    the next sweep.
    """
    settled, stuck = 0, set[str]()
    while due := await batch(stuck):
        done = await _each(due, settle, what=what, set_aside=set_aside)
        settled += len(done)
        stuck.update({each.id for each in due} - done)
        if len(due) < BATCH:
            break
    return settled


async def _each(due: list[T], settle: Callable[[T], Awaitable[object]], *, what: str, set_aside: SetAside[T]) -> set[str]:
    """Settle all, some side by side; return which were. One that is stuck must not hold up the others, and is looked at by people."""
    turns, settled = asyncio.Semaphore(SIDE_BY_SIDE), set[str]()

    async def one(thing: T) -> None:
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
                    settled.add(thing.id)

    await asyncio.gather(*map(one, due))
    return settled
