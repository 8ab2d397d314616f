"""Keep models and jobs up to what is told of trainings."""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import (
    JobState,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
)
from services.gateway.domain.jobs.job import requested_training
from services.gateway.domain.models.errors import JobNotFoundError, JobNotSeenYetError, ModelArchivedError, ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Jobs, Models, Results
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.predictions.servable import Servables
from services.gateway.usecases.jobs.show_training import ShowTraining
from services.gateway.usecases.models.keep_versions import KeepVersions
from services.gateway.usecases.models.show_results import ShowResults


@dataclass(frozen=True, slots=True)
class FollowTraining:
    """Events may come twice and out of order.

    When a job ends, its slot is freed first, so that whoever sees its model free can train it again; then its model is brought up, so that
    whoever sees the job ended sees its metrics.
    """

    models: Models
    jobs: Jobs
    servables: Servables
    keep_versions: KeepVersions
    results: Results
    show_results: ShowResults
    show: ShowTraining

    async def requested(self, event: TrainingRequested) -> None:
        """Let the model show the job, if the request that made it was cut off before it could."""
        try:
            job = await self.jobs.get(event.job_id, account_id=event.account_id)
        except JobNotFoundError:
            job = requested_training(event)  # It was lost since.
            await self.jobs.restore(job, continued_hours=Decimal(0))
        with suppress(ModelNotFoundError, ModelArchivedError):
            await self.show.begun(job)

    async def progressed(self, event: TrainingProgressed) -> None:
        """Note progress."""
        await self.jobs.apply(event.job_id, event)

    async def completed(self, event: TrainingCompleted) -> None:
        """Let the new version serve, unless another is in production, then end the job."""
        made = ModelVersion(
            name=event.version,
            job_id=event.job_id,
            artifact=event.artifact.sha256,
            made_at=event.ended_at,
            spec=event.spec,
            metrics=event.result.metrics,
            plots={name: plot.sha256 for name, plot in event.result.plots.items()},
            tables={name: table.sha256 for name, table in event.result.tables.items()},
        )
        with suppress(JobNotSeenYetError):  # Said below, when the model is brought up.
            await self.jobs.leave_slot(event.job_id)
        model = await self._model(event.model_id)
        if model is not None:
            await self._grow(model, made, event)
        await self.jobs.apply(event.job_id, event)

    async def failed(self, event: TrainingFailed) -> None:
        """Give the model back, then end the job."""
        await self._ended(event, JobState.FAILED)

    async def cancelled(self, event: TrainingCancelled) -> None:
        """Give the model back, then end the job."""
        await self._ended(event, JobState.CANCELLED)

    async def charged(self, event: CreditsCharged) -> None:
        """Note what the job was charged."""
        await self.jobs.note_charged(event.job_id, hours=event.charged_hours)

    async def _grow(self, model: Model, made: ModelVersion, event: TrainingCompleted) -> None:
        grown = model.training_succeeded(made)
        if grown is model:
            return
        await self.results.keep(model.id, made, event.result)
        kept = await self.show_results(model, await self.keep_versions(grown))
        await self._save(model, kept)
        await self.results.trim(kept)

    async def _ended(self, event: TrainingFailed | TrainingCancelled, state: JobState) -> None:
        version = await self.jobs.leave_slot(event.job_id)
        model = await self._model(event.model_id)
        if model is not None and version is not None:
            await self._save(model, model.training_ended(event.job_id, state, version=version, at=event.ended_at))
        await self.jobs.apply(event.job_id, event)

    async def _model(self, model_id: str) -> Model | None:
        try:
            return await self.models.get(model_id, account_id=None)
        except ModelNotFoundError:
            return None  # Deleted meanwhile: only the job is left to be told of.

    async def _save(self, model: Model, changed: Model) -> None:
        if changed is not model:
            await self.models.save(changed)
            self.servables.forget(model.id)
