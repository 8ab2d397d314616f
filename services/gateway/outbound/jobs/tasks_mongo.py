"""Tasks in MongoDB: their lists, their statistics, and the queue that they wait in."""

import asyncio
from collections.abc import Collection as Several
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.tasks import Durations, QueueState, Tally, TaskFilter, TaskOrder, TaskStatistics, TrainingFilter
from services.gateway.outbound.jobs.job_queries import UNWATCHED
from services.gateway.outbound.jobs.jobs_mongo import NEWEST_FIRST, job_of
from services.gateway.outbound.jobs.past_jobs_mongo import AHEAD
from services.gateway.outbound.outage import store_outages

STATES: Final = [state.value for state in JobState]
WORKED: Final = [JobState.SUCCEEDED.value, JobState.FAILED.value]
WAITS: Final[dict[str, Any]] = {"state": JobState.QUEUED.value}
# What a training is called by is in its request, which is long.
SHOWN: Final[dict[str, int]] = UNWATCHED | {"spec": 0}
# The mean wait is that of so many jobs, those that began last.
LAST_BEGUN: Final = 200
WITHIN: Final[Mapping[str, timedelta | None]] = {"all": None, "day": timedelta(days=1), "week": timedelta(days=7)}
SECONDS: Final[dict[str, Any]] = {
    "$project": {"_id": 0, "seconds": {"$divide": [{"$subtract": ["$ended_at", "$started_at"]}, 1000]}},
}
TIMED: Final[dict[str, Any]] = {
    "$group": {
        "_id": None,
        "count": {"$sum": 1},
        "mean": {"$avg": "$seconds"},
        "least": {"$min": "$seconds"},
        "most": {"$max": "$seconds"},
    }
}


class TasksMongo:
    """Implements the port Tasks on the collection that jobs_mongo.py writes."""

    def __init__(self, jobs: Collection) -> None:
        self._jobs = jobs

    async def prepare(self) -> None:
        """Make indexes."""
        account, state, kind = ("account_id", ASCENDING), ("state", ASCENDING), ("kind", ASCENDING)
        for moment in ("started_at", "ended_at"):
            await self._jobs.create_index([account, kind, state, (moment, DESCENDING), ("_id", DESCENDING)])
        for symbols in ((), (("symbols", ASCENDING),)):
            await self._jobs.create_index([account, kind, ("algorithm", ASCENDING), *symbols, state, *NEWEST_FIRST])
        # All that is counted, so that no document of it is read.
        counted = [(name, ASCENDING) for name in ("state", "created_at", "started_at", "ended_at")]
        await self._jobs.create_index([account, kind, *counted])
        await self._jobs.create_index([state, ("priority", ASCENDING), ("created_at", ASCENDING)], partialFilterExpression=WAITS)
        await self._jobs.create_index([("started_at", DESCENDING), ("created_at", ASCENDING)])

    async def find(self, account_id: str, part: Part, wanted: TaskFilter, *, by: TaskOrder, descending: bool) -> Page[Job]:
        """Return a part of an account's tasks, without logs and results; one without the value that they are ordered by is the lowest."""
        query: dict[str, Any] = _of(account_id, wanted.kinds) | _states(wanted.states)
        if wanted.again is not None:
            query["attempt"] = {"$gt": 1} if wanted.again else {"$lte": 1}
        direction = DESCENDING if descending else ASCENDING
        return await read_part(self._jobs, query, part, order=[(by, direction), ("_id", direction)], read=job_of, shown=SHOWN)

    async def trainings(self, account_id: str, part: Part, wanted: TrainingFilter) -> Page[Job]:
        """Return a part of an account's trainings, the newest first, without logs and results."""
        query: dict[str, Any] = _of(account_id, [JobKind.TRAIN]) | {"algorithm": {"$in": list(wanted.algorithms)}} | _states(wanted.states)
        query |= {"symbols": wanted.symbol} if wanted.symbol else {}
        chosen = ({"$in": list(wanted.among)} if wanted.among is not None else {}) | ({"$nin": list(wanted.but)} if wanted.but else {})
        query |= {"_id": chosen} if chosen else {}
        return await read_part(self._jobs, query, part, order=NEWEST_FIRST, read=job_of, shown=SHOWN)

    async def ahead(self, job: Job) -> int:
        """Return how many jobs of all accounts wait that are more urgent than a job, or as urgent and older."""
        urgent = [each for each in AHEAD[job.priority] if each != job.priority.value]
        older = WAITS | {"priority": job.priority.value, "created_at": {"$lt": job.created_at}}
        with store_outages():
            return await self._jobs.count_documents({"$or": [*(WAITS | {"priority": each} for each in urgent), older]})

    async def statistics(self, account_id: str, kinds: Several[JobKind], *, at: datetime) -> TaskStatistics:
        """Return what an account's tasks of these kinds come to."""
        own = _of(account_id, kinds)
        with store_outages():
            counted, durations = await asyncio.gather(self._read([{"$match": own}, _counted(at)]), self._durations(own))
        sums: dict[str, dict[JobState, int]] = {name: {} for name in WITHIN}
        of_kinds: dict[JobKind, dict[JobState, int]] = {kind: {} for kind in kinds}
        for row in counted:
            kind, state = JobKind(row["_id"]["kind"]), JobState(row["_id"]["state"])
            of_kinds[kind][state] = row["all"]
            for name, states in sums.items():
                states[state] = states.get(state, 0) + row[name]
        tallies = {name: Tally(states) for name, states in sums.items()}
        return TaskStatistics(**tallies, kinds={kind: Tally(states) for kind, states in of_kinds.items()}, durations=durations)

    async def queue(self) -> QueueState:
        """Return how the platform's queue stands."""
        wait = {"$divide": [{"$subtract": ["$started_at", "$created_at"]}, 1000]}
        begun: list[dict[str, Any]] = [
            {"$match": {"started_at": {"$type": "date"}}},
            {"$sort": {"started_at": DESCENDING}},
            {"$limit": LAST_BEGUN},
            {"$group": {"_id": None, "wait": {"$avg": wait}}},
        ]
        with store_outages():
            waiting, waited = await asyncio.gather(self._jobs.count_documents(WAITS), self._read(begun))
        return QueueState(waiting, waited[0]["wait"] if waited else None)

    async def _durations(self, own: Mapping[str, Any]) -> Durations:
        worked: list[dict[str, Any]] = [{"$match": {**own, "state": {"$in": WORKED}, "started_at": {"$type": "date"}}}, SECONDS]
        found = await self._read([*worked, TIMED])
        if not found:
            return Durations()
        told = found[0]
        # The one in the middle, or the two around it.
        middle, several = divmod(told["count"] - 1, 2)
        around: list[dict[str, Any]] = [{"$sort": {"seconds": ASCENDING}}, {"$skip": middle}, {"$limit": 1 + several}]
        median = await self._read([*worked, *around, {"$group": {"_id": None, "median": {"$avg": "$seconds"}}}])
        return Durations(told["mean"], median[0]["median"] if median else None, told["least"], told["most"])

    async def _read(self, steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return await self._jobs.aggregate(list(steps)).to_list(None)


def _of(account_id: str, kinds: Several[JobKind]) -> dict[str, Any]:
    return {"account_id": account_id, "kind": {"$in": [kind.value for kind in kinds]}}


def _states(states: Several[JobState]) -> dict[str, Any]:
    # All by name: so each has its place in an index, and the store merges what is in order there.
    return {"state": {"$in": [state.value for state in states] or STATES}}


def _counted(at: datetime) -> dict[str, Any]:
    def since(span: timedelta | None) -> dict[str, Any]:
        return {"$sum": 1 if span is None else {"$cond": [{"$gte": ["$created_at", at - span]}, 1, 0]}}

    return {"$group": {"_id": {"kind": "$kind", "state": "$state"}} | {name: since(span) for name, span in WITHIN.items()}}
