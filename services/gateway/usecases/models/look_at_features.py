"""Ask what the features of a model are worth to the version that serves, over a dataset; and find what was measured last."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.stores.parts import Part
from libs.contracts.ids import is_id
from libs.contracts.importance import ImportanceResult, ImportanceSpec
from libs.contracts.job_kinds import JobKind, shown_spec
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import JobFilter
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Models
from services.gateway.usecases.datasets.find_training_data import FindTrainingData
from services.gateway.usecases.jobs.start_job import StartJob
from services.gateway.usecases.registry.find_registered import FindRegistered

# What a version was trained with that has no say in what its features are worth.
NOT_OF_IT: Final = frozenset({"start_date", "end_date", "retrain", "validation", "calibration", "refit", "num_workers"})


class ImportanceNotFoundError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """Nobody has measured the features of a model yet."""

    def __init__(self, model_id: str) -> None:
        super().__init__(f"The features of {model_id} have not been measured yet: POST to this path, and wait for its job.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured last, by which job."""

    job: Job
    spec: ImportanceSpec
    result: ImportanceResult
    at: datetime


@dataclass(frozen=True, slots=True)
class LookAtFeatures:
    """What a version's features are worth is a job's result, and nothing besides is kept."""

    models: Models
    jobs: Jobs
    find: FindTrainingData
    start: StartJob
    registered: FindRegistered

    async def named(self, reference: str, *, account_id: str) -> tuple[str, str | None]:
        """Return which model, and which version of it, a model's id or a name in the registry means; None for the version that serves.

        Raise ModelNotFoundError, or what FindRegistered raises.
        """
        if is_id(reference, prefix="model"):
            return reference, None
        found = await self.registered(reference, account_id=account_id, field="model_id")
        return found.model_id, found.model_version

    async def spec(
        self, model_id: str, *, account_id: str, dataset_id: str, model_version: str | None = None, **asked: Any
    ) -> ImportanceSpec:
        """Return what a job would be asked of the version that serves, or of another.

        Raise ModelNotFoundError, ModelNotTrainedError, VersionNotFoundError, DatasetNotFoundError or InvalidError.
        """
        model = await self.models.get(model_id, account_id=account_id)
        version = model.serving if model_version is None else model.version_named(model_version)
        data = await self.find(account_id, dataset_id)
        trained = version.market
        if data.timeframe != trained.timeframe:
            text = f"{dataset_id} has {data.timeframe} candles, and the model looks at {trained.timeframe} ones."
            raise InvalidError(text, details={"dataset_id": [text]})
        kept = {name: value for name, value in trained.training_config.items() if name not in NOT_OF_IT}
        config = kept | {"symbols": list(data.symbols), "timeframe": data.timeframe}
        training = trained.model_copy(update={"training_config": config, "own": (), "incumbent": None})
        return ImportanceSpec(artifact=version.artifact, version=version.name, dataset_id=dataset_id, training=training, **asked)

    async def latest(self, model_id: str, *, account_id: str, kind: JobKind) -> Measured:
        """Return what was measured last. Raise ModelNotFoundError or ImportanceNotFoundError."""
        await self.models.get(model_id, account_id=account_id)
        wanted = JobFilter(kind, states=(JobState.SUCCEEDED,), model_id=model_id)
        page = await self.jobs.find(account_id, Part(1), wanted)
        if not page.items:
            raise ImportanceNotFoundError(model_id)
        job = await self.jobs.get(page.items[0].id, account_id=account_id, kind=kind)
        spec, result = shown_spec(ImportanceSpec, job.spec), ImportanceResult.model_validate(job.result)
        return Measured(job=job, spec=spec, result=result, at=job.ended_at or job.created_at)
