"""The registry follows the stages of models' versions, whichever face gives them, and says who may go into production."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from libs.contracts.gateway import ModelStaged, Stage
from libs.contracts.registry import RegistryChanged
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.registry.errors import ApprovalNeededError, NameNotFoundError, PromotionRefusedError, RegistryChangedError
from services.gateway.domain.registry.history import SILENT, Note
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import RegisteredVersion, Status
from services.gateway.usecases.registry.change_name import TRIES, told
from services.gateway.usecases.registry.keep_refusal import REFUSED, keep_refusal
from services.gateway.usecases.registry.move_version import MoveVersion

Look = Callable[[RegisteredName], Awaitable[Mapping[str, Stage] | None]]


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

    async def check(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Raise PromotionRefusedError or ApprovalNeededError for a registered version that may not go into production.

        That this account wanted it there is kept.
        """
        if not self.asks_gate or (name := await self.registry.of_model(model.id)) is None:
            return
        found = name.of_model(model.id, version)
        if found is not None and found.status is not Status.PRODUCTION:
            try:
                check_promotion(name, found, agreed=False)
            except REFUSED as error:
                await keep_refusal(self.registry, name, found.number, error, note=Note(by), at=self.clock())
                raise

    async def follow(self, model: Model, version: str, *, by: str | None = None) -> None:
        """Give a model's registered versions the status of their stages, of which this version was given one just now, by this account.

        Raise PromotionRefusedError or ApprovalNeededError where `check` could not: the model was registered meanwhile. Then the version has
        the stage again that its name says.
        """
        try:
            await self._follow(model.id, _stages(model), version, by=by)
        except REFUSED as error:
            name = await self.registry.of_model(model.id)
            if name is not None and (found := name.of_model(model.id, version)) is not None:
                await keep_refusal(self.registry, name, found.number, error, note=Note(by), at=self.clock())
            raise

    async def registered(
        self, before: RegisteredName | None, after: RegisteredName, model: Model, version: str, *, by: str
    ) -> RegisteredName:
        """Return a name with a new version, once stages say what it says; `model` is as it was when the version was read.

        Who has changed the model since may not have found the name: that is followed here. So is what the version has displaced.
        """
        stages = await self._in_use(model.id) or {}
        if stages.get(version) is not _stages(model)[version]:
            with suppress(*REFUSED):  # Whoever gave the stage is refused, too.
                await self._follow(model.id, stages, version, by=by)
            after = await self.registry.get(after.name, account_id=after.account_id)
        displaced = None if before is None else before.production
        if displaced is None or after.production_number == displaced.number:
            return after
        return await self.move.settle(after, touched={displaced.model_id})

    async def catch_up(self, staged: ModelStaged) -> None:
        """Do what `follow` does where whoever gave the stages died before; nothing where the name, or the model, has been changed since."""
        told_at = _kept(staged.occurred_at)

        async def look(name: RegisteredName) -> Mapping[str, Stage] | None:
            if not name.is_behind(staged.model_id, told_at=told_at):
                return None
            stages = await self._in_use(staged.model_id)
            return stages if stages and all(stages.get(each.version) == each.stage for each in staged.versions) else None

        if staged.followed:
            promoted = next((each.version for each in staged.versions if each.stage == Stage.PRODUCTION), None)
            await self._align(staged.model_id, look, promoted=promoted, told_at=told_at)

    async def hear(self, model_id: str) -> None:
        """Archive what is registered of a model that was put away or deleted: nothing of it serves.

        One that is in use again has the stages that its name says; what is being promoted is left to whoever does so.
        """
        await self._put_away(model_id)
        if (name := await self.registry.of_model(model_id)) is not None:
            with suppress(NameNotFoundError):
                await self.move.settle(name, touched={model_id}, told_at=name.updated_at)

    async def settle(self, changed: RegistryChanged) -> None:
        """Give versions the stages that a name says, whatever was broken off after it had been written.

        A stage that was given after the name had been written is a promotion's that is under way, and is not taken back.
        """
        with suppress(NameNotFoundError):
            name = await self.registry.get(changed.name, account_id=changed.account_id)
            touched = {each.model_id for each in changed.changed}
            await self.move.settle(name, touched=touched, told_at=_kept(changed.occurred_at))
            for model_id in touched:  # One may have been put away while it was promoted.
                await self._put_away(model_id)

    async def _follow(self, model_id: str, stages: Mapping[str, Stage], version: str, *, by: str | None) -> None:
        try:
            await self._align(model_id, partial(_given, stages), promoted=version, note=Note(by))
        except REFUSED:
            if (name := await self.registry.of_model(model_id)) is not None:
                await self.move.settle(name, touched={model_id})
            raise

    async def _put_away(self, model_id: str) -> None:
        """Archive what is registered of a model that is not in use."""

        async def look(_: RegisteredName) -> Mapping[str, Stage] | None:
            return {} if await self._in_use(model_id) is None else None

        await self._align(model_id, look)

    async def _in_use(self, model_id: str) -> Mapping[str, Stage] | None:
        """Return the stages of a model's versions; None of one that was put away or deleted."""
        with suppress(ModelNotFoundError):
            model = await self.models.get(model_id, account_id=None, kind=None)
            return None if model.is_archived else _stages(model)
        return None

    async def _align(
        self, model_id: str, look: Look, *, promoted: str | None = None, note: Note = SILENT, told_at: datetime | None = None
    ) -> None:
        """Give a model's registered versions the status of their stages, which `look` returns; None leaves them as they are.

        It looks after the name was read: where that is changed meanwhile, it looks again, so that nothing newer is undone.
        """
        for _ in range(TRIES):
            with suppress(RegistryChangedError):
                before = await self.registry.of_model(model_id)
                stages = None if before is None else await look(before)
                if before is None or stages is None:
                    return
                after = self._aligned(before, model_id, stages, promoted=promoted, note=note)
                if after is not before:
                    await self.registry.save(after, told(after, before=before))
                break
        else:
            raise RegistryChangedError(model_id)
        with suppress(NameNotFoundError):  # Its account was erased meanwhile.
            touched = {model_id, *([before.production.model_id] if before.production else [])}
            await self.move.settle(after, touched=touched, told_at=told_at)

    def _aligned(
        self, name: RegisteredName, model_id: str, stages: Mapping[str, Stage], *, promoted: str | None, note: Note
    ) -> RegisteredName:
        at = self.clock()
        new = name.of_model(model_id, promoted) if promoted and stages.get(promoted) is Stage.PRODUCTION else None
        if self.asks_gate and new is not None and new.status is not Status.PRODUCTION:
            check_promotion(name, new, agreed=False)
        moved = name.aligned(model_id, stages.get, at=at, note=note)
        return moved if new is None else moved.moved(new.number, Status.PRODUCTION, at=at, note=note)


async def _given(stages: Mapping[str, Stage], _: RegisteredName) -> Mapping[str, Stage]:
    return stages


def _stages(model: Model) -> dict[str, Stage]:
    return {each.name: each.stage for each in model.versions}


def _kept(at: datetime) -> datetime:
    """Return a moment as the store keeps it, in whole milliseconds, so that it is compared with what was kept."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def check_gate(name: RegisteredName, version: RegisteredVersion, *, is_new: bool = False) -> None:
    """Raise PromotionRefusedError for a version that does not pass; a new one has its number only once it has passed."""
    if failing := [each for each in name.findings(version.number) if not each.passed]:
        raise PromotionRefusedError(name.name, None if is_new else version.number, failing)


def check_promotion(name: RegisteredName, version: RegisteredVersion, *, agreed: bool, is_new: bool = False) -> None:
    """Raise what keeps a version out of production, whichever way it would come there; `agreed` says that an admin wants it so.

    PromotionRefusedError for one that does not pass the gate, ApprovalNeededError where an admin has to agree first: an agreement is for
    the one promotion that it was asked for.
    """
    check_gate(name, version, is_new=is_new)
    if name.gate.approval == "admin" and not agreed:
        raise ApprovalNeededError(name.name, None if is_new else version.number)
