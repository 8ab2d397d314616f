"""Notices that a job has changed, for whoever watches it live, whichever gateway he is connected to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Notice:
    """A job has changed. It says which, whose, and what never changes of it; what it is now is read where everybody reads it.

    `kind` may be one that only a newer release knows.
    """

    job_id: str
    account_id: str
    kind: str
    model_id: str | None = None


class Notices(Protocol):
    """Carries notices to every gateway. One may be lost, or come twice."""

    async def publish(self, notice: Notice) -> None:
        """Pass a notice on to every gateway that follows; never raises, as it is a convenience to who watches."""
        ...

    def follow(self) -> AsyncIterator[Notice]:
        """Return the notices from now on, without end; raises while the store is away."""
        ...
