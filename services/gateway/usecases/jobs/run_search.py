"""A search for hyperparameters and its experiment: given to it before it is accepted, and brought up to its end."""

from dataclasses import dataclass

from pydantic import ValidationError

from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import Cancelled, Completed, Failed
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed
from libs.contracts.training import JobState
from libs.contracts.tuning import TuneProgress, TuneResult, TuneSpec
from services.gateway.domain.experiments.experiment import End, ExperimentStatus
from services.gateway.domain.experiments.ports import Experiments
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.jobs.effects import Draft, Effects


@dataclass(frozen=True, slots=True)
class RunSearch(Effects):
    """One job at a time searches for an experiment: it has it before it is there, and gives it back where it is refused."""

    experiments: Experiments
    jobs: Jobs
    clock: Clock

    async def claim(self, draft: Draft, *, job_id: str, account_id: str) -> Draft:
        """Give the experiment to the job. Raise ExperimentStateError, ExperimentNotFoundError or UnavailableError."""
        assert isinstance(draft.spec, TuneSpec)
        experiment_id = draft.spec.experiment_id
        await self.experiments.begin(experiment_id, account_id=account_id, job_id=job_id, spec=draft.spec, at=self.clock())
        return draft

    async def withdraw(self, job_id: str) -> None:
        """Take it back. Raise UnavailableError."""
        await self.experiments.withdraw(job_id)

    async def completed(self, event: Completed) -> None:
        """Keep what it has found."""
        assert isinstance(event, JobCompleted)
        result = TuneResult.model_validate(event.result, extra="ignore")
        await self.experiments.end(event.job_id, End(status=ExperimentStatus.COMPLETED, at=event.ended_at, result=result))

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:
        """Keep what it had found until then."""
        status = ExperimentStatus.FAILED if state is JobState.FAILED else ExperimentStatus.STOPPED
        error = event.error.message if isinstance(event, JobFailed) else None
        partial = _read(_known(event)) or await self._told(event.job_id)
        await self.experiments.end(event.job_id, End(status=status, at=event.ended_at, partial=partial, error=error))

    async def stopped(self, job: Job) -> None:
        """Do the same, ahead of the event that tells it."""
        await self.experiments.end(job.id, End(status=ExperimentStatus.STOPPED, at=self.clock(), partial=_read(job.partial)))

    async def _told(self, job_id: str) -> TuneProgress | None:
        try:
            return _read((await self.jobs.get(job_id, account_id=None, kind=None)).partial)
        except JobNotFoundError:
            return None


def _known(event: Failed | Cancelled) -> JsonObject | None:
    """Return what a search knew when it ended: what it had told before may come later."""
    return event.partial if isinstance(event, JobFailed | JobCancelled) else None


def _read(partial: JsonObject | None) -> TuneProgress | None:
    """Return what a search has told; None for what cannot be read."""
    try:
        return None if partial is None else TuneProgress.model_validate(partial, extra="ignore")
    except ValidationError:
        return None
