"""How a name is changed: read, changed, written with the event that tells of it; made again where another change was faster."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from libs.contracts.registry import RegisteredVersionTold, RegistryChanged
from services.gateway.domain.registry.errors import RegistryChangedError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import RegisteredVersion

TRIES: Final = 5
Change = Callable[[RegisteredName], RegisteredName]


async def change_name(registry: Registry, name: str, change: Change, *, account_id: str) -> tuple[RegisteredName, RegisteredName]:
    """Return the name before and after a change; one that changes nothing writes and tells nothing.

    Raise NameNotFoundError, RegistryChangedError when others were faster each time, or what `change` raises.
    """
    for _ in range(TRIES):
        with suppress(RegistryChangedError):
            before = await registry.get(name, account_id=account_id)
            after = change(before)
            if after is not before:
                await registry.save(after, told(after, before=before))
            return before, after
    raise RegistryChangedError(name)


def told(after: RegisteredName, *, before: RegisteredName | None) -> RegistryChanged:
    """Return what tells of a change: the versions that are new or not as they were."""
    known = () if before is None else before.versions
    return RegistryChanged(
        sequence=after.sequence,
        registry_id=after.id,
        account_id=after.account_id,
        name=after.name,
        changed=tuple(_told(each) for each in after.versions if each not in known),
        removed=tuple(sorted({each.number for each in known} - {each.number for each in after.versions})),
        production=after.production.number if after.production else None,
        aliases=dict(after.aliases),
    )


def _told(version: RegisteredVersion) -> RegisteredVersionTold:
    return RegisteredVersionTold(
        number=version.number,
        model_id=version.model_id,
        model_version=version.model_version,
        job_id=version.lineage.job_id,
        status=version.status.value,
        description=version.description,
        tags=version.tags,
        metrics=dict(version.metrics),
        reported=dict(version.reported),
        created_at=version.created_at,
    )
