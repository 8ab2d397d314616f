"""Jobs: the list, and one with its progress and log as they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from services.gateway.inbound.pages.in_process import watch
from services.gateway.inbound.pages.page import Action, Facts, Page, Read
from services.gateway.inbound.pages.showing import Pages

STUDIO: Final = "/api/ai-studio"
JOBS: Final = "/app/jobs"
SIZE: Final = 20
STATUSES: Final = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED")
# Less than a proxy waits for a connection on which nothing comes.
BEAT_S: Final = 15.0
# A job's progress comes many times a second; a page need not.
REST_S: Final = 0.7


def _other(facts: Facts) -> Mapping[str, Read]:
    """Return where a job is that is no training."""
    return {} if facts["job"] else {"task": Read("/api/tasks/{job_id}")}


PAGES: Final = (
    Page(
        path=JOBS,
        template="jobs.html",
        title="Jobs",
        reads={
            "jobs": Read(f"{STUDIO}/training-jobs/", query=("status", "model_id", "page"), fixed={"page_size": SIZE}),
            "tasks": Read("/api/tasks", fixed={"limit": 10, "task_name": "backtest_tasks.run_backtest_async"}, needed=False),
        },
        shape=lambda _: {"statuses": STATUSES, "size": SIZE},
    ),
    Page(
        path=f"{JOBS}/{{job_id}}",
        template="job.html",
        title=lambda facts: str(facts["job"]["job_name"] if facts["job"] else facts["task"]["task_id"]),
        crumbs=((JOBS, "Jobs"),),
        reads={"job": Read(f"{STUDIO}/training-jobs/{{job_id}}/", needed=False)},
        more=_other,
        actions={
            "cancel": Action(
                "POST", f"{STUDIO}/training-jobs/{{job_id}}/cancel/", done="The job is cancelled; what it did not use is refunded."
            ),
            "cancel_task": Action("DELETE", "/api/tasks/{job_id}", done="The job is cancelled."),
        },
    ),
)


def live_routes(pages: Pages) -> list[Route]:
    """Return the stream of a job's changes (server-sent events), which is the API's own socket of jobs."""

    async def live(request: Request) -> Response:
        visit = await pages.visit(request)
        query = urlencode({"job_id": request.path_params["job_id"]})
        heard = watch(request.app, "/ws/jobs", query=query, token=visit.session.access_token)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return visit.keep(StreamingResponse(_events(heard), media_type="text/event-stream", headers=headers))

    return [Route(f"{JOBS}/{{job_id}}/live", live, methods=["GET"])]


async def _events(heard: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield `changed` for what is heard, at most so often, a comment while it is quiet, and `ended` at the end."""
    coming: asyncio.Task[Any] = asyncio.ensure_future(anext(heard, None))
    yield "retry: 3000\n\n"
    try:
        while True:
            await asyncio.wait((coming,), timeout=BEAT_S)
            if not coming.done():
                yield ": still here\n\n"
                continue
            message = coming.result()
            if message is None:
                yield "event: ended\ndata: {}\n\n"
                return
            progress = {"progress": json.loads(message).get("data", {}).get("progress")}
            yield f"event: changed\ndata: {json.dumps(progress)}\n\n"
            coming = asyncio.ensure_future(anext(heard, None))
            await asyncio.sleep(REST_S)
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError):
            await coming
