"""Remove tunings: one that has ended, or all of a model that is gone."""

from contextlib import suppress
from dataclasses import dataclass

from services.gateway.domain.experiments.ports import Experiments
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock


@dataclass(frozen=True, slots=True)
class RemoveTunings:
    """Twice is once."""

    experiments: Experiments
    jobs: Jobs
    clock: Clock

    async def one(self, job_id: str, *, model_id: str, account_id: str) -> None:
        """Remove a tuning with its trials. Raise TuningNotFoundError, or ExperimentStateError for one that runs."""
        tuning = await self.experiments.tuning(job_id, model_id=model_id, account_id=account_id)
        await self.experiments.remove(tuning.id, account_id=account_id, model_id=model_id)

    async def of_model(self, model_id: str, *, account_id: str) -> None:
        """Stop what still searches for a model that was deleted, and remove all of its tunings."""
        for job_id in await self.experiments.of_model(model_id, account_id=account_id):
            with suppress(JobNotFoundError):
                job = await self.jobs.get(job_id, account_id=account_id, kind=None)
                await self.jobs.request_cancel(job.id, wish_of(job), at=self.clock())
        await self.experiments.remove_of_model(model_id, account_id=account_id)
