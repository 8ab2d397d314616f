"""Show one version of a model: what it was trained with, and what its training has measured and written down."""

from contextlib import suppress
from dataclasses import dataclass

from libs.contracts.training import TrainingResult
from services.gateway.domain.models.errors import ResultNotKeptError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Models, Results
from services.gateway.domain.models.version import ModelVersion


@dataclass(frozen=True, slots=True)
class ShowVersion:
    """The result is None where it was not kept: a former release kept that of the newest version alone."""

    models: Models
    results: Results

    async def __call__(self, model_id: str, name: str, *, account_id: str) -> tuple[Model, ModelVersion, TrainingResult | None]:
        """Return a version by its name or an alias. Raise ModelNotFoundError, ModelNotTrainedError or VersionNotFoundError."""
        model = await self.models.get(model_id, account_id=account_id)
        version = model.version_named(name)
        serving = model.in_service
        if serving is not None and serving.name == version.name and model.result is not None:
            return model, version, model.result
        with suppress(ResultNotKeptError):
            return model, version, await self.results.get(model.id, version)
        return model, version, None
