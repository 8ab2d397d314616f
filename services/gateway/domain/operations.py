"""What operators look after: messages that were set aside, and the health of every process."""

from collections.abc import Sequence
from typing import Any, Protocol

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.stores.parts import Page, Part


class Letters(Protocol):
    """Messages that could not be handled and were neither sent again nor dropped."""

    async def page(self, part: Part, *, topic: str | None) -> Page[DeadLetter]:
        """Return a part of the letters, the newest first."""

    async def get(self, letter_id: str) -> DeadLetter:
        """Return a letter. Raise NotFoundError."""

    async def deal_with(self, letter_id: str, *, how: str) -> None:
        """Note that a letter was replayed or dropped, and by whom."""


class Replays(Protocol):
    """Sends letters again."""

    async def replay(self, letter: DeadLetter) -> None:
        """Send a letter to its topic again, as it was. Raise UnavailableError when the broker is away."""


class Fleet(Protocol):
    """The health of every process, as monitoring told it last."""

    async def all(self) -> Sequence[dict[str, Any]]:
        """Return every instance, by name."""
