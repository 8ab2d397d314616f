"""What the marketplace does about a job's life: its credits follow it, and what it made can be listed."""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import TypeVar

from libs.chassis.bus.handlers import Facts
from libs.contracts.jobs import JobCancelled, JobCompleted, JobEvent, JobFailed, JobRequested
from libs.contracts.live import PLATFORM
from libs.contracts.training import TrainingCancelled, TrainingCompleted, TrainingFailed, TrainingRequested
from services.marketplace.domain.listing_ports import ModelVersions
from services.marketplace.domain.model_version import version_of
from services.marketplace.domain.ports import Metering
from services.marketplace.usecases.confirm_reservation import ConfirmReservation
from services.marketplace.usecases.keep_records import JudgeAgain
from services.marketplace.usecases.settle_credits import Settle

J = TypeVar("J", bound=JobEvent)


def make_facts(
    *, confirm: ConfirmReservation, settle: Settle, metering: Metering, versions: ModelVersions, judge_again: JudgeAgain
) -> Facts:
    """Bind each event to its use case."""
    facts = Facts()

    async def on_requested(event: TrainingRequested | JobRequested) -> None:
        await metering.note_job(event.job_id, account_id=event.account_id, name=event.job_name)
        await confirm(event)

    facts.on(TrainingRequested)(on_requested)
    facts.on(JobRequested)(_of_accounts(on_requested))

    @facts.on(TrainingCompleted)
    async def on_training_completed(event: TrainingCompleted) -> None:
        version = version_of(event)
        await versions.note(version)
        await metering.note_job(event.job_id, account_id=event.account_id, resource=event.resource)
        await settle(event.job_id, account_id=event.account_id, outcome="succeeded", used=event.compute_hours, is_told=True)
        await judge_again.after(version)

    @facts.on(JobCompleted)
    @_of_accounts
    async def on_job_completed(event: JobCompleted) -> None:
        await metering.note_job(event.job_id, account_id=event.account_id, resource=event.resource)
        await settle(event.job_id, account_id=event.account_id, outcome="succeeded", used=event.compute_hours, is_told=True)

    async def on_failed(event: TrainingFailed | JobFailed) -> None:
        await metering.note_job(event.job_id, account_id=event.account_id, resource=event.resource)
        if event.error.is_compute_limit:  # It has had all that was reserved, and what it has finished is kept.
            await settle(event.job_id, account_id=event.account_id, outcome="limited", used=event.compute_hours, is_told=True)
        else:
            await settle(event.job_id, account_id=event.account_id, outcome="failed", used=Decimal(0), is_told=True)

    facts.on(TrainingFailed)(on_failed)
    facts.on(JobFailed)(_of_accounts(on_failed))

    async def on_cancelled(event: TrainingCancelled | JobCancelled) -> None:
        await metering.note_job(event.job_id, account_id=event.account_id, resource=event.resource)
        await settle(event.job_id, account_id=event.account_id, outcome="cancelled", used=event.compute_hours, is_told=True)

    facts.on(TrainingCancelled)(on_cancelled)
    facts.on(JobCancelled)(_of_accounts(on_cancelled))

    return facts


def _of_accounts(handle: Callable[[J], Awaitable[None]]) -> Callable[[J], Awaitable[None]]:
    """Return what handles jobs of accounts alone: what the platform does by itself costs nobody anything."""

    async def handle_charged(event: J) -> None:
        if event.account_id != PLATFORM:
            await handle(event)

    return handle_charged
