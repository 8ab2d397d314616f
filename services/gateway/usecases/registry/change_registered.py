"""Change what a name says of its versions: their texts, the gate, the aliases."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.registry.errors import GateHeldError
from services.gateway.domain.registry.gate import Gate
from services.gateway.domain.registry.metrics import check_rule
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

    async def guard(self, name: str, gate: Gate, *, caller: Caller) -> RegisteredName:
        """Return the name with a gate.

        Raise NameNotFoundError, InvalidError for a rule of a metric that there is not, or that asks for what is worse; GateHeldError where
        an admin has to agree to promotions, and somebody else would take that away.
        """
        for place, rule in enumerate(gate.rules):
            check_rule(rule, f"rules.{place}")
        at = self.clock()

        def gated(found: RegisteredName) -> RegisteredName:
            if found.gate.approval == "admin" and gate.approval != "admin" and Scope.ADMIN not in caller.scopes:
                raise GateHeldError(found.name)
            return found.gated(gate, at=at)

        return await self._change(name, gated, caller.account_id)

    async def release(self, name: str, *, account_id: str) -> RegisteredName:
        """Return the name, to whose promotions no admin has to agree any more; an admin calls it. Raise NameNotFoundError."""
        at = self.clock()
        return await self._change(name, lambda found: found.gated(replace(found.gate, approval="none"), at=at), account_id)

    async def point(self, name: str, alias: str, number: int | None, *, account_id: str) -> RegisteredName:
        """Return the name with an alias of a version, or without it for None.

        Raise NameNotFoundError, RegisteredVersionNotFoundError, AliasNotFoundError, RegistryFullError, or InvalidError.
        """
        at = self.clock()
        return await self._change(name, lambda found: found.aliased(alias, number, at=at), account_id)

    async def _change(self, name: str, change: Change, account_id: str) -> RegisteredName:
        _, after = await change_name(self.registry, name, change, account_id=account_id)
        return after
