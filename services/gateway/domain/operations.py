"""What operators look after: messages that were set aside, and the health of every process."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from libs.chassis.bus.dead_letters import DeadLetter
from libs.chassis.liveness.samples import Sample
from libs.chassis.stores.parts import Page, Part


class Letters(Protocol):
    """Messages that could not be handled and were neither sent again nor dropped."""

    async def page(self, part: Part, *, topic: str | None) -> Page[DeadLetter]:
        """Return a part of the letters, the newest first."""

    async def count(self) -> int:
        """Return how many there are."""

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


class ReadSamples(Protocol):
    """Reads what every process of the fleet has measured of itself within the last half minute."""

    async def __call__(self, *, names: Collection[str]) -> Sequence[Sample]:
        """Return the samples of these names. Raise UnavailableError."""
