"""What every gateway tells its sockets: a message, written once, and who is to have it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message as it is sent. `id` is that of the fact it tells of: the same fact twice is told once.

    `symbol` is what it is about, None where it is about none; `event` names an account's event. With `account_id` it is for that account
    alone, with `admins` for those who may administer; with neither for everybody.
    """

    id: str
    type: str
    text: str
    symbol: str | None = None
    account_id: str | None = None
    admins: bool = False
    event: str | None = None


class Broadcasts(Protocol):
    """Carries messages to every gateway. One may be lost, or come twice."""

    async def publish(self, broadcast: Broadcast) -> None:
        """Pass a message on to every gateway that follows; never raises: what must not be missed is stored, and read where it is."""
        ...

    def follow(self) -> AsyncIterator[Broadcast]:
        """Return the messages from now on, without end; raises while the store is away."""
        ...
