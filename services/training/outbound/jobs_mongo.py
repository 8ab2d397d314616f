"""The ledger of jobs in MongoDB: one document a job, with its log and the events that are still to be published."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from libs.chassis.mongo import Database, as_platform_error
from libs.chassis.outbox import entry_of
from libs.contracts.envelope import Event, now
from libs.contracts.training import JobState, LogLine, Priority
from services.training.domain.errors import JobChangedError, JobNotFoundError
from services.training.domain.job import Job
from services.training.domain.queue import Waiting
from services.training.outbound.job_documents import from_document, to_document

KEPT_LINES: Final = 500
CANCELLATIONS_KEPT: Final = timedelta(days=14)
# Jobs of which something is kept; the queries say the same, so that they use these indexes.
KEPT: Final[dict[str, Any]] = {"checkpoint_until": {"$type": "date"}}
INDEXES: Final = (
    IndexModel([("state", ASCENDING), ("account_id", ASCENDING), ("priority", ASCENDING), ("requested_at", ASCENDING)]),
    IndexModel([("state", ASCENDING), ("lease_until", ASCENDING)]),
    IndexModel([("account_id", ASCENDING), ("requested_at", ASCENDING)]),
    IndexModel([("model_id", ASCENDING), ("checkpoint_until", ASCENDING)], name="kept_by_model", partialFilterExpression=KEPT),
    IndexModel([("checkpoint_until", ASCENDING)], name="kept", partialFilterExpression=KEPT),
)
FORGOTTEN_AT_ONCE: Final = 100
# Of one model; a spec that was ended by its limit longer ago than so many others begins anew.
KEPT_LOOKED_AT: Final = 20


class JobsMongo:
    """Implements `Jobs`. `on_write` is called after every write, with the events that were written."""

    def __init__(self, database: Database, *, lease: timedelta, on_write: Callable[[Sequence[Event]], None]) -> None:
        self._jobs = database["jobs"]
        self._cancellations = database["cancellations"]
        self._lease = lease
        self._on_write = on_write

    async def prepare(self) -> None:
        """Make the indexes; existing ones are fine."""
        async with translated():
            await self._jobs.create_indexes(list(INDEXES))
            kept = int(CANCELLATIONS_KEPT.total_seconds())
            await self._cancellations.create_indexes([IndexModel([("at", ASCENDING)], expireAfterSeconds=kept)])

    async def add(self, job: Job, *events: Event) -> bool:
        """Insert a job; False when its id is there already."""
        entries = [entry_of(event, source="training") for event in events]
        document = to_document(job) | {"_id": job.id, "version": job.version, "logs": [], "pending_events": entries}
        async with translated():
            try:
                await self._jobs.insert_one(document)
            except DuplicateKeyError:
                return False
        self._on_write(events)
        return True

    async def get(self, job_id: str) -> Job:
        """Return a job; raises `JobNotFoundError`."""
        async with translated():
            document = await self._jobs.find_one({"_id": job_id}, {"logs": 0, "pending_events": 0})
        if document is None:
            raise JobNotFoundError(job_id)
        return from_document(document)

    async def save(self, job: Job, *events: Event, lines: Sequence[LogLine] = ()) -> Job:
        """Write a job, its events and its new log lines in one write, if its version is still the one that was read."""
        stored = to_document(job) | {"lease_until": now() + self._lease if job.run else None}
        change: dict[str, Any] = {"$set": stored, "$inc": {"version": 1}}
        pushes: dict[str, Any] = {}
        if events:
            pushes["pending_events"] = {"$each": [entry_of(event, source="training") for event in events]}
        if lines:
            pushes["logs"] = {"$each": [each.model_dump() for each in lines], "$slice": -KEPT_LINES}
        if pushes:
            change["$push"] = pushes
        async with translated():
            result = await self._jobs.update_one({"_id": job.id, "version": job.version}, change)
        if not result.matched_count:
            raise JobChangedError(job.id)
        self._on_write(events)
        return replace(job, version=job.version + 1)

    async def waiting(self, at: datetime) -> list[Waiting]:
        """Return the oldest queued job of every account and priority that may start at this time."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"state": JobState.QUEUED, "cancel_requested": False, "not_before": {"$lte": at}}},
            {"$sort": {"account_id": 1, "priority": 1, "requested_at": 1}},
            {"$group": {"_id": {"a": "$account_id", "p": "$priority"}, "job": {"$first": "$_id"}, "since": {"$first": "$requested_at"}}},
        ]
        async with translated():
            found = await self._jobs.aggregate(pipeline).to_list(None)
        return [
            Waiting(job_id=each["job"], account_id=each["_id"]["a"], priority=Priority(each["_id"]["p"]), since=each["since"])
            for each in found
        ]

    async def running_by_account(self) -> Mapping[str, int]:
        """Count the running jobs of each account that has any."""
        pipeline: list[dict[str, Any]] = [{"$match": {"state": JobState.RUNNING}}, {"$group": {"_id": "$account_id", "count": {"$sum": 1}}}]
        async with translated():
            return {each["_id"]: each["count"] for each in await self._jobs.aggregate(pipeline).to_list(None)}

    async def renew(self, job_ids: Sequence[str], *, owner: str) -> None:
        """Keep the leases of these jobs, as far as they are still this owner's."""
        ours = {"_id": {"$in": list(job_ids)}, "state": JobState.RUNNING, "run.owner": owner}
        async with translated():
            await self._jobs.update_many(ours, {"$set": {"lease_until": now() + self._lease}})

    async def hand_over(self, *, owner: str) -> None:
        """Let the leases of all this owner's jobs run out now."""
        async with translated():
            await self._jobs.update_many({"state": JobState.RUNNING, "run.owner": owner}, {"$set": {"lease_until": now()}})

    async def adopt(self, *, owner: str, following: Sequence[str]) -> Job | None:
        """Make one job this owner's whose lease has run out, or that bears this owner's name and is not followed."""
        mine = {"run.owner": owner, "_id": {"$nin": list(following)}}
        abandoned = {"state": JobState.RUNNING, "$or": [{"lease_until": {"$lte": now()}, "run.owner": {"$ne": owner}}, mine]}
        change = {"$set": {"run.owner": owner, "lease_until": now() + self._lease}, "$inc": {"version": 1}}
        hidden = {"logs": 0, "pending_events": 0}
        async with translated():
            document = await self._jobs.find_one_and_update(abandoned, change, projection=hidden, return_document=ReturnDocument.AFTER)
        return from_document(document) if document else None

    async def marked(self, job_ids: Sequence[str]) -> list[str]:
        """Return which of these jobs are running and to be cancelled."""
        query = {"_id": {"$in": list(job_ids)}, "state": JobState.RUNNING, "cancel_requested": True}
        async with translated():
            return [each["_id"] async for each in self._jobs.find(query, {"_id": 1})]

    async def resumable(self, job: Job) -> Job | None:
        """Return the newest ended job of the same model with the same spec whose checkpoint is still kept."""
        query = {"model_id": job.model_id, "account_id": job.account_id, "checkpoint_until": {"$gt": now(), "$type": "date"}}
        async with translated():
            found = self._jobs.find(query, {"logs": 0, "pending_events": 0}).sort("checkpoint_until", DESCENDING).limit(KEPT_LOOKED_AT)
            async for each in found:
                if (ended := from_document(each)).spec == job.spec:
                    return ended
        return None

    async def outlived(self, at: datetime) -> list[str]:
        """Return some ended jobs whose checkpoints need not be kept any longer."""
        query = {"checkpoint_until": {"$lte": at, "$type": "date"}}
        async with translated():
            return [each["_id"] async for each in self._jobs.find(query, {"_id": 1}).limit(FORGOTTEN_AT_ONCE)]

    async def checkpoint_forgotten(self, job_id: str) -> None:
        """Note that an ended job's checkpoint is there no more."""
        async with translated():
            await self._jobs.update_one({"_id": job_id}, {"$set": {"checkpoint_until": None}})

    async def keep_cancellation(self, job_id: str, *, account_id: str) -> None:
        """Remember that this account wants the job cancelled."""
        key = {"_id": f"{job_id}/{account_id}"}
        async with translated():
            await self._cancellations.update_one(key, {"$setOnInsert": {"at": now()}}, upsert=True)

    async def has_cancellation(self, job_id: str, *, account_id: str) -> bool:
        """Tell whether this account has cancelled the job before it came."""
        async with translated():
            return await self._cancellations.find_one({"_id": f"{job_id}/{account_id}"}) is not None


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn the driver's word for a store that is away into ours."""
    try:
        yield
    except PyMongoError as error:
        if away := as_platform_error(error):
            raise away from error
        raise
