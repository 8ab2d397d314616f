"""Delete a model of any state with all of its versions: not while it is trained, in production, on sale, or was."""

from dataclasses import dataclass, replace

from libs.contracts.gateway import ModelDeleted, Stage
from libs.contracts.training import MARKET
from services.gateway.domain.deployments.deployment import DeploymentState
from services.gateway.domain.deployments.ports import Deployments
from services.gateway.domain.models.errors import ModelBusyError, ModelInProductionError, ModelOfferedError, ModelSoldError
from services.gateway.domain.models.model import OFFERED, Listing, Model
from services.gateway.domain.models.ports import Models, Results
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.models.archive_model import Hear
from services.gateway.usecases.models.try_again import try_again


@dataclass(frozen=True, slots=True)
class RemoveModel:
    """What no version names any more is removed from the artifact store by and by; `hear` is ArchiveModel's."""

    models: Models
    results: Results
    deployments: Deployments
    servables: Servables
    hear: Hear | None = None

    async def __call__(self, model_id: str, *, account_id: str, kind: str | None = MARKET) -> None:
        """Take away a model of this kind (of any, for None).

        Raise ModelNotFoundError, ModelBusyError, ModelInProductionError, ModelOfferedError, ModelSoldError or ModelChangedError.
        """
        await try_again(model_id, lambda: self._remove(model_id, account_id=account_id, kind=kind))
        self.servables.forget(model_id)
        if self.hear is not None:
            await self.hear(model_id)

    async def _remove(self, model_id: str, *, account_id: str, kind: str | None) -> None:
        model = await self.models.get(model_id, account_id=account_id, kind=kind)
        _check(model)
        deployed = await self.deployments.of_jobs([version.job_id for version in model.versions]) if model.versions else {}
        for each in deployed.values():
            if each.state is not DeploymentState.ARCHIVED:
                where = f"deployed as {each.name}"
                raise ModelInProductionError(where)
        await self.models.delete(model, ModelDeleted(sequence=model.sequence + 1, model_id=model.id, account_id=account_id))
        await self.results.trim(replace(model, versions=(), trimmed_to=model.trainings))


def _check(model: Model) -> None:
    if model.active_job is not None:
        raise ModelBusyError(model.active_job)
    for version in model.versions:
        if version.stage is Stage.PRODUCTION:
            where = f"version {version.name}"
            raise ModelInProductionError(where)
    if model.listing in OFFERED:
        raise ModelOfferedError(model.listing.value)
    if model.listing is not Listing.NONE:
        raise ModelSoldError
