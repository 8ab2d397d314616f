"""The facts that training listens to."""

from libs.chassis.bus.handlers import Facts
from libs.chassis.logs import correlation_id
from libs.chassis.telemetry import traceparent
from libs.contracts.jobs import JobCancelRequested, JobRequested
from libs.contracts.training import TrainingCancelRequested, TrainingRequested
from services.training.usecases.accept_job import AcceptJob
from services.training.usecases.cancel_job import CancelJob


def make_facts(*, accept_job: AcceptJob, cancel_job: CancelJob) -> Facts:
    """Name the use case of each fact."""
    facts = Facts()

    async def on_requested(event: TrainingRequested | JobRequested) -> None:
        # Both are kept with the job: its run on the cluster, and what is told of it, continue them.
        await accept_job(event, traceparent=traceparent(), correlation_id=correlation_id())

    facts.on(TrainingRequested)(on_requested)
    facts.on(JobRequested)(on_requested)

    async def on_cancel_requested(event: TrainingCancelRequested | JobCancelRequested) -> None:
        await cancel_job(event.job_id, account_id=event.account_id)

    facts.on(TrainingCancelRequested)(on_cancel_requested)
    facts.on(JobCancelRequested)(on_cancel_requested)

    return facts
