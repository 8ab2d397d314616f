"""End a job before its time, and give back what it did not use."""

from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from libs.chassis.bus.port import AskTimeoutError
from libs.chassis.errors import UnavailableError
from libs.contracts.marketplace import SettleCredits
from libs.contracts.training import CancelTraining, JobState, TrainingCancelRequested, TrainingStopped
from services.gateway.domain.jobs.job import WISH, Job
from services.gateway.domain.models.errors import (
    CancellationKeptError,
    CancellationPendingError,
    JobEndedError,
    ModelNotFoundError,
    RefundPendingError,
)
from services.gateway.domain.models.ports import Clock, Jobs
from services.gateway.domain.services import Marketplace, Training
from services.gateway.usecases.jobs.show_training import ShowTraining


@dataclass(frozen=True, slots=True)
class StopTraining:
    """The wish is written down first, so that it takes effect even when nobody answers now."""

    jobs: Jobs
    show: ShowTraining
    training: Training
    marketplace: Marketplace
    clock: Clock

    async def __call__(self, job_id: str, *, account_id: str) -> tuple[Job, Decimal]:
        """Return the job as it ended and the money that came back.

        Raise JobNotFoundError, JobEndedError, CancellationPendingError or CancellationKeptError (recorded, but not confirmed),
        RefundPendingError (cancelled, but the marketplace has not answered).
        """
        job = await self.jobs.get(job_id, account_id=account_id)
        if job.state is JobState.CANCELLED and job.refund_amount is None and job.compute_hours is not None:
            # The request that cancelled it was cut off before it heard of the refund: this one tells it.
            return job, await self._refund(job, used_hours=job.compute_hours)
        if job.state.ended:
            raise JobEndedError(job.state.value)
        wish = TrainingCancelRequested(sequence=WISH, job_id=job_id, account_id=account_id)
        await self.jobs.request_cancel(job_id, wish, at=self.clock())
        stopped = await self._stop(job)
        if stopped.state is not JobState.CANCELLED:  # It ended by itself, and is settled by the event that tells how.
            raise JobEndedError(stopped.state.value)
        # At once: the event that tells of the end does the same, and whichever comes second changes nothing.
        await self.jobs.leave_slot(job_id)
        with suppress(ModelNotFoundError):  # Deleted meanwhile: there is nothing to free.
            await self.show(replace(job, state=JobState.CANCELLED))
        await self.jobs.note_stopped(job_id, at=self.clock(), hours=stopped.compute_hours, progress=stopped.progress)
        refund = await self._refund(job, used_hours=stopped.compute_hours)
        return replace(job, state=stopped.state, progress=stopped.progress, compute_hours=stopped.compute_hours), refund

    async def _stop(self, job: Job) -> TrainingStopped:
        try:
            return await self.training.cancel(CancelTraining(job_id=job.id, model_id=job.model_id or "", account_id=job.account_id))
        except AskTimeoutError as error:
            raise CancellationPendingError(job.id) from error
        except UnavailableError as error:
            raise CancellationKeptError(job.id) from error

    async def _refund(self, job: Job, *, used_hours: Decimal) -> Decimal:
        ask = SettleCredits(job_id=job.id, account_id=job.account_id, outcome="cancelled", used_hours=used_hours)
        try:
            settled = await self.marketplace.settle(ask)
        except (AskTimeoutError, UnavailableError) as error:
            raise RefundPendingError(job.id) from error
        await self.jobs.note_refund(job.id, refund=settled.refund_amount)
        return settled.refund_amount
