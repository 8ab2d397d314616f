"""Change a model of a recipe: its texts, and how far it has come, which is one truth with the registry's statuses."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from libs.chassis.errors import PlatformError
from libs.contracts.gateway import Stage
from libs.contracts.job_kinds import JobKind
from libs.contracts.recipe_runs import RECIPE
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import result_of
from services.gateway.domain.models.errors import ModelChangedError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.models.recipe_models import STATUS_OF, Standing, check_move, chosen, declared, registry_name, renamed
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.errors import NameNotFoundError, RegisteredAlreadyError, RegisteredElsewhereError
from services.gateway.domain.registry.name import RegisteredName
from services.gateway.domain.registry.ports import Registry
from services.gateway.domain.registry.version import Status
from services.gateway.domain.work import Work
from services.gateway.usecases.models.archive_model import ArchiveModel
from services.gateway.usecases.models.try_again import try_again
from services.gateway.usecases.registry.promote_version import PromoteVersion
from services.gateway.usecases.registry.register_version import NewVersion, RegisterVersion

UP = {Stage.STAGING, Stage.PRODUCTION}
IS_UP: Final = {Status.STAGING, Status.PRODUCTION}
TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class ModelChange:
    """What is to be changed; what is None stays. `version` is the one that the standing is given to."""

    name: str | None = None
    owner: str | None = None
    standing: Standing | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRecipeModel:
    """Twice is once, and a change is whole: where its status is refused, nothing of it is done.

    What stands in the registry is registered there first, under the model's readable name. Production goes through the gate of that name.
    Where an admin has to agree, the wish is kept there, and the model stays as it is.
    """

    models: Models
    registry: Registry
    register: RegisterVersion
    promote: PromoteVersion
    archive: ArchiveModel
    jobs: Jobs
    clock: Clock

    async def __call__(self, model_id: str, change: ModelChange, *, caller: Caller, work: Work) -> Model:
        """Return the model after the change.

        Raise ModelNotFoundError, ModelArchivedError (texts of a retired one), VersionNotFoundError, StandingRefusedError (its status
        cannot follow), ModelOfferedError, SubscriptionRequiredError or LimitReachedError (the tier has no more models in use, or put away,
        or keeps no more versions), PromotionRefusedError, or ModelChangedError.
        """
        model = await self._get(model_id, caller)
        if change.version is not None:
            model.version_named(change.version)
        if change.standing is not None:
            check_move(model, change.standing)
        if change.standing is None and (change.name, change.owner) != (None, None):
            model.check_in_use()
        if change.standing is Standing.RETIRED:
            await self._retire(model, caller=caller)
        elif change.standing is not None:
            await self._come(model, change.standing, change.version, caller=caller, work=work)
        if (change.name, change.owner) != (None, None):
            await try_again(model_id, lambda: self._rename(model_id, change, caller))
        return await self._get(model_id, caller)

    async def _get(self, model_id: str, caller: Caller) -> Model:
        return await self.models.get(model_id, account_id=caller.account_id, kind=RECIPE)

    async def _rename(self, model_id: str, change: ModelChange, caller: Caller) -> None:
        model = await self._get(model_id, caller)
        changed = renamed(model, name=change.name, owner=change.owner, at=self.clock())
        if changed is not model:
            await self.models.save(changed)

    async def _retire(self, model: Model, *, caller: Caller) -> None:
        """Put a model away, and whatever of it is in staging or production out of that; where it cannot be put away, all stays up."""
        model.archived(at=self.clock())  # Refused before anything is changed.
        name = await self.registry.of_model(model.id)
        own = [] if name is None else [each for each in name.versions if each.model_id == model.id and each.status in IS_UP]
        for each in own:
            assert name is not None
            await self.promote(name.name, each.number, Status.ARCHIVED, caller=caller)
        try:
            await self.archive(model.id, caller=caller, kind=RECIPE)
        except PlatformError:
            for each in own:
                assert name is not None
                await self.promote.move(name, each.number, each.status)
            raise

    async def _come(self, model: Model, standing: Standing, version: str | None, *, caller: Caller, work: Work) -> None:
        """Bring a model so far, out of where it was put away; where it does not come so far, it is put away again."""
        if model.is_archived:
            await self.archive.restore(model.id, caller=caller, kind=RECIPE)
        try:
            await self._stand(model.id, standing, version, caller=caller, work=work)
        except PlatformError:
            if model.is_archived:
                await self.archive(model.id, caller=caller, kind=RECIPE)
            raise

    async def _stand(self, model_id: str, standing: Standing, version: str | None, *, caller: Caller, work: Work) -> None:
        if standing is Standing.DRAFT:
            model = await self._get(model_id, caller)
        else:
            model = await try_again(model_id, lambda: self._with_version(model_id, caller))
        status = STATUS_OF[standing]
        for each in _meant(model, standing, version):
            name = await self._registered(model, each, wanted=status, caller=caller, work=work)
            found = name.of_model(model.id, each.name)
            assert found is not None
            await self.promote(name.name, found.number, status, caller=caller)

    async def _with_version(self, model_id: str, caller: Caller) -> Model:
        model = await self._get(model_id, caller)
        changed = declared(model, at=self.clock())
        if changed is not model:
            await self.models.save(changed)
            return await self._get(model_id, caller)
        return model

    async def _registered(self, model: Model, version: ModelVersion, *, wanted: Status, caller: Caller, work: Work) -> RegisteredName:
        """Return the name under which a version is registered, by this request or by another at the same time."""
        new = NewVersion(
            model.id, version.name, reported=version.reported, kind=RECIPE, card=await self._run_card(version, model), wanted=wanted
        )
        for _ in range(TRIES):
            name = await self.registry.of_model(model.id)
            if name is not None and name.of_model(model.id, version.name) is not None:
                return name
            called = name.name if name is not None else await self._free_name(model)
            with suppress(RegisteredAlreadyError, RegisteredElsewhereError):
                after, _ = await self.register(called, new, caller=caller, work=work)
                return after
        raise ModelChangedError(model.id)

    async def _free_name(self, model: Model) -> str:
        """Return the model's readable name, with a part of its id where something else is registered under that."""
        name = model.slug or registry_name(model.name)
        with suppress(NameNotFoundError):
            await self.registry.get(name, account_id=model.account_id)
            return f"{name}-{model.id[-6:]}"
        return name

    async def _run_card(self, version: ModelVersion, model: Model) -> Mapping[str, Any]:
        with suppress(JobNotFoundError):
            job = await self.jobs.get(version.job_id, account_id=model.account_id, kind=JobKind.RUN_RECIPE)
            if (result := result_of(job)) is not None:
                return {**result.run_card, "data_hash": result.run_card.get("data_sha256")}
        return {}


def _meant(model: Model, standing: Standing, named: str | None) -> Sequence[ModelVersion]:
    """Return the versions that a standing is given to: the one that is named, the newest for production, else those that are up."""
    if named is not None:
        return [model.version_named(named)]
    if standing is Standing.PRODUCTION:
        return [chosen(model)]
    up = [each for each in model.versions if each.stage in (UP if standing is Standing.DRAFT else {Stage.PRODUCTION})]
    return up or ([] if standing is Standing.DRAFT else [chosen(model)])
