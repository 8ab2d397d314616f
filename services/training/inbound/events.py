"""The facts that training listens to."""

from libs.chassis.bus.handlers import Facts
from libs.chassis.logs import correlation_id
from libs.chassis.telemetry import traceparent
from libs.contracts.gateway import AccountErased
from libs.contracts.job_kinds import JOB_EVENTS, TRAINING_EVENTS, CancelRequested, Requested
from libs.contracts.registry import RegistryChanged
from services.training.domain.ports import Jobs, MirroredNames
from services.training.usecases.accept_job import AcceptJob
from services.training.usecases.cancel_job import CancelJob


def make_facts(*, accept_job: AcceptJob, cancel_job: CancelJob, jobs: Jobs, names: MirroredNames) -> Facts:
    """Name the use case of each fact."""
    facts = Facts()

    async def on_requested(event: Requested) -> None:
        # Both are kept with the job: its run on the cluster, and what is told of it, continue them.
        await accept_job(event, traceparent=traceparent(), correlation_id=correlation_id())

    async def on_cancel_requested(event: CancelRequested) -> None:
        await cancel_job(event.job_id, account_id=event.account_id)

    @facts.on(AccountErased)
    async def on_account_erased(event: AccountErased) -> None:
        await jobs.forget_account(event.account_id)
        await names.forget_account(event.account_id)

    facts.on(RegistryChanged)(names.note)

    for events in (TRAINING_EVENTS, JOB_EVENTS):
        facts.on(events.requested)(on_requested)
        facts.on(events.cancel_requested)(on_cancel_requested)
    return facts
