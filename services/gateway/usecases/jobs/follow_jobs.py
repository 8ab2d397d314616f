"""Keep jobs, and what they change, up to what is told of them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from libs.contracts.envelope import Event
from libs.contracts.job_kinds import Cancelled, Completed, Failed, Progressed, Requested, kind_of
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import JobError, JobState, TrainingCompleted, TrainingFailed
from services.gateway.domain.files.errors import StorageFullError
from services.gateway.domain.jobs.errors import JobNotFoundError, JobNotSeenYetError
from services.gateway.domain.jobs.job import requested_job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS, Outcome
from services.gateway.domain.models.ports import Clock
from services.gateway.usecases.jobs.effects import Effects, OutcomeEffects
from services.gateway.usecases.jobs.leave_slot import leave_slot


@dataclass(frozen=True, slots=True)
class FollowJobs:
    """Events may come twice and out of order, also of a kind that only a later release knows: of such a job its document alone is kept up.

    When a job ends its slot is freed first, then what it has changed is brought up, then the job itself: whoever sees it ended sees that.
    An ended job is forgotten after its `life` (ForgetJobs): what was told before, and comes again, does not bring it back.
    """

    jobs: Jobs
    effects: OutcomeEffects
    clock: Clock
    life: timedelta

    async def requested(self, event: Requested) -> None:
        """Let the job's subject show it, if the request that made it was cut off before it could."""
        kind = kind_of(event)
        if kind is None:
            return
        try:
            job = await self.jobs.get(event.job_id, account_id=event.account_id, kind=kind)
        except JobNotFoundError:
            if self._is_outlived(event):
                return
            job = requested_job(event)  # It was lost since.
            await self.jobs.restore(job, continued_hours=Decimal(0))
        await self._effects(event).requested(job)

    async def progressed(self, event: Progressed) -> None:
        """Note progress."""
        with self._unless_forgotten(event):
            await self.jobs.apply(event.job_id, event)

    async def completed(self, event: Completed) -> Completed | Failed:
        """Bring in what the job has made, then end it; return how it has ended: as failed where its account has no room for that."""
        told: Completed | Failed = event
        with self._unless_forgotten(event):
            await self._leave_slot(event)
            try:
                await self._effects(event).completed(event)
            except StorageFullError as error:
                told = _refused(event, error)
                await self._effects(event).ended(told, JobState.FAILED)
            await self.jobs.apply(event.job_id, told)
        return told

    async def failed(self, event: Failed) -> None:
        """Give the job's subject back, then end it."""
        with self._unless_forgotten(event):
            await self._leave_slot(event)
            await self._effects(event).ended(event, JobState.FAILED)
            await self.jobs.apply(event.job_id, event)

    async def cancelled(self, event: Cancelled) -> None:
        """Give the job's subject back, then end it."""
        with self._unless_forgotten(event):
            await self._leave_slot(event)
            await self._effects(event).ended(event, JobState.CANCELLED)
            await self.jobs.apply(event.job_id, event)

    async def missed(self, event: Completed | Failed | Cancelled) -> None:
        """Bring in what an end has changed that was never heard of; the job itself is brought up by whoever knows of it."""
        await self._leave_slot(event)
        effects = self._effects(event)
        if isinstance(event, TrainingCompleted | JobCompleted):
            with suppress(StorageFullError):
                await effects.completed(event)
        else:
            await effects.ended(event, JobState.FAILED if isinstance(event, TrainingFailed | JobFailed) else JobState.CANCELLED)

    async def charged(self, event: CreditsCharged) -> None:
        """Note what the job was charged."""
        with self._unless_forgotten(event):
            await self.jobs.note_charged(event.job_id, hours=event.charged_hours)

    @contextmanager
    def _unless_forgotten(self, event: Event) -> Iterator[None]:
        """Pass over an old event of a job that is not there, which a newer one waits for."""
        try:
            yield
        except JobNotSeenYetError:
            if not self._is_outlived(event):
                raise

    def _is_outlived(self, event: Event) -> bool:
        return event.occurred_at < self.clock() - self.life

    async def _leave_slot(self, event: Completed | Failed | Cancelled) -> None:
        await leave_slot(self.jobs, event.job_id, kind=kind_of(event))

    def _effects(self, event: Requested | Completed | Failed | Cancelled) -> Effects:
        kind = kind_of(event)
        return self.effects[TERMS[kind].outcome if kind else Outcome.NOTHING]


def _refused(event: Completed, error: StorageFullError) -> JobFailed:
    """Return the end of a job whose files have no room, in place of the one that the training service tells."""
    assert isinstance(event, JobCompleted), "only these make files"
    told = event.model_dump(exclude={"result"})
    return JobFailed.model_validate({**told, "attempts": 1, "error": JobError(type="StorageFullError", message=error.message)})
