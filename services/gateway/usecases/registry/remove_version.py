"""Delete a registered version: its number, its words and its history; the model's own version stays its owner's, in no stage."""

from dataclasses import dataclass
from functools import partial

from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import RegisteredVersion, Status
from services.gateway.usecases.registry.change_name import change_name
from services.gateway.usecases.registry.move_version import MoveVersion


@dataclass(frozen=True, slots=True)
class RemoveVersion:
    """What is in production, or what an alias points to, is not deleted; a number that was deleted is never given again."""

    registry: Registry
    move: MoveVersion
    clock: Clock

    async def __call__(self, name: str, number: int, *, caller: Caller) -> RegisteredVersion:
        """Return the version that was deleted. Raise NameNotFoundError, RegisteredVersionNotFoundError or InUseError."""
        found = await self.registry.get(name, account_id=caller.account_id)
        found.removed(number, at=self.clock())  # Refused before anything is changed.
        if found.numbered(number).status is Status.STAGING:
            # Else its model would keep it for ever, as one that is relied on.
            found = await self.move(found, number, Status.REGISTERED)
        before, _ = await change_name(
            self.registry, name, partial(RegisteredName.removed, number=number, at=self.clock()), account_id=caller.account_id
        )
        return before.numbered(number)
