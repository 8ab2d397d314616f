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

from services.gateway.inbound.pages.in_process import SocketRefusedError, watch
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
ENDED_WITHIN_S: Final = 300
# All that a socket says at first comes in one go.
QUIET_S: Final = 0.25


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
    """Return the page of all that runs now, and the streams of jobs' changes (server-sent events): the API's own socket of jobs."""

    async def now(request: Request) -> Response:
        visit = await pages.visit(request)
        if not visit.session.signed_in:
            return visit.to_sign_in()
        heard = watch(request.app, "/ws/jobs", query=urlencode({"ended_within": ENDED_WITHIN_S}), token=visit.session.access_token)
        told = {each["job_id"]: each["data"] async for each in _at_once(heard)}
        return visit.answer("live.html", title="Live", crumbs=((JOBS, "Jobs"),), jobs=told)

    async def live(request: Request) -> Response:
        visit = await pages.visit(request)
        if not visit.session.signed_in:
            # A browser does not ask again after this, and the page reads itself every few seconds.
            return Response(status_code=204)
        job_id = request.path_params.get("job_id")
        query = urlencode({"job_id": job_id} if job_id else {"ended_within": 0})
        heard = watch(request.app, "/ws/jobs", query=query, token=visit.session.access_token)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return visit.keep(StreamingResponse(_events(heard), media_type="text/event-stream", headers=headers))

    return [
        Route("/app/live", now, methods=["GET"]),
        Route("/app/live/events", live, methods=["GET"]),
        Route(f"{JOBS}/{{job_id}}/live", live, methods=["GET"]),
    ]


async def _at_once(heard: AsyncIterator[list[str]]) -> AsyncIterator[Any]:
    """Yield what a socket says as it is opened: how all that it watches stands."""
    while True:
        try:
            async with asyncio.timeout(QUIET_S):
                messages = await anext(heard)
        except (TimeoutError, StopAsyncIteration, SocketRefusedError):
            return
        for message in messages:
            yield json.loads(message)


async def _events(heard: AsyncIterator[list[str]]) -> AsyncIterator[str]:
    """Yield `changed` for what is heard, at most so often, a comment while it is quiet, and `ended` at the end."""
    coming: asyncio.Task[Any] = asyncio.ensure_future(anext(heard, None))
    yield "retry: 3000\n\n"
    try:
        while True:
            await asyncio.wait((coming,), timeout=BEAT_S)
            if not coming.done():
                yield ": still here\n\n"
                continue
            try:
                messages = coming.result()
            except SocketRefusedError:
                return  # The browser asks again in a moment, with a session that is renewed by then.
            if messages is None:
                yield "event: ended\ndata: {}\n\n"
                return
            yield f"event: changed\ndata: {json.dumps({'jobs': len(messages)})}\n\n"
            coming = asyncio.ensure_future(anext(heard, None))
            await asyncio.sleep(REST_S)
    finally:
        coming.cancel()
        with suppress(asyncio.CancelledError, SocketRefusedError, StopAsyncIteration):
            await coming
