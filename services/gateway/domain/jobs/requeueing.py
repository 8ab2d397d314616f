"""Which jobs an operator can have run again: those that have failed, and of which all is there that they were asked to do."""

from libs.contracts.training import JobState
from services.gateway.domain.jobs.errors import NotRequeueableError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.terms import TERMS


def check_requeueable(job: Job) -> None:
    """Raise NotRequeueableError, which says what to do instead."""
    if not job.state.ended:
        why = f"{job.id} has not ended: stop it first, or wait for its end."
    elif job.state is not JobState.FAILED:
        why = f"{job.id} has not failed: only a failed job runs again. Its owner starts a new one."
    elif (not_again := TERMS[job.kind].not_again) is not None:
        why = not_again.format(job=job.id)
    else:
        return
    raise NotRequeueableError(why, state=job.state.value)
