"""Waiting for a job of Model Builder: a training, an export, a check of data."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from modelbourse.answers.answer import Answer
from modelbourse.builder.errors import BuilderJobCancelledError, BuilderJobFailedError
from modelbourse.errors_jobs import WaitTimeoutError
from modelbourse.gateway import Gateway
from modelbourse.looking import Looks
from modelbourse.steps import Steps

J = TypeVar("J", bound=Answer)
ENDED: Final = frozenset({"completed", "failed", "cancelled"})


def wait_for(
    gateway: Gateway, job_id: str, look: Callable[[], Steps[J]], *, timeout: float | None, watch: Callable[[J], None] | None
) -> Steps[J]:
    """Look at a job until it has ended well, and return it; `watch` is told what is seen.

    Raise BuilderJobFailedError, BuilderJobCancelledError or, after `timeout` seconds, WaitTimeoutError: the job goes on.
    """

    def too_late(last: Any) -> WaitTimeoutError:
        stands = f"it is {last.status}" if last else "it goes on"
        return WaitTimeoutError(f"{job_id} is not waited for any longer than {timeout:g} s; {stands}", None)

    looks = Looks(gateway, look, too_late, timeout)
    while True:
        job: Any = yield from looks.next()
        if watch is not None:
            watch(job)
        if job.status in ENDED:
            break
    if job.status == "failed":
        error = getattr(job, "error", None)
        message = f"{job_id} failed: {getattr(error, 'message', error) or 'no reason was given'}"
        raise BuilderJobFailedError(message, job)
    if job.status == "cancelled":
        message = f"{job_id} was cancelled"
        raise BuilderJobCancelledError(message, job)
    ended: J = job
    return ended
