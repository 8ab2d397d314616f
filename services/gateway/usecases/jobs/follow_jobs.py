"""Keep jobs, and what they change, up to what is told of them."""

from dataclasses import dataclass
from decimal import Decimal

from libs.contracts.job_kinds import Cancelled, Completed, Failed, Progressed, Requested, kind_of
from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import JobState
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.job import requested_job
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS, Outcome
from services.gateway.usecases.jobs.effects import Effects, OutcomeEffects


@dataclass(frozen=True, slots=True)
class FollowJobs:
    """Events may come twice and out of order, also of a kind that only a later release knows: of such a job its document alone is kept up.

    What a job has changed is brought up before the job itself: whoever sees it ended sees that.
    """

    jobs: Jobs
    effects: OutcomeEffects

    async def requested(self, event: Requested) -> None:
        """Let the job's subject show it, if the request that made it was cut off before it could."""
        kind = kind_of(event)
        if kind is None:
            return
        try:
            job = await self.jobs.get(event.job_id, account_id=event.account_id, kind=kind)
        except JobNotFoundError:
            job = requested_job(event)  # It was lost since.
            await self.jobs.restore(job, continued_hours=Decimal(0))
        await self._effects(event).requested(job)

    async def progressed(self, event: Progressed) -> None:
        """Note progress."""
        await self.jobs.apply(event.job_id, event)

    async def completed(self, event: Completed) -> None:
        """Bring in what the job has made, then end it."""
        await self._effects(event).completed(event)
        await self.jobs.apply(event.job_id, event)

    async def failed(self, event: Failed) -> None:
        """Give the job's subject back, then end it."""
        await self._effects(event).ended(event, JobState.FAILED)
        await self.jobs.apply(event.job_id, event)

    async def cancelled(self, event: Cancelled) -> None:
        """Give the job's subject back, then end it."""
        await self._effects(event).ended(event, JobState.CANCELLED)
        await self.jobs.apply(event.job_id, event)

    async def charged(self, event: CreditsCharged) -> None:
        """Note what the job was charged."""
        await self.jobs.note_charged(event.job_id, hours=event.charged_hours)

    def _effects(self, event: Requested | Completed | Failed | Cancelled) -> Effects:
        kind = kind_of(event)
        return self.effects[TERMS[kind].outcome if kind else Outcome.NOTHING]
