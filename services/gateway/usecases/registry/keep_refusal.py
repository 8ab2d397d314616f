"""Keep what a gate has refused: who wanted a version in production, when, and which rules it did not pass."""

from datetime import datetime
from typing import Final

from services.gateway.domain.registry.errors import ApprovalNeededError, PromotionRefusedError
from services.gateway.domain.registry.history import Note, Refusal
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import Status

REFUSED: Final = (PromotionRefusedError, ApprovalNeededError)


async def keep_refusal(
    registry: Registry, name: RegisteredName, number: int, error: PromotionRefusedError | ApprovalNeededError, *, note: Note, at: datetime
) -> None:
    """Write down that a version was refused production; the caller then raises this error.

    Where the store is away, its outage is raised in its place: no refusal is answered that the history lacks, and whoever asks again is
    refused again.
    """
    failing = error.failing if isinstance(error, PromotionRefusedError) else ()
    was = name.numbered(number).status
    await registry.refused(name, Refusal(number, at, was, Status.PRODUCTION, error.message, failing, note.by, note.comment))
