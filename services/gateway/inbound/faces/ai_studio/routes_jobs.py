"""AI Studio's training jobs: list, get, cancel."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request

from libs.contracts.ids import is_id
from services.gateway.domain.model_errors import CancellationPendingError, JobEndedError, JobNotFoundError
from services.gateway.domain.studio_ports import Jobs
from services.gateway.inbound.faces.ai_studio.answers import JobCancelled, JobDetails, JobPage
from services.gateway.inbound.faces.ai_studio.documents import JobId
from services.gateway.inbound.faces.ai_studio.examples import JOB_ID, MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.queries import read_id, read_word
from services.gateway.inbound.faces.ai_studio.routes_models import NO_SUCH_PAGE, PREFIX, TAG, Owner, Trainer
from services.gateway.inbound.faces.ai_studio.translate import job_cancelled, job_details, job_row
from services.gateway.inbound.faces.ai_studio.words import JOB_STATES
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.paging import PAGES, read_paging
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import make_router, starts_work
from services.gateway.usecases.stop_training import StopTraining


@dataclass(frozen=True, slots=True)
class JobUseCases:
    """What the routes of jobs call."""

    jobs: Jobs
    stop: StopTraining


def check_job_id(job_id: str) -> str:
    """Return the id. Raise JobNotFoundError for what cannot be one."""
    if not is_id(job_id, prefix="job"):
        raise JobNotFoundError(job_id)
    return job_id


def make_job_routes(use: JobUseCases) -> APIRouter:
    """Return the routes under `/api/ai-studio/training-jobs/`."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_reading(routes, use)
    _add_cancelling(routes, use)
    return routes


def _add_reading(routes: APIRouter, use: JobUseCases) -> None:
    filters = [
        query("status", "Only jobs in this status.", enum=list(JOB_STATES)),
        query("model_id", "Only jobs of this model.", examples=[MODEL_ID]),
    ]

    @routes.get(
        "/training-jobs/",
        summary="List your training jobs",
        response_description="A page of jobs, the newest first.",
        responses=NO_SUCH_PAGE,
        openapi_extra={"parameters": [*filters, *PAGES]},
    )
    async def list_jobs(request: Request, caller: Owner) -> Annotated[dict[str, Any], ShownAs(JobPage)]:
        """Jobs that the caller started."""
        paging = read_paging(request)
        word = read_word(request, "status", known=JOB_STATES)
        state = JOB_STATES[word] if word else None
        model_id = read_id(request, "model_id", prefix="model")
        page = await use.jobs.find(caller.account_id, paging.part, state=state, model_id=model_id)
        return paging.answer([job_row(job) for job in page.items], count=page.count, after=page.after)

    @routes.get(
        "/training-jobs/{job_id}/",
        summary="Get a training job's status",
        response_description="The job as it stands, with its latest 500 log lines.",
        responses=refused(FACE, JobNotFoundError(JOB_ID)),
    )
    async def get_job(job_id: JobId, caller: Owner) -> Annotated[dict[str, Any], ShownAs(JobDetails)]:
        """Progress, metrics, logs, and how it ended."""
        return job_details(await use.jobs.get(check_job_id(job_id), account_id=caller.account_id))


def _add_cancelling(routes: APIRouter, use: JobUseCases) -> None:
    @routes.post(
        "/training-jobs/{job_id}/cancel/",
        summary="Cancel a training job",
        response_description="The cluster is free, unused credits are back.",
        responses=refused(FACE, JobNotFoundError(JOB_ID), JobEndedError("succeeded"), CancellationPendingError(JOB_ID)),
    )
    @starts_work
    async def cancel_job(job_id: JobId, caller: Trainer) -> Annotated[dict[str, Any], ShownAs(JobCancelled)]:
        """End a pending or running job; hours it has used are charged, the rest is refunded."""
        job, refund = await use.stop(check_job_id(job_id), account_id=caller.account_id)
        return job_cancelled(job, refund=refund)
