"""An outside worker reports its own run: the platform's job makes way for it, and what was measured here stays apart."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.job_kinds import JobKind
from services.gateway.domain.jobs.errors import CancellationKeptError, CancellationPendingError, JobEndedError, RefundPendingError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.recipe_runs import Said, reported_on
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.jobs.make_recipe_version import MakeRecipeVersion
from services.gateway.usecases.jobs.stop_job import StopJob

TRIES: Final = 5
# It has ended by itself, or will have: the report stands either way.
STOPPED: Final = (JobEndedError, CancellationPendingError, CancellationKeptError, RefundPendingError)


class RunChangedError(PlatformError, kind=ErrorKind.CONFLICT, worth_retrying=True):
    """Others have reported on the run at the same time."""

    def __init__(self) -> None:
        super().__init__("The run was reported on by another request at the same time; send yours again.")


@dataclass(frozen=True, slots=True)
class ReportRun:
    """The report is written first, and whatever is broken off after that is done by the next: twice is once."""

    jobs: Jobs
    stop: StopJob
    versions: MakeRecipeVersion
    clock: Clock

    async def __call__(self, job_id: str, said: Said, *, account_id: str) -> Job:
        """Return the run after a report; one that says nothing changes nothing.

        Raise JobNotFoundError, RunOverError for a status that the run cannot come to, or RunChangedError.
        """
        job = await self._note(job_id, said, account_id=account_id)
        if said.is_empty:
            return job
        if job.reported is not None and job.reported.takes_over and not job.state.ended:
            with suppress(*STOPPED):
                await self.stop(job_id, account_id=account_id, kind=JobKind.RUN_RECIPE)
        after = await self.jobs.get(job_id, account_id=account_id, kind=JobKind.RUN_RECIPE)
        await self.versions.reported(after, at=self.clock())
        return after

    async def _note(self, job_id: str, said: Said, *, account_id: str) -> Job:
        for _ in range(TRIES):
            job = await self.jobs.get(job_id, account_id=account_id, kind=JobKind.RUN_RECIPE)
            if said.is_empty or await self.jobs.note_report(job, reported_on(job, said, at=self.clock())):
                return job if said.is_empty else await self.jobs.get(job_id, account_id=account_id, kind=JobKind.RUN_RECIPE)
        raise RunChangedError
