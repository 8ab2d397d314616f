"""Keep what a gate has refused: who wanted a version in production, when, and which rules it did not pass."""

from datetime import datetime
from typing import Final

from services.gateway.domain.registry.errors import ApprovalNeededError, PromotionRefusedError
from services.gateway.domain.registry.gate import Finding
from services.gateway.domain.registry.history import Note, Refusal
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import RegisteredVersion, Status

REFUSED: Final = (PromotionRefusedError, ApprovalNeededError)


async def keep_refusal(
    registry: Registry, name: RegisteredName, number: int, error: PromotionRefusedError | ApprovalNeededError, *, note: Note, at: datetime
) -> None:
    """Write down that a version was refused production; the caller then raises this error.

    Where the store is away, its outage is raised in its place: no refusal is answered that the history lacks, and whoever asks again is
    refused again.
    """
    was = name.numbered(number).status
    failing = _failing(error)
    await registry.refused(name, Refusal(number, at, was, Status.PRODUCTION, error.message, failing, note.by, note.comment))


async def keep_refused_registration(
    registry: Registry, name: RegisteredName, new: RegisteredVersion, error: PromotionRefusedError | ApprovalNeededError, *, by: str
) -> None:
    """Write down, as `keep_refusal` does, that a version was not registered, as it was to be in production at once.

    Its history has it once the version is registered under the name.
    """
    refusal = Refusal(
        number=None,
        at=new.created_at,
        was=None,
        wanted=Status.PRODUCTION,
        message=error.message,
        failing=_failing(error),
        by=by,
        model_id=new.model_id,
        model_version=new.model_version,
    )
    await registry.refused(name, refusal)


def _failing(error: PromotionRefusedError | ApprovalNeededError) -> tuple[Finding, ...]:
    return error.failing if isinstance(error, PromotionRefusedError) else ()
