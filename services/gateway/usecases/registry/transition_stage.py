"""Give a registered version a stage as MLflow does: what is there already stays, or is archived where that is wanted."""

from dataclasses import dataclass
from typing import Final

from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.version import Status
from services.gateway.usecases.registry.promote_version import PromoteVersion

# The stages of which others can be archived to make room.
SHARED: Final = frozenset({Status.STAGING})


@dataclass(frozen=True, slots=True)
class TransitionStage:
    """One version is in production at most: what was there goes to no stage, unless it is to be archived."""

    promote: PromoteVersion

    async def __call__(
        self, name: RegisteredName, number: int, status: Status, *, caller: Caller, comment: str, archive_existing: bool
    ) -> RegisteredName:
        """Return the name after the change. Twice is once. Raise what PromoteVersion raises."""
        displaced = Status.ARCHIVED if archive_existing else Status.REGISTERED
        after = await self.promote(name.name, number, status, caller=caller, comment=comment, displaced=displaced)
        if not archive_existing or status not in SHARED:
            return after
        why = f"Version {number} took its place."
        for each in [each.number for each in after.versions if each.status is status and each.number != number]:
            after = await self.promote(name.name, each, Status.ARCHIVED, caller=caller, comment=why)
        return after
