"""Which jobs an operator can have run again: those that have failed, and of which all is there that they were asked to do."""

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.errors import NotRequeueableError
from services.gateway.domain.jobs.job import Job


def check_requeueable(job: Job) -> None:
    """Raise NotRequeueableError, which says what to do instead."""
    if not job.state.ended:
        why = f"{job.id} has not ended: stop it first, or wait for its end."
    elif job.state is not JobState.FAILED:
        why = f"{job.id} has not failed: only a failed job runs again. Its owner starts a new one."
    elif job.kind is JobKind.VALIDATE:
        why = f"The file that {job.id} has checked went when the check ended: its owner sends it again."
    elif job.kind is JobKind.REFRESH:
        why = f"{job.id} has refreshed a live series, which is refreshed again by itself when it is due."
    else:
        return
    raise NotRequeueableError(why, state=job.state.value)
