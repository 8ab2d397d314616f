"""AI Studio's training jobs: list, get, cancel."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from libs.contracts.ids import is_id
from services.gateway.domain.model_errors import JobNotFoundError
from services.gateway.domain.studio_ports import Jobs
from services.gateway.inbound.faces.ai_studio import examples
from services.gateway.inbound.faces.ai_studio.documents import PAGES, answer, errors, query
from services.gateway.inbound.faces.ai_studio.queries import read_id, read_paging, read_word
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, Reader, Trainer
from services.gateway.inbound.faces.ai_studio.translate import JOB_STATES, JOB_WORDS, job_details, job_row, paged
from services.gateway.inbound.strict_route import make_router, starts_work
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
        query("status", "Only jobs in this status.", words=list(JOB_STATES)),
        query("model_id", "Only jobs of this model."),
    ]

    @routes.get(
        "/training-jobs/",
        summary="List your training jobs",
        responses=errors(400, 404) | {200: answer("A page of jobs, the newest first.", examples.page_of(examples.JOB_ROW))},
        openapi_extra={"parameters": [*filters, *PAGES]},
    )
    async def list_jobs(request: Request, caller: Reader) -> dict[str, Any]:
        """Jobs that the caller started."""
        paging = read_paging(request)
        word = read_word(request, "status", known=JOB_STATES)
        state = JOB_STATES[word] if word else None
        model_id = read_id(request, "model_id", prefix="model")
        page = await use.jobs.find(caller.account_id, state=state, model_id=model_id, page=paging.page, size=paging.size)
        paging.check(page.count)
        return paged([job_row(job) for job in page.items], count=page.count, page=paging.page, size=paging.size, link=paging.link)

    @routes.get(
        "/training-jobs/{job_id}/",
        summary="Get a training job's status",
        responses=errors(404) | {200: answer("The job as it stands, with its latest 500 log lines.", examples.JOB)},
    )
    async def get_job(job_id: str, caller: Reader) -> dict[str, Any]:
        """Progress, metrics, logs, and how it ended."""
        return job_details(await use.jobs.get(check_job_id(job_id), account_id=caller.account_id))


def _add_cancelling(routes: APIRouter, use: JobUseCases) -> None:
    @routes.post(
        "/training-jobs/{job_id}/cancel/",
        summary="Cancel a training job",
        responses=errors(400, 403, 404, 504) | {200: answer("The cluster is free, unused credits are back.", examples.CANCELLED)},
    )
    @starts_work
    async def cancel_job(job_id: str, caller: Trainer) -> dict[str, Any]:
        """End a pending or running job; hours it has used are charged, the rest is refunded."""
        job, refund = await use.stop(check_job_id(job_id), account_id=caller.account_id)
        return examples.CANCELLED | {"refund_amount": f"{refund:.2f}", "job_id": job.id, "status": JOB_WORDS[job.state]}
