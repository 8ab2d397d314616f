"""Trainings: list, get, cancel, read the log, wait for the end."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final

from modelbourse.answers.answer import Page
from modelbourse.answers.trainings import JobCancelled, JobDetails, JobRow, JobStatus, LogLine
from modelbourse.asking import FACE, ask_for, get_all, get_page, path_to
from modelbourse.errors_jobs import ComputeLimitError, TrainingCancelledError, TrainingFailedError, WaitTimeoutError
from modelbourse.gateway import Gateway, new_key
from modelbourse.looking import Looks
from modelbourse.steps import Emit, Flow, Steps

JOBS: Final = f"{FACE}/training-jobs/"
# The code of a job that has used up what it may use.
COMPUTE_LIMIT: Final = "COMPUTE_LIMIT"


def page_of_jobs(
    gateway: Gateway, *, status: JobStatus | None = None, model_id: str | None = None, page: int = 1, page_size: int | None = None
) -> Steps[Page[JobRow]]:
    """Return a page of your trainings, the newest first."""
    return get_page(gateway, JobRow, JOBS, page=page, page_size=page_size, status=status, model_id=model_id)


def all_jobs(gateway: Gateway, *, status: JobStatus | None = None, model_id: str | None = None) -> Flow[JobRow, None]:
    """Iterate over all your trainings, the newest first."""
    return get_all(gateway, JobRow, JOBS, status=status, model_id=model_id)


def get_job(gateway: Gateway, job_id: str) -> Steps[JobDetails]:
    """Return a training as it stands; raise NotFoundError."""
    return ask_for(gateway, JobDetails, "GET", path_to(JOBS, job_id))


def cancel_job(gateway: Gateway, job_id: str, *, idempotency_key: str | None = None) -> Steps[JobCancelled]:
    """End a training; what it has used is charged, the rest comes back. Raise InvalidRequestError when it has ended."""
    return ask_for(gateway, JobCancelled, "POST", path_to(JOBS, job_id, then="/cancel/"), key=idempotency_key or new_key())


def wait_for_job(
    gateway: Gateway,
    job_id: str,
    *,
    timeout: float | None = None,
    progress: bool = False,
    watch: Callable[[JobDetails], None] | None = None,
) -> Steps[JobDetails]:
    """Wait until a training has ended well and return it.

    `progress` shows a bar on stderr (lines, where that is no terminal); `watch` is called with the job each time it is looked at.
    Raise TrainingFailedError (where it is due to a limit ComputeLimitError), TrainingCancelledError, or, after `timeout` seconds,
    WaitTimeoutError: the training goes on.
    """
    looks = _looks_at(gateway, job_id, timeout=timeout)
    with _progress_of(job_id) if progress else nullcontext() as show:
        while True:
            job = yield from looks.next()
            for told in (show, watch):
                if told is not None:
                    told(job)
            if job.ended:
                break
    return _ended_well(job)


def _progress_of(job_id: str) -> AbstractContextManager[Callable[[JobDetails], None]]:
    from modelbourse.progress import progress_of  # noqa: PLC0415  # rich takes a while to import, and most uses show nothing

    return progress_of(job_id)


def get_logs(gateway: Gateway, job_id: str, *, follow: bool = False) -> Flow[LogLine, None]:
    """Iterate over a training's latest 500 log lines; with `follow` over those to come too, until it has ended."""
    looks = _looks_at(gateway, job_id)
    told: list[LogLine] = []
    while True:
        job = yield from looks.next()
        for line in _newer(job.logs, than=told):
            yield Emit(line)
        if job.ended or not follow:
            return
        told = job.logs or told


def _looks_at(gateway: Gateway, job_id: str, *, timeout: float | None = None) -> Looks[JobDetails]:
    def too_late(last: JobDetails | None) -> WaitTimeoutError:
        return WaitTimeoutError(f"the training {job_id} is not waited for any longer than {timeout:g} s; it goes on", last)

    return Looks(gateway, lambda: get_job(gateway, job_id), too_late, timeout)


def _ended_well(job: JobDetails) -> JobDetails:
    if job.status == "FAILED":
        why = f"{job.error.message} ({job.error.type})" if job.error else "no reason was given"
        msg = f"the training {job.id} failed: {why}"
        raise (ComputeLimitError if job.error and job.error.code == COMPUTE_LIMIT else TrainingFailedError)(msg, job)
    if job.status == "CANCELLED":
        msg = f"the training {job.id} was cancelled"
        raise TrainingCancelledError(msg, job)
    return job


def _newer(lines: list[LogLine], *, than: list[LogLine]) -> list[LogLine]:
    """Return the lines after the last one that is known; all of them, when that one is not among them any more."""
    at = next((at for at in range(len(lines) - 1, -1, -1) if than and lines[at] == than[-1]), -1)
    return lines[at + 1 :]
