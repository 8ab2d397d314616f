"""`/ws/jobs`: the caller's jobs of all kinds as they go on."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from starlette.datastructures import QueryParams
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from libs.chassis.errors import InvalidError
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from modelbourse.answers.live import JobUpdate
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.watch import JobWatch
from services.gateway.inbound.http.queries import as_id, as_seconds, as_word, check_queries
from services.gateway.inbound.live.feed import live_job_of
from services.gateway.inbound.live.watching import Watching

W = TypeVar("W", bound=str)
# Whether each may come more than once.
KNOWN: Final = {"ended_within": False, "job_id": True, "kind": True, "model_id": True, "state": True, "token": False}
IDS_MOST: Final = 50
ENDED_WITHIN_MOST_S: Final = 300
CANNOT: Final = "Jobs cannot be watched like this."


def jobs_socket(watching: Watching) -> WebSocketRoute:
    """Return the route of sockets that watch jobs of their account."""

    async def watch(socket: WebSocket) -> None:
        await watching(socket, read_watch, say=job_update_of)

    return WebSocketRoute("/ws/jobs", watch)


def read_watch(query: QueryParams) -> JobWatch:
    """Read which jobs are to be watched. Raise InvalidError for a name, a word or an id that is none, with the nearest that is."""
    check_queries(query, known=KNOWN)
    within = query.get("ended_within", "")
    return JobWatch(
        job_ids=_ids(query, "job_id", prefix="job"),
        kinds=_words(query, "kind", known=JobKind),
        model_ids=_ids(query, "model_id", prefix="model"),
        states=_words(query, "state", known=JobState),
        ended_within=timedelta(seconds=as_seconds(within, "ended_within", most=ENDED_WITHIN_MOST_S, refusal=CANNOT)),
    )


def job_update_of(job: Job, at: datetime) -> JobUpdate:
    """Say how a job stands."""
    return JobUpdate(type="job_update", job_id=job.id, data=live_job_of(job), timestamp=at)


def _given(query: QueryParams, name: str) -> list[str]:
    """Return what is given of a filter, which may be repeated and have commas."""
    return [word for part in query.getlist(name) for given in part.split(",") if (word := given.strip())]


def _words(query: QueryParams, name: str, *, known: Iterable[W]) -> frozenset[W]:
    return frozenset(as_word(given, name, known=known, refusal=CANNOT) for given in _given(query, name))


def _ids(query: QueryParams, name: str, *, prefix: str) -> frozenset[str]:
    ids = frozenset(as_id(given, name, prefix=prefix, refusal=CANNOT) for given in _given(query, name))
    if len(ids) > IDS_MOST:
        raise InvalidError(CANNOT, details={name: [f"There are {len(ids)} ids; at most {IDS_MOST} can be watched at once."]})
    return ids
