"""Notices that a thing has changed, for whoever watches it live, whichever gateway he is connected to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """A thing has changed. It says which, and nothing of what it is now: that is read where everybody reads it."""

    kind: Literal["job"]
    id: str


class Notices(Protocol):
    """Carries notices to every gateway. One may be lost, or come twice."""

    async def publish(self, notice: Notice) -> None:
        """Pass a notice on to every gateway that follows; never raises, as it is a convenience to who watches."""
        ...

    def follow(self) -> AsyncIterator[Notice]:
        """Return the notices from now on, without end; raises while the store is away."""
        ...
