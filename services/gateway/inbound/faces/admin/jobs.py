"""For operators: jobs of all accounts, ended with a reason that their owner reads, or run again where they have failed."""

from functools import partial
from typing import Annotated, Final

from fastapi import Path, Query, status
from pydantic import Field
from starlette.requests import Request

from libs.contracts.job_kinds import JobKind
from modelbourse.answers.accounts import ACCOUNT_ID
from modelbourse.answers.admin_jobs import AnyJob, AnyJobDetails, AnyJobPage, Requeued
from modelbourse.answers.answer import JOB_ID
from modelbourse.answers.trainings import JobStatus, LogLine
from services.gateway.domain.jobs.errors import CancellationPendingError, JobEndedError, JobNotFoundError, NotRequeueableError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import EveryJobFilter
from services.gateway.inbound.faces.admin.accounts import audited
from services.gateway.inbound.faces.admin.face import FACE, NO_SUCH_PAGE, PAGE, PARTS, STATES, WORDS, Admin, Jobs
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.paging import read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_body import StrictBody
from services.gateway.inbound.http.strict_route import make_router

JobId = Annotated[str, id_of("job", partial(JobNotFoundError, noun="job")), Path(description="As the list has it.", examples=[JOB_ID])]
ENDED: Final = JobEndedError("succeeded")
NOT_FAILED: Final = NotRequeueableError(f"{JOB_ID} has not failed: only a failed job runs again.", state="succeeded")


class Stop(StrictBody):
    """Why a job is ended."""

    reason: str = Field(
        min_length=1, max_length=300, description="For its owner to read.", examples=["The cluster is taken down for repairs."]
    )


routes = make_router(prefix="/admin/jobs", tags=[FACE.tag("jobs")])


@routes.get("", summary="List jobs of all accounts", responses=NO_SUCH_PAGE, openapi_extra=PARTS)
async def list_all_jobs(
    request: Request,
    _: Admin,
    use: Jobs,
    *,
    account: Annotated[str | None, Query(description="Only of this account, by its id.", examples=[ACCOUNT_ID])] = None,
    kind: Annotated[JobKind | None, Query(description="Only of this kind.")] = None,
    status: Annotated[JobStatus | None, Query(description="Only in this status.")] = None,
) -> AnyJobPage:
    """Newest first, 50 a page; of every kind, the platform's own refreshes included."""
    paging = read_paging(request, size=PAGE)
    wanted = EveryJobFilter(account, [kind] if kind else (), [STATES[status]] if status else ())
    found = await use.every.find(paging.part, wanted)
    return paging.page(AnyJobPage, [any_job_of(each) for each in found.items], count=found.count, after=found.after)


@routes.get("/{job_id}", summary="Show a job of any account")
async def get_any_job(job_id: JobId, _: Admin, use: Jobs) -> AnyJobDetails:
    """With its log."""
    job = await use.jobs.get(job_id, account_id=None, kind=None)
    lines = [LogLine(timestamp=line.timestamp, level=line.level, message=line.message) for line in job.logs]
    return AnyJobDetails(**dict(any_job_of(job)), logs=lines)


@routes.post(
    "/{job_id}/stop", summary="End a job of any account", responses=refused(FACE, ENDED, CancellationPendingError(JOB_ID), 503, 504)
)
async def stop_any_job(job_id: JobId, body: Stop, admin: Admin, use: Jobs) -> AnyJob:
    """As its owner would: it ends as CANCELLED, and what it did not use is given back. Its owner sees the reason."""
    job = await use.jobs.get(job_id, account_id=None, kind=None)
    with audited(admin, "jobs/stop", job.account_id, job_id=job_id, reason=body.reason):
        return any_job_of(await use.stop(job_id, account_id=job.account_id, reason=body.reason))


@routes.post(
    "/{job_id}/requeue",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Run a failed job again",
    responses=refused(FACE, NOT_FAILED, 402, 503, 504),
)
async def requeue_job(job_id: JobId, admin: Admin, use: Jobs) -> Requeued:
    """As a new job of its account with the same spec; asked for again, it is the same one.

    Nothing is charged twice: a failed job was charged nothing, and one that its limit has ended is gone on with from where it was.
    """
    failed = await use.jobs.get(job_id, account_id=None, kind=None)
    with audited(admin, "jobs/requeue", failed.account_id, job_id=job_id):
        return Requeued(requeued=job_id, job=any_job_of(await use.requeue(job_id)))


def any_job_of(job: Job) -> AnyJob:
    """Return a job as operators see it."""
    return AnyJob(
        id=job.id,
        account_id=job.account_id,
        kind=job.kind.value,
        name=job.name,
        model_id=job.model_id,
        status=WORDS[job.state],
        progress=job.progress,
        attempts=job.attempt,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        cost=job.cost,
        refund=job.refund,
        error=f"{job.error.type}: {job.error.message}" if job.error else None,
        cancel_reason=job.cancel_reason,
        parent_id=job.parent,
    )
