"""Give a version of a model a stage and aliases."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from libs.contracts.gateway import ModelStaged, Stage, VersionStage
from libs.contracts.training import MARKET
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.accounts.tier_limits import Limit, TierLimits
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Models
from services.gateway.domain.predictions.servable import Servables
from services.gateway.domain.registry.ports import Promotions
from services.gateway.usecases.models.serve_results import ServeResults
from services.gateway.usecases.models.try_again import try_again

Change = Callable[..., Model]


@dataclass(frozen=True, slots=True)
class StageVersion:
    """Twice is once. Versions that are relied on stay when others are trimmed, so there are as many of them as the tier keeps at most.

    `promotions` is asked whether a version may go into production, and hears of each change; None where the registry is seen to already.
    """

    models: Models
    serve_results: ServeResults
    servables: Servables
    limits: TierLimits
    clock: Clock
    promotions: Promotions | None = None

    async def __call__(
        self,
        model_id: str,
        version: str,
        *,
        caller: Caller,
        stage: Stage | None,
        aliases: Collection[str] | None,
        displaced: Stage = Stage.ARCHIVED,
        kind: str | None = MARKET,
        given_at: datetime | None = None,
        when: Callable[[Model], bool] | None = None,
    ) -> Model:
        """Return the model after the change; None leaves the stage, or the aliases, as they are.

        `displaced` is Model.staged's, `given_at` when the stage counts as given: now, for None. `when` is asked of the model that would be
        changed: where it says no, nothing is.

        Raise ModelNotFoundError, ModelArchivedError, ModelNotTrainedError, VersionNotFoundError, LastVersionError, ResultNotKeptError,
        SubscriptionRequiredError or LimitReachedError (the tier keeps no more versions), ModelChangedError, or what `promotions` refuses.
        """
        staged = partial(_changed, version=version, stage=stage, aliases=aliases, displaced=displaced)

        def change(model: Model, *, at: datetime) -> Model:
            return staged(model, at=given_at or at) if when is None or when(model) else model

        model, named = await try_again(model_id, lambda: self._stage(model_id, version, change, caller=caller, stage=stage, kind=kind))
        if self.promotions is not None and stage is not None:
            await self.promotions.follow(model, named, by=caller.username)
        return model

    async def _stage(
        self, model_id: str, version: str, change: Change, *, caller: Caller, stage: Stage | None, kind: str | None
    ) -> tuple[Model, str]:
        """Return the model after the change, and the version's name, which may have been given as an alias."""
        model = await self.models.get(model_id, account_id=caller.account_id, kind=kind)
        changed = change(model, at=self.clock())
        named = model.version_named(version).name
        if self.promotions is not None and stage is Stage.PRODUCTION:
            await self.promotions.check(model, named, by=caller.username)
        if changed is model:
            return model, named
        if (relied_on := _relied_on(changed)) > _relied_on(model):
            self.limits.check(Limit.VERSIONS, relied_on, tier=caller.tier)
        changed = await self.serve_results(model, changed)
        await self.models.save(changed, _told(changed, followed=self.promotions is not None and stage is not None))
        self.servables.forget(model_id)
        return changed, named


def _changed(model: Model, *, version: str, stage: Stage | None, aliases: Collection[str] | None, displaced: Stage, at: datetime) -> Model:
    staged = model if stage is None else model.staged(version, stage, at=at, displaced=displaced)
    return staged if aliases is None else staged.aliased(version, aliases, at=at)


def _relied_on(model: Model) -> int:
    return sum(version.is_relied_on for version in model.versions)


def _told(model: Model, *, followed: bool) -> ModelStaged:
    versions = tuple(VersionStage(version=each.name, stage=each.stage, aliases=each.aliases) for each in model.versions)
    serving = model.serving.name
    return ModelStaged(
        sequence=model.sequence,
        model_id=model.id,
        account_id=model.account_id,
        serving=serving,
        versions=versions,
        followed=followed,
    )
