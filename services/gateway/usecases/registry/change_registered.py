"""Change what a name says of its versions: their texts, the gate, the aliases."""

from collections.abc import Collection
from dataclasses import dataclass

from services.gateway.domain.models.ports import Clock
from services.gateway.domain.registry.gate import Gate
from services.gateway.domain.registry.metrics import check_metric
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.usecases.registry.change_name import Change, change_name


@dataclass(frozen=True, slots=True)
class ChangeRegistered:
    """Each of them twice is once. Nothing here has a say in what serves."""

    registry: Registry
    clock: Clock

    async def describe(
        self, name: str, number: int, *, description: str | None, tags: Collection[str] | None, account_id: str
    ) -> RegisteredName:
        """Return the name with another description and tags of a version. Raise NameNotFoundError, RegisteredVersionNotFoundError."""
        at = self.clock()
        return await self._change(name, lambda found: found.described(number, description=description, tags=tags, at=at), account_id)

    async def guard(self, name: str, gate: Gate, *, account_id: str) -> RegisteredName:
        """Return the name with a gate. Raise NameNotFoundError, or InvalidError for a metric that there is not."""
        for place, rule in enumerate(gate.rules):
            check_metric(rule.metric, f"rules.{place}.metric")
        at = self.clock()
        return await self._change(name, lambda found: found.gated(gate, at=at), account_id)

    async def point(self, name: str, alias: str, number: int | None, *, account_id: str) -> RegisteredName:
        """Return the name with an alias of a version, or without it for None.

        Raise NameNotFoundError, RegisteredVersionNotFoundError, AliasNotFoundError, RegistryFullError, or InvalidError.
        """
        at = self.clock()
        return await self._change(name, lambda found: found.aliased(alias, number, at=at), account_id)

    async def _change(self, name: str, change: Change, account_id: str) -> RegisteredName:
        _, after = await change_name(self.registry, name, change, account_id=account_id)
        return after
