"""The registry follows the stages of models' versions, whichever face gives them, and says who may go into production."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.gateway import ModelStaged, Stage
from libs.contracts.registry import RegistryChanged
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.registry.errors import ApprovalNeededError, NameNotFoundError, PromotionRefusedError
from services.gateway.domain.registry.history import SILENT, Note
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import RegisteredVersion, Status
from services.gateway.usecases.registry.change_name import change_name
from services.gateway.usecases.registry.move_version import MoveVersion


@dataclass(frozen=True, slots=True)
class FollowStages:
    """Implements the port Promotions. Whoever gives a stage asks it at once; what is broken off later is done by an event.

    It is that of the name, or that of the stage where the name was not written. Without `asks_gate` nobody is refused: an admin's
    deployment is decided by the admin.
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
            check_promotion(name, found, agreed=False)

    async def follow(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Give a model's registered versions the status of their stages, of which this version was given one just now, by this account."""
        await self._align(model.id, _stages(model), promoted=version, note=Note(by))

    async def registered(
        self, before: RegisteredName | None, after: RegisteredName, model: Model, version: str, *, by: str
    ) -> RegisteredName:
        """Return a name with a new version, once stages say what it says; `model` is as it was when the version was read.

        Who has changed the model since may not have found the name: that is followed here. So is what the version has displaced.
        """
        earlier: Mapping[str, Stage] = _stages(model)
        stages: Mapping[str, Stage] = {}
        with suppress(ModelNotFoundError):
            model = await self.models.get(model.id, account_id=None, kind=None)
            stages = {} if model.is_archived else _stages(model)
        if stages.get(version) is not earlier[version]:
            await self._align(model.id, stages, promoted=version, note=Note(by))
            after = await self.registry.get(after.name, account_id=after.account_id)
        displaced = None if before is None else before.production
        if displaced is None or after.production_number == displaced.number:
            return after
        return await self.move.settle(after, touched={displaced.model_id})

    async def catch_up(self, staged: ModelStaged) -> None:
        """Do what `follow` does where whoever gave the stages died before; nothing where the name, or the model, has been changed since."""
        name = await self.registry.of_model(staged.model_id) if staged.followed else None
        if name is None or not name.is_behind(staged.model_id, told_at=_kept(staged.occurred_at)):
            return
        with suppress(ModelNotFoundError):
            model = await self.models.get(staged.model_id, account_id=None, kind=None)
            stages = _stages(model)
            if all(stages.get(each.version) == each.stage for each in staged.versions) and not model.is_archived:
                promoted = next((each.name for each in model.versions if each.stage is Stage.PRODUCTION), None)
                await self._align(model.id, stages, promoted=promoted)

    async def hear(self, model_id: str) -> None:
        """Archive what is registered of a model that was put away or deleted: nothing of it serves."""
        with suppress(ModelNotFoundError):
            if not (await self.models.get(model_id, account_id=None, kind=None)).is_archived:
                return
        await self._align(model_id, {})

    async def settle(self, changed: RegistryChanged) -> None:
        """Give versions the stages that a name says, whatever was broken off after it had been written.

        A stage that was given after the name had been written is a promotion's that is under way, and is not taken back.
        """
        with suppress(NameNotFoundError):
            name = await self.registry.get(changed.name, account_id=changed.account_id)
            touched = {each.model_id for each in changed.changed}
            await self.move.settle(name, touched=touched, told_at=_kept(changed.occurred_at))

    async def _align(self, model_id: str, stages: Mapping[str, Stage], *, promoted: str | None = None, note: Note = SILENT) -> None:
        name = await self.registry.of_model(model_id)
        if name is None:
            return
        new = name.of_model(model_id, promoted) if promoted and stages.get(promoted) is Stage.PRODUCTION else None

        def aligned(found: RegisteredName) -> RegisteredName:
            at = self.clock()
            moved = found.aligned(model_id, stages.get, at=at, note=note)
            return moved if new is None else moved.moved(new.number, Status.PRODUCTION, at=at, note=note)

        with suppress(NameNotFoundError):  # Its account was erased meanwhile.
            before, after = await change_name(self.registry, name.name, aligned, account_id=name.account_id)
            await self.move.settle(after, touched={model_id, *([before.production.model_id] if before.production else [])})


def _stages(model: Model) -> dict[str, Stage]:
    return {each.name: each.stage for each in model.versions}


def _kept(at: datetime) -> datetime:
    """Return a moment as the store keeps it, in whole milliseconds, so that it is compared with what was kept."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def check_gate(name: RegisteredName, version: RegisteredVersion) -> None:
    """Raise PromotionRefusedError for a version that does not pass."""
    if failing := [each for each in name.findings(version.number) if not each.passed]:
        raise PromotionRefusedError(name.name, version.number, failing)


def check_promotion(name: RegisteredName, version: RegisteredVersion, *, agreed: bool) -> None:
    """Raise what keeps a version out of production, whichever way it would come there; `agreed` says that an admin wants it so.

    PromotionRefusedError for one that does not pass the gate, ApprovalNeededError where an admin has to agree first: an agreement is for
    the one promotion that it was asked for.
    """
    check_gate(name, version)
    if name.gate.approval == "admin" and not agreed:
        raise ApprovalNeededError(name.name, version.number)
