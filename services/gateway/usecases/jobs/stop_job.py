"""End a job of any kind but a training before its time; what it did not use goes back by the event that tells of its end."""

from dataclasses import dataclass, replace

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobCancelRequested
from libs.contracts.training import CancelTraining, JobState
from services.gateway.domain.jobs.job import WISH, Job
from services.gateway.domain.models.errors import CancellationKeptError, CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.models.ports import Clock, Jobs
from services.gateway.domain.services import Training


@dataclass(frozen=True, slots=True)
class StopJob:
    """The wish is written down first, so that it takes effect even when nobody answers now."""

    jobs: Jobs
    training: Training
    clock: Clock

    async def __call__(self, job_id: str, *, account_id: str) -> Job:
        """Return the job as it was cancelled.

        Raise JobNotFoundError, JobEndedError, CancellationPendingError or CancellationKeptError (recorded, but not confirmed).
        """
        job = await self.jobs.get(job_id, account_id=account_id, kind=None)
        if job.kind is JobKind.TRAIN:
            raise JobNotFoundError(job_id, noun="job")
        if job.state.ended:
            raise JobEndedError(job.state.value)
        wish = JobCancelRequested(sequence=WISH, job_id=job_id, kind=job.kind.value, account_id=account_id, parent=job.parent)
        await self.jobs.request_cancel(job_id, wish, at=self.clock())
        try:
            stopped = await self.training.cancel(CancelTraining(job_id=job_id, account_id=account_id))
        except AskTimeoutError as error:
            raise CancellationPendingError(job_id) from error
        except UnavailableError as error:
            raise CancellationKeptError(job_id) from error
        if stopped.state is not JobState.CANCELLED:  # It ended by itself, as the event says that tells how.
            raise JobEndedError(stopped.state.value)
        at = self.clock()
        await self.jobs.note_stopped(job_id, at=at, hours=stopped.compute_hours, progress=stopped.progress)
        return replace(job, state=stopped.state, progress=stopped.progress, compute_hours=stopped.compute_hours, ended_at=at, slot=None)
