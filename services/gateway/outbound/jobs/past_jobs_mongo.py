"""What past jobs and the queue tell of the next job: one aggregation over the view of jobs."""

from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.mongo import Collection
from libs.contracts.training import COMPUTE_LIMIT, JobState, Priority
from services.gateway.domain.jobs.estimate import LimitedJob, Past, PastJob, Queue
from services.gateway.outbound.outage import store_outages

OWN_MOST: Final = 20
EVERYBODYS_MOST: Final = 50
AHEAD: Final = {Priority.HIGH: ["high"], Priority.NORMAL: ["high", "normal"], Priority.LOW: ["high", "normal", "low"]}
# A job that was told of by its event alone has no estimate; all that is set aside for it is the most it should take.
OF_QUEUE: Final = ("priority", "estimated_completion", "expected_hours", "reserved_hours", "workers")
WORK_HOURS: Final = {"$toDouble": {"$ifNull": ["$expected_hours", "$reserved_hours"]}}
# What was used in all, also by the jobs that one went on from; older views tell what the job itself has used.
WORKED_HOURS: Final = {"$toDouble": {"$ifNull": ["$work_hours", "$compute_hours"]}}
WORK_S: Final = {"$multiply": [3600, {"$divide": [WORK_HOURS, {"$ifNull": ["$workers", 1]}]}]}


class PastJobsMongo:
    """Implements the port PastJobs on the collection that jobs_mongo.py writes."""

    def __init__(self, jobs: Collection) -> None:
        self._jobs = jobs

    async def prepare(self) -> None:
        """Make indexes."""
        newest = [("created_at", DESCENDING), ("size_hours", ASCENDING)]
        await self._jobs.create_index([("state", ASCENDING), ("algorithm", ASCENDING), *newest])
        await self._jobs.create_index([("account_id", ASCENDING), ("state", ASCENDING), ("algorithm", ASCENDING), *newest])
        # All that is added up of the queue, so that no document of it is read.
        await self._jobs.create_index([(field, ASCENDING) for field in ("state", *OF_QUEUE)])

    async def read(self, account_id: str, *, algorithm: str, priority: Priority, at: datetime) -> Past:
        """Return past jobs with this algorithm and the queue that a job of this priority would stand in, by one read."""
        others = [_past(algorithm, most=EVERYBODYS_MOST), _queue(priority, at=at), _limited(account_id, algorithm)]
        unions = [{"$unionWith": {"coll": self._jobs.name, "pipeline": pipeline}} for pipeline in others]
        own = _past(algorithm, account_id=account_id, most=OWN_MOST)
        with store_outages():
            rows = await self._jobs.aggregate([*own, *unions]).to_list(None)
        found = [PastJob(row["hours"], row["size"]) for row in rows if row["of"] in {"own", "all"}]
        own_count = sum(row["of"] == "own" for row in rows)
        queue = next((Queue(**{name: row[name] for name in Queue.__slots__}) for row in rows if row["of"] == "queue"), Queue())
        limited = next((LimitedJob(row["hours"], row["size"]) for row in rows if row["of"] == "limited"), None)
        return Past(found[:own_count], found[own_count:], queue, limited)


def _past(algorithm: str, *, most: int, account_id: str | None = None) -> list[dict[str, Any]]:
    """Return the steps that find successful jobs, the newest first; nothing of them but how large they were and how long they took."""
    query: dict[str, Any] = {"state": JobState.SUCCEEDED.value, "algorithm": algorithm, "size_hours": {"$gt": 0}}
    query |= {"account_id": account_id} if account_id else {}
    shown = {"_id": 0, "of": "own" if account_id else "all", "hours": WORKED_HOURS, "size": "$size_hours"}
    return [{"$match": query}, {"$sort": {"created_at": -1}}, {"$limit": most}, {"$project": shown}]


def _limited(account_id: str, algorithm: str) -> list[dict[str, Any]]:
    """Return the steps that find the account's newest job that ended by itself, if its reservation ended it."""
    ended = {"$in": [JobState.SUCCEEDED.value, JobState.FAILED.value]}
    used_up = {"error.type": COMPUTE_LIMIT, "$expr": {"$gte": ["$compute_hours", "$reserved_hours"]}}
    shown = {"_id": 0, "of": "limited", "hours": WORKED_HOURS, "size": "$size_hours"}
    query = {"account_id": account_id, "state": ended, "algorithm": algorithm, "size_hours": {"$gt": 0}}
    return [{"$match": query}, {"$sort": {"created_at": -1}}, {"$limit": 1}, {"$match": used_up}, {"$project": shown}]


def _queue(priority: Priority, *, at: datetime) -> list[dict[str, Any]]:
    runs = {"$eq": ["$state", JobState.RUNNING.value]}
    ahead = {"$in": ["$priority", AHEAD[priority]]}
    left_s = {"$max": [0, {"$divide": [{"$subtract": ["$estimated_completion", at]}, 1000]}]}
    return [
        {"$match": {"state": {"$in": [state.value for state in JobState if not state.ended]}}},
        {
            "$group": {
                "_id": None,
                "running": {"$sum": {"$cond": [runs, 1, 0]}},
                "waiting": {"$sum": {"$cond": [runs, 0, 1]}},
                # A job that does not say when it will end has at most all of its work left.
                "seconds_left": {"$sum": {"$cond": [runs, {"$cond": [{"$ifNull": ["$estimated_completion", False]}, left_s, WORK_S]}, 0]}},
                "seconds_ahead": {"$sum": {"$cond": [{"$or": [runs, {"$not": [ahead]}]}, 0, WORK_S]}},
            }
        },
        {"$addFields": {"of": "queue"}},
    ]
