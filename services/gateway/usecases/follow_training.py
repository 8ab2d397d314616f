"""Keep models and jobs up to what is told of trainings."""

from dataclasses import dataclass

from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import (
    JobState,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingProgressed,
    TrainingRequested,
)
from services.gateway.domain.job import requested_job
from services.gateway.domain.kind_jobs import KindJobs
from services.gateway.domain.model import Model, ModelVersion
from services.gateway.domain.model_errors import ModelNotFoundError
from services.gateway.domain.servable import Servables
from services.gateway.domain.studio_ports import Jobs, Models
from services.gateway.usecases.keep_versions import KeepVersions


@dataclass(frozen=True, slots=True)
class FollowTraining:
    """Events may come twice and out of order. A job's model is brought up first, so that whoever sees the job ended sees its metrics."""

    models: Models
    jobs: Jobs
    servables: Servables
    keep_versions: KeepVersions
    kind_jobs: KindJobs

    async def requested(self, event: TrainingRequested) -> None:
        """Make the job's view, if the request that began it was cut off before it could."""
        await self.jobs.add(requested_job(event))

    async def progressed(self, event: TrainingProgressed) -> None:
        """Note progress."""
        await self.jobs.apply(event.job_id, event)

    async def completed(self, event: TrainingCompleted) -> None:
        """Let the new version serve, then end the job."""
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
        model = await self._model(event.model_id)
        if model is not None:
            grown = model.training_succeeded(made, result=event.result)
            await self._save(model, grown if grown is model else await self.keep_versions(grown))
        await self.jobs.apply(event.job_id, event)

    async def failed(self, event: TrainingFailed) -> None:
        """Give the model back, then end the job."""
        await self._ended(event, JobState.FAILED)

    async def cancelled(self, event: TrainingCancelled) -> None:
        """Give the model back, then end the job."""
        await self._ended(event, JobState.CANCELLED)

    async def charged(self, event: CreditsCharged) -> None:
        """Note what the job was charged."""
        # Jobs of other kinds are there from before they are requested: what is not among them is a training, perhaps not seen yet.
        if not await self.kind_jobs.note_charged(event.job_id, hours=event.charged_hours):
            await self.jobs.note_charged(event.job_id, hours=event.charged_hours)

    async def _ended(self, event: TrainingFailed | TrainingCancelled, state: JobState) -> None:
        model = await self._model(event.model_id)
        if model is not None:
            await self._save(model, model.training_ended(event.job_id, state, at=event.ended_at))
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
