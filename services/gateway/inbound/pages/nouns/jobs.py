"""Jobs of every kind: the list, and one with its progress and log as they come, which leads to what comes of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelbourse.answers.live import JobState
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Page, Read
from services.gateway.inbound.pages.rendering import PAGE_OF_KIND
from services.gateway.inbound.pages.showing import Pages
from services.gateway.inbound.pages.streaming import sent_event, stream

STUDIO: Final = "/api/ai-studio"
JOBS: Final = "/app/jobs"
API: Final = "/v1/ai/jobs"
SIZE: Final = 20
STATES: Final = get_args(JobState)
ENDED: Final = STATES[2:]
# Those that users have: a refresh of a live series is the platform's.
KINDS: Final = [kind for kind in PAGE_OF_KIND if kind != "refresh"]
WAITS, RUNS, NEVER = "It waits for a runner.", "It has not ended.", "No runner has taken it up."
# A job's progress comes many times a second; a page need not.
REST_S: Final = 0.7
ENDED_WITHIN: Final = timedelta(minutes=5)


def _more(facts: Facts) -> Mapping[str, Read]:
    """Return what is known of a training beside what is known of any job."""
    return {"training": Read(f"{STUDIO}/training-jobs/{{job_id}}/", needed=False)} if facts["job"]["kind"] == "train" else {}


def _shape(facts: Facts) -> Mapping[str, Any]:
    job = facts["job"]
    whys = {"started_at": NEVER if job["ended_at"] else WAITS, "ended_at": RUNS} | job["reasons"]
    belongs = {name.removesuffix("_id"): value for name, value in job["belongs_to"].items() if value}
    return {"training": facts.get("training"), "ended": job["state"] in ENDED, "belongs": belongs, "whys": whys}


def _shape_live(facts: Facts) -> Mapping[str, Any]:
    """Return the jobs that wait or run, and those of the newest that ended a moment ago."""
    since = datetime.now(UTC) - ENDED_WITHIN
    ended = [each for each in facts["newest"]["jobs"] if each["ended_at"] and datetime.fromisoformat(each["ended_at"]) > since]
    return {"now": [*facts["running"]["jobs"], *facts["waiting"]["jobs"], *ended]}


PAGES: Final = (
    Page(
        path="/app/live",
        template="live.html",
        title="Live",
        crumbs=((JOBS, "Jobs"),),
        reads={
            "running": Read(API, fixed={"state": STATES[1], "limit": 100}),
            "waiting": Read(API, fixed={"state": STATES[0], "limit": 100}),
            "newest": Read(API, fixed={"limit": 100}),
        },
        shape=_shape_live,
    ),
    Page(
        path=JOBS,
        template="jobs.html",
        title="Jobs",
        reads={"prices": PRICES, "jobs": Read(API, query=("kind", "state", "model_id"), size=SIZE)},
        shape=lambda _: {"kinds": KINDS, "states": STATES, "size": SIZE},
    ),
    Page(
        path=f"{JOBS}/{{job_id}}",
        template="job.html",
        title=lambda facts: str(facts["job"]["name"]),
        crumbs=((JOBS, "Jobs"),),
        reads={"prices": PRICES, "job": Read(f"{API}/{{job_id}}")},
        more=_more,
        shape=_shape,
        actions={"cancel": Action("POST", f"{API}/{{job_id}}/cancel", done="The job is cancelled; what it did not use is refunded.")},
    ),
)


def live_routes(pages: Pages) -> list[Route]:
    """Return the streams of jobs' changes (server-sent events): the API's own socket of jobs."""

    async def live(request: Request) -> Response:
        job_id = request.path_params.get("job_id")
        query = {"job_id": job_id} if job_id else {"ended_within": 0}
        return stream(await pages.visit(request), "/ws/jobs", query=query, say=_changed, rest_s=REST_S)

    return [
        Route("/app/live/events", live, methods=["GET"]),
        Route(f"{JOBS}/{{job_id}}/live", live, methods=["GET"]),
    ]


def _changed(messages: Sequence[str]) -> Iterator[str]:
    """Yield that jobs have changed: the page reads itself again."""
    yield sent_event("changed", {"jobs": len(messages)})
