"""Who is notified of an event hears of it once the gateway's own views have followed it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from libs.chassis.bus.handlers import OnEvent
from libs.contracts.envelope import Event

E = TypeVar("E", bound=Event)
Notify = Callable[[Event], Awaitable[None]]


def then(notify: OnEvent[E], follow: OnEvent[E]) -> OnEvent[E]:
    """Return a handler that follows an event and then tells it."""

    async def both(event: E) -> None:
        # In this order: whoever is told by a webhook that a job has ended, and asks, sees it ended.
        await follow(event)
        await notify(event)

    return both
