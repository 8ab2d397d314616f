"""Promote, roll back, and let an admin decide: what goes into production under a name."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.registry.errors import (
    ApprovalNeededError,
    CannotServeError,
    NothingToRollBackError,
    NotPendingError,
    PromotionRefusedError,
)
from services.gateway.domain.registry.history import Note
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import Decision, Status
from services.gateway.usecases.registry.change_name import change_name
from services.gateway.usecases.registry.follow_stages import check_gate, check_promotion
from services.gateway.usecases.registry.keep_refusal import keep_refusal
from services.gateway.usecases.registry.move_version import MoveVersion

# An owner reads that one has agreed, and not which.
AN_ADMIN: Final = "admin"


@dataclass(frozen=True, slots=True)
class PromoteVersion:
    """Only production has a gate; where an admin has to agree, the wish is written down, and nothing serves yet."""

    registry: Registry
    move: MoveVersion
    clock: Clock

    async def __call__(
        self, name: str, number: int, status: Status, *, caller: Caller, comment: str = "", displaced: Status = Status.ARCHIVED
    ) -> RegisteredName:
        """Return the name after the change; the version's `approval` is pending where an admin has to agree first. Twice is once.

        `displaced` is where what was in production goes.

        Raise NameNotFoundError, RegisteredVersionNotFoundError, PromotionRefusedError, or what `MoveVersion` raises.
        """
        found = await self.registry.get(name, account_id=caller.account_id)
        version = found.numbered(number)
        if status is Status.PRODUCTION and version.status is not Status.PRODUCTION:
            try:
                check_promotion(found, version, agreed=Scope.ADMIN in caller.scopes)
            except ApprovalNeededError:
                asked = partial(RegisteredName.asked, number=number, at=self.clock())
                _, waiting = await change_name(self.registry, name, asked, account_id=caller.account_id)
                return waiting
            except PromotionRefusedError as error:
                note = Note(caller.username, comment)
                await keep_refusal(self.registry, found, number, error, note=note, at=self.clock())
                raise
        move = partial(_moved, number=number, status=status, note=Note(caller.username, comment), displaced=displaced)
        return await self.move(found, number, status, move=move, displaced=displaced)


def _moved(name: RegisteredName, at: datetime, *, number: int, status: Status, note: Note, displaced: Status) -> RegisteredName:
    """Return the name with a version in a status; whoever wants it elsewhere than in production no longer waits for an admin."""
    return name.moved(number, status, at=at, note=note, displaced=displaced).withdrawn(number, at=at)


@dataclass(frozen=True, slots=True)
class RollBack:
    """What was in production before serves again, without a gate: it had passed one."""

    registry: Registry
    move: MoveVersion

    async def __call__(self, name: str, *, caller: Caller) -> RegisteredName:
        """Return the name with its previous version in production. Raise NameNotFoundError, NothingToRollBackError, or as `MoveVersion`."""
        found = await self.registry.get(name, account_id=caller.account_id)
        for earlier in found.before():
            with suppress(CannotServeError):  # It is gone: the one before it, then.
                back = partial(_back, to=earlier.number, note=Note(caller.username, "Rolled back."))
                return await self.move(found, earlier.number, Status.PRODUCTION, move=back)
        raise NothingToRollBackError(name)


def _back(name: RegisteredName, at: datetime, *, to: int, note: Note) -> RegisteredName:
    return name.rolled_back(to, at=at, note=note) if to in name.turns else name


@dataclass(frozen=True, slots=True)
class DecidePromotion:
    """An admin agrees, or not; the gate is asked again, as another version may be in production by now."""

    registry: Registry
    move: MoveVersion
    clock: Clock

    async def approve(self, account_id: str, name: str, number: int, *, note: str) -> RegisteredName:
        """Return the name with the version in production.

        Raise NameNotFoundError, RegisteredVersionNotFoundError, NotPendingError, PromotionRefusedError, or as `MoveVersion`.
        """
        found = await self.registry.get(name, account_id=account_id)
        version = found.numbered(number)
        if not version.is_pending:
            raise NotPendingError(name, number)
        try:
            check_gate(found, version)
        except PromotionRefusedError as error:
            await keep_refusal(self.registry, found, number, error, note=Note(AN_ADMIN, note), at=self.clock())
            raise
        return await self.move(found, number, Status.PRODUCTION, move=partial(_approved, number=number, note=note))

    async def decline(self, account_id: str, name: str, number: int, *, note: str) -> RegisteredName:
        """Return the name with the wish turned down. Raise NameNotFoundError, RegisteredVersionNotFoundError or NotPendingError."""
        declined = partial(RegisteredName.decided, number=number, decision=Decision.DECLINED, note=note, at=self.clock())
        _, after = await change_name(self.registry, name, declined, account_id=account_id)
        return after


def _approved(name: RegisteredName, at: datetime, *, number: int, note: str) -> RegisteredName:
    decided = name.decided(number, Decision.APPROVED, note=note, at=at)
    return decided.moved(number, Status.PRODUCTION, at=at, note=Note(AN_ADMIN, note))
