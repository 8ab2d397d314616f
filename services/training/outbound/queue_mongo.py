"""The queue of jobs in MongoDB: who may be next is found by an index, however many wait.

A line is the queued jobs of one account with one priority. The oldest of each line bears `at_front`, and so does every job that was put
back into the queue; only they can be next. The mark is made after the write that makes it necessary: what a process left undone that
died in between is made up for when one starts (`mend`), what failed because the store was away with the next look.
"""

import asyncio
from collections.abc import Collection as Accounts
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, IndexModel

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.envelope import now
from libs.contracts.training import JobState, Priority
from services.training.domain.job import Job
from services.training.domain.queue import Waiting

# More than one of each priority: another instance may be faster with the first.
CANDIDATES: Final = 8
MENDED_AT_ONCE: Final = 1000
ONLY_FRONT: Final = {"at_front": True}
OLDEST: Final = [("requested_at", ASCENDING), ("_id", ASCENDING)]
# The name of the index from which the queue is counted; whoever asks for it by its name is told when it is not there.
BY_TIER: Final = "queued_by_tier"
FIELDS: Final = {"account_id": 1, "priority": 1, "requested_at": 1}
INDEXES: Final = (
    IndexModel([("state", ASCENDING), ("priority", ASCENDING), ("account_id", ASCENDING), *OLDEST], name="lines"),
    IndexModel([("priority", ASCENDING), *OLDEST], name="front", partialFilterExpression=ONLY_FRONT),
    IndexModel([("account_id", ASCENDING), *OLDEST], name="front_of_account", partialFilterExpression=ONLY_FRONT),
    IndexModel(
        [("state", ASCENDING), ("tier", ASCENDING), ("requested_at", ASCENDING)],
        name=BY_TIER,
        partialFilterExpression={"state": JobState.QUEUED.value},
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """The queued jobs of an account with a priority."""

    account_id: str
    priority: Priority


class QueueMongo:
    """Reads and keeps `at_front` in the collection that jobs_mongo.py writes."""

    def __init__(self, jobs: Collection) -> None:
        self._jobs = jobs
        self._unsettled: set[Line] = set()

    async def waiting(self, at: datetime, *, running: Accounts[str]) -> list[Waiting]:
        """Return all jobs that can be next: of accounts without a running job the oldest by priority, of the others their front."""
        for line in list(self._unsettled):
            await self.settle(line)
        if await self._jobs.find_one(ONLY_FRONT | {"priority": {"$in": [each.value for each in Priority]}}, {"_id": 1}) is None:
            return []
        free, accounts = ONLY_FRONT | IN_USE | {"cancel_requested": False, "not_before": {"$lte": at}}, list(running)
        oldest = [
            self._jobs.find(free | {"priority": each.value, "account_id": {"$nin": accounts}}, FIELDS).sort(OLDEST).limit(CANDIDATES)
            for each in Priority
        ]
        fronts = self._jobs.find(free | {"account_id": {"$in": accounts}}, FIELDS)
        found = await asyncio.gather(*(cursor.to_list(None) for cursor in (*oldest, fronts)))
        documents = [document for part in found for document in part]
        waiting = await readable(documents, _waiting_of, of=self._jobs)
        for job_id in {document["_id"] for document in documents} - {each.job_id for each in waiting}:
            await self.settle_behind(job_id)
        return waiting

    async def settle(self, line: Line) -> None:
        """Mark the oldest job of a line that is not a retry waiting for its time."""
        self._unsettled.discard(line)
        is_no_retry = [{"at_front": {"$ne": True}}, {"not_before": {"$lte": now()}}]
        of_line = {"priority": line.priority.value, "account_id": line.account_id}
        queued = IN_USE | of_line | {"state": JobState.QUEUED, "cancel_requested": False}
        try:
            oldest = await self._jobs.find_one(queued | {"$or": is_no_retry}, {"at_front": 1}, sort=OLDEST)
            if oldest and not oldest.get("at_front"):
                await self._jobs.update_one({"_id": oldest["_id"], "state": JobState.QUEUED}, {"$set": ONLY_FRONT})
        except BaseException:
            self._unsettled.add(line)
            raise

    async def settle_behind(self, job_id: str) -> None:
        """Mark the next job of the line in which a job stands that is set aside."""
        job = await self._jobs.find_one({"_id": job_id}, FIELDS)
        if job and job.get("priority") in set(Priority):
            await self.settle(Line(job["account_id"], Priority(job["priority"])))

    def settle_later(self, line: Line) -> None:
        """Remember a line of which nobody knows whether its front was taken."""
        self._unsettled.add(line)

    async def mend(self) -> None:
        """Mark the oldest job of every line; what stands in no line is set aside."""
        lost = IN_USE | {"state": JobState.QUEUED, "priority": {"$nin": [each.value for each in Priority]}}
        await readable(self._jobs.find(lost, FIELDS), _waiting_of, of=self._jobs)
        for priority in Priority:
            pipeline: list[dict[str, Any]] = [
                {"$match": IN_USE | {"state": JobState.QUEUED, "priority": priority.value}},
                {"$sort": {"account_id": 1, "requested_at": 1, "_id": 1}},
                {"$group": {"_id": "$account_id", "job": {"$first": "$_id"}}},
            ]
            front: list[str] = []
            async for each in self._jobs.aggregate(pipeline):
                front.append(each["job"])
                if len(front) == MENDED_AT_ONCE:
                    await self._mark(front)
                    front = []
            await self._mark(front)

    async def _mark(self, job_ids: list[str]) -> None:
        if job_ids:
            unmarked = {"_id": {"$in": job_ids}, "state": JobState.QUEUED, "at_front": {"$ne": True}}
            await self._jobs.update_many(unmarked, {"$set": ONLY_FRONT})


def _waiting_of(document: dict[str, Any]) -> Waiting:
    since = document["requested_at"]
    if not isinstance(since, datetime):
        msg = "It does not say since when it waits."
        raise TypeError(msg)
    return Waiting(job_id=document["_id"], account_id=document["account_id"], priority=Priority(document["priority"]), since=since)


def line_of(job: Job) -> Line:
    """Return the line in which a job waits."""
    return Line(job.account_id, job.priority)
