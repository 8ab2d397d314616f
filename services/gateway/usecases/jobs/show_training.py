"""A model shows the training that works on it, as that job's own document says."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.contracts.training import JobState, TrainingCancelRequested
from services.gateway.domain.jobs.job import WISH, Job
from services.gateway.domain.models.errors import ModelArchivedError, ModelChangedError, ModelNotFoundError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.ports import Clock, Jobs, Models

TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class ShowTraining:
    """The request that starts or cancels a job does this at once, the event that tells of it does it again: the second changes nothing."""

    models: Models
    jobs: Jobs
    clock: Clock

    async def begun(self, job: Job, *, model: Model | None = None) -> None:
        """Let a model show a job that was just accepted; `model` is it as it was read before.

        One that was deleted or archived in the same moment stays so, and the job is cancelled. Raise ModelNotFoundError, ModelArchivedError
        or ModelChangedError.
        """
        try:
            await self(job, model=model)
        except (ModelNotFoundError, ModelArchivedError):
            if not job.state.ended:
                wish = TrainingCancelRequested(sequence=WISH, job_id=job.id, account_id=job.account_id)
                await self.jobs.request_cancel(job.id, wish, at=self.clock())
            raise

    async def __call__(self, job: Job, *, model: Model | None = None) -> Model:
        """Return the job's model, brought up to it. Raise ModelNotFoundError, ModelArchivedError or ModelChangedError.

        What a job that ended well has made is known by its event alone, which brings up the model before the job.
        """
        model_id = job.model_id or ""
        for _ in range(TRIES):
            found = model or await self.models.get(model_id, account_id=job.account_id)
            shown, model = self._shown(job, found), None
            with suppress(ModelChangedError):
                if shown is not found:
                    await self.models.save(shown)
                return shown
        raise ModelChangedError(model_id)

    def _shown(self, job: Job, model: Model) -> Model:
        version = job.model_version or ""
        if job.state in {JobState.FAILED, JobState.CANCELLED}:
            return model.training_ended(job.id, job.state, version=version, at=job.ended_at or self.clock())
        return model.training_begun(job.id, version=version, at=job.created_at)
