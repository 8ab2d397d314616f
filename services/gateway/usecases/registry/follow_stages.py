"""The registry follows the stages of models' versions, whichever face gives them, and says who may go into production."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.gateway import Stage
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import OFFERED, Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.registry.errors import ApprovalNeededError, NameNotFoundError, PromotionRefusedError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import Decision, RegisteredVersion, Status
from services.gateway.usecases.registry.change_name import change_name
from services.gateway.usecases.registry.move_version import MoveVersion


@dataclass(frozen=True, slots=True)
class FollowStages:
    """Implements the port Promotions. It is asked at once by whoever gives a stage, and again by the event: twice is once.

    Without `asks_gate` nobody is refused: an admin's deployment is decided by the admin.
    """

    registry: Registry
    models: Models
    move: MoveVersion
    clock: Clock
    asks_gate: bool = True

    async def check(self, model: Model, version: str) -> None:
        """Raise PromotionRefusedError or ApprovalNeededError for a registered version that may not go into production."""
        if not self.asks_gate or (name := await self.registry.of_model(model.id)) is None:
            return
        found = name.of_model(model.id, version)
        if found is not None and found.status is not Status.PRODUCTION:
            check_gate(name, found)
            if name.gate.approval == "admin" and (found.approval is None or found.approval.decision is not Decision.APPROVED):
                raise ApprovalNeededError(name.name, found.number)

    async def follow(self, model_id: str, *, promoted: str | None = None) -> None:
        """Give a model's registered versions the status of their stages; `promoted` was put into production just now."""
        name = await self.registry.of_model(model_id)
        if name is None:
            return
        model: Model | None = None
        with suppress(ModelNotFoundError):
            model = await self.models.get(model_id, account_id=None)
        stages: Mapping[str, Stage] = {} if model is None or model.is_archived else {each.name: each.stage for each in model.versions}
        new = None if promoted is None else name.of_model(model_id, promoted)
        late = await self._is_late(name, model)

        def aligned(found: RegisteredName) -> RegisteredName:
            at = self.clock()
            moved = found.aligned(model_id, stages.get, replaced=late, at=at)
            return moved if new is None else moved.moved(new.number, Status.PRODUCTION, at=at)

        with suppress(NameNotFoundError):  # Its account was erased meanwhile.
            before, after = await change_name(self.registry, name.name, aligned, account_id=name.account_id)
            if after.production is not None and after.production != before.production:
                await self.move.settle(after, before=before)

    async def _is_late(self, name: RegisteredName, model: Model | None) -> bool:
        """Tell whether a model's version in production replaces the one that the name has: that does not serve, or came before."""
        current = name.production
        if current is None or model is None or current.model_id == model.id:
            return current is None
        try:
            other = await self.models.get(current.model_id, account_id=None)
        except ModelNotFoundError:
            return True
        serves = any(each.name == current.model_version and each.stage is Stage.PRODUCTION for each in other.versions)
        return not serves or (model.listing not in OFFERED and model.updated_at > current.updated_at)


def check_gate(name: RegisteredName, version: RegisteredVersion) -> None:
    """Raise PromotionRefusedError for a version that does not pass."""
    if failing := [each for each in name.findings(version.number) if not each.passed]:
        raise PromotionRefusedError(name.name, version.number, failing)
