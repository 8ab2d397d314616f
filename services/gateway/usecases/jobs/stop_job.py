"""End a job of any kind before its time, and give back what it did not use."""

from dataclasses import dataclass, replace
from decimal import Decimal

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.job_kinds import JobKind
from libs.contracts.marketplace import SettleCredits
from libs.contracts.training import CancelTraining, JobState, TrainingStopped
from services.gateway.domain.jobs.errors import CancellationKeptError, CancellationPendingError, JobEndedError, RefundPendingError
from services.gateway.domain.jobs.job import Job, wish_of
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.domain.jobs.terms import TERMS
from services.gateway.domain.models.ports import Clock
from services.gateway.domain.services import Marketplace, Training
from services.gateway.usecases.jobs.effects import OutcomeEffects
from services.gateway.usecases.jobs.leave_slot import leave_slot


@dataclass(frozen=True, slots=True)
class StopJob:
    """The wish is written down first, so that it takes effect even when nobody answers now."""

    jobs: Jobs
    effects: OutcomeEffects
    training: Training
    marketplace: Marketplace
    clock: Clock

    async def __call__(self, job_id: str, *, account_id: str, kind: JobKind | None = None, reason: str | None = None) -> Job:
        """Return the job of this kind (of any, for None) as it was cancelled, with its refund.

        `reason` is what its owner reads of it, where an operator ends it.

        Raise JobNotFoundError, JobEndedError, CancellationPendingError or CancellationKeptError (recorded, but not confirmed),
        RefundPendingError (cancelled, but the marketplace has not answered).
        """
        job = await self.jobs.get(job_id, account_id=account_id, kind=kind)
        if job.state is JobState.CANCELLED and job.refund_amount is None and job.compute_hours is not None:
            # The request that cancelled it was cut off before it heard of the refund: this one tells it.
            return await self._refunded(job, used_hours=job.compute_hours)
        if job.state.ended:
            raise JobEndedError(job.state.value)
        await self.jobs.request_cancel(job_id, wish_of(job), at=self.clock(), reason=reason)
        stopped = await self._stop(job)
        if stopped.state is not JobState.CANCELLED:  # It ended by itself, and is settled by the event that tells how.
            raise JobEndedError(stopped.state.value)
        job = await self._brought_in(job, stopped)
        at, hours, progress = self.clock(), stopped.compute_hours, stopped.progress
        await self.jobs.note_stopped(job_id, at=at, hours=hours, progress=progress, partial=stopped.partial)
        ended = replace(job, state=stopped.state, progress=progress, compute_hours=hours, ended_at=at, slot=None)
        return await self._refunded(ended, used_hours=hours)

    async def _brought_in(self, job: Job, stopped: TrainingStopped) -> Job:
        """Give the job's subject back, unless the event was faster, and return the job with what was told of it meanwhile."""
        told = await self.jobs.get(job.id, account_id=job.account_id, kind=job.kind)
        told = replace(told, partial=stopped.partial or told.partial)
        if not told.state.ended:
            await leave_slot(self.jobs, job.id, kind=job.kind)
            await self.effects[TERMS[job.kind].outcome].stopped(told)
        return told

    async def _stop(self, job: Job) -> TrainingStopped:
        try:
            return await self.training.cancel(CancelTraining(job_id=job.id, model_id=job.model_id or "", account_id=job.account_id))
        except AskTimeoutError as error:
            raise CancellationPendingError(job.id) from error
        except UnavailableError as error:
            raise CancellationKeptError(job.id) from error

    async def _refunded(self, job: Job, *, used_hours: Decimal) -> Job:
        if not TERMS[job.kind].is_charged:
            return job
        ask = SettleCredits(job_id=job.id, account_id=job.account_id, outcome="cancelled", used_hours=used_hours)
        try:
            settled = await self.marketplace.settle(ask)
        except (AskTimeoutError, UnavailableError) as error:
            raise RefundPendingError(job.id) from error
        await self.jobs.note_refund(job.id, refund=settled.refund_amount)
        return replace(job, refund_amount=settled.refund_amount)
