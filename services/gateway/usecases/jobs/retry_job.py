"""Try a failed job again, for its owner: a new job with the spec of the first."""

import re
from dataclasses import dataclass
from typing import Final

from libs.contracts.training import JobState
from services.gateway.domain.accounts.caller import Caller
from services.gateway.domain.errors import WrongStateError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.work import Work
from services.gateway.usecases.jobs.effects import Order
from services.gateway.usecases.jobs.requeue_job import spec_of
from services.gateway.usecases.jobs.start_job import StartJob

NUMBERED: Final = re.compile(r"-\d+$")


class NotFailedError(WrongStateError):
    """Only what has failed is tried again."""

    def __init__(self, state: JobState) -> None:
        super().__init__("Only a failed job can be tried again.", noun="job", state=state.value)


@dataclass(frozen=True, slots=True)
class RetryJob:
    """A training works on the model that the first one worked on."""

    start: StartJob

    async def __call__(self, job: Job, *, caller: Caller, work: Work) -> Job:
        """Return the new job. Raise NotFailedError, or what StartJob raises."""
        if job.state is not JobState.FAILED:
            raise NotFailedError(job.state)
        order = Order(
            kind=job.kind,
            spec=spec_of(job),
            name=job.name if job.slug is None and job.model_id is None else None,
            priority=job.priority,
            model_id=job.model_id,
            parent=job.parent,
            slug=NUMBERED.sub("", job.slug) if job.slug else None,
            # What nobody had asked for still costs nobody anything.
            unasked=bool((job.spec or {}).get("unasked")),
        )
        return (await self.start(order, caller=caller, work=work)).job
