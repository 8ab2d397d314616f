"""The ledger of jobs in MongoDB: one document a job, with its log and the events that are still to be published."""

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Accounts
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError, PyMongoError

from libs.chassis.stores.erased import ERASED, ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.chassis.stores.outbox import entry_of
from libs.chassis.stores.set_aside import IN_USE, first_readable, put_aside, readable
from libs.chassis.stores.snapshots import Snapshots, snapshots
from libs.contracts.envelope import Event, now
from libs.contracts.job_kinds import KINDS, JobKind, left_of
from libs.contracts.snapshots import JobSnapshot, OtherJobSnapshot
from libs.contracts.training import JobState, LogLine
from services.training.domain.changes import snapshot
from services.training.domain.errors import JobChangedError, JobNotFoundError
from services.training.domain.job import Job
from services.training.domain.queue import Waiting
from services.training.outbound import queue_mongo
from services.training.outbound.errors_mongo import translated
from services.training.outbound.job_documents import from_document, to_document
from services.training.outbound.job_outbox import STANDING, JobOutbox, Plan
from services.training.outbound.mirrored_jobs_mongo import KEPT_STEPS, step_of
from services.training.outbound.queue_mongo import QueueMongo, line_of

KEPT_LINES: Final = 500
# What a job's domain does without.
HIDDEN: Final = {"logs": 0, "pending_events": 0, "curve": 0}
CANCELLATIONS_KEPT: Final = timedelta(days=14)
# Jobs of which something is kept; the queries say the same, so that they use these indexes.
KEPT: Final[dict[str, Any]] = {"checkpoint_until": {"$type": "date"}}
INDEXES: Final = (
    IndexModel([("state", ASCENDING), ("lease_until", ASCENDING)]),
    IndexModel([("state", ASCENDING), ("run.owner", ASCENDING)]),
    *queue_mongo.INDEXES,
    IndexModel([("account_id", ASCENDING), ("_id", ASCENDING)], name="of_account"),
    IndexModel([("model_id", ASCENDING), ("checkpoint_until", ASCENDING)], name="kept_by_model", partialFilterExpression=KEPT),
    IndexModel([("checkpoint_until", ASCENDING)], name="kept", partialFilterExpression=KEPT),
)
FORGOTTEN_AT_ONCE: Final = 100
# Of one model; a spec that was ended by its limit longer ago than so many others begins anew.
KEPT_LOOKED_AT: Final = 20


class JobsMongo:
    """Implements `Jobs`. An ended job is kept for its `life`. `on_write` is called after every write, with the events that were written.

    Where jobs are shown in an experiment tracker (`keeps_curve`), what their progress tells is kept step by step.
    """

    def __init__(
        self,
        database: Database,
        *,
        lease: timedelta,
        life: timedelta,
        on_write: Callable[[Sequence[Event]], None],
        keeps_curve: bool = False,
    ) -> None:
        self._jobs = database["jobs"]
        self._queue, self._outbox = QueueMongo(self._jobs), JobOutbox(self._jobs)
        self._cancellations, self._erased = database["cancellations"], ErasedAccounts(database["erased_accounts"])
        self._lease, self._life = lease, life
        self._on_write, self._keeps_curve = on_write, keeps_curve

    async def prepare(self) -> None:
        """Make the indexes (existing ones are fine), and make up for what a process that died has left undone."""
        async with translated():
            await self._jobs.create_indexes(list(INDEXES))
            await expire(self._jobs, "ended_at", after=self._life)
            await expire(self._cancellations, "at", after=CANCELLATIONS_KEPT)
            await self._queue.mend()

    async def add(self, job: Job, *events: Event) -> bool:
        """Insert a job; False when its id is there already."""
        entries = [entry_of(event, source="training") for event in events]
        document = to_document(job) | {"_id": job.id, "version": job.version, "logs": [], "pending_events": entries}
        async with translated():
            try:
                await self._jobs.insert_one(document)
            except DuplicateKeyError:
                # It came before, perhaps to a process that died here.
                await self._queue.settle(line_of(job))
                return False
            await self._queue.settle(line_of(job))
            if await self._erased.has(job.account_id):
                await self.forget_account(job.account_id)  # Topics have no order among each other: its request came late.
        self._on_write(events)
        return True

    async def get(self, job_id: str) -> Job:
        """Return a job; raises `JobNotFoundError`."""
        async with translated():
            document = await self._jobs.find_one({"_id": job_id}, HIDDEN)
        if document is None:
            raise JobNotFoundError(job_id)
        return from_document(document)

    async def save(self, job: Job, *events: Event, lines: Sequence[LogLine] = ()) -> Job:
        """Write a job, its events and its new log lines in one write, if its version is still the one that was read."""
        is_queued = job.state is JobState.QUEUED
        stored = to_document(job) | {"lease_until": now() + self._lease if job.run else None, "at_front": is_queued}
        plan = await self._planned(job, events, lines)
        change: dict[str, Any] = {"$set": stored} | plan.change
        change["$inc"] = {"version": 1} | plan.change.get("$inc", {})
        pushes = dict(plan.pushes)
        if lines:
            pushes["logs"] = {"$each": [each.model_dump() for each in lines], "$slice": -KEPT_LINES}
        if self._keeps_curve and job.progress.metrics:
            pushes["curve"] = {"$each": [step_of(job, at=now())], "$slice": -KEPT_STEPS}
        if pushes:
            change["$push"] = pushes
        async with translated():
            try:
                unchanged = {"_id": job.id, "version": job.version} | plan.unchanged
                before = await self._jobs.find_one_and_update(unchanged, change, projection=STANDING)
            except PyMongoError:
                self._queue.settle_later(line_of(job))
                raise
            if before is None:
                self._outbox.forget(job.id)
                raise JobChangedError(job.id)
            self._on_write(plan.told)
            self._outbox.written(before, plan, job_id=job.id)
            if job.state.ended:
                self._outbox.forget(job.id)
            if is_queued or before["state"] == JobState.QUEUED:
                await self._queue.settle(line_of(job))
        return replace(job, version=job.version + 1)

    async def _planned(self, job: Job, events: Sequence[Event], lines: Sequence[LogLine]) -> Plan:
        async with translated():
            return await self._outbox.plan(job.id, events, lines)

    async def waiting(self, at: datetime, *, running: Accounts[str]) -> list[Waiting]:
        """Return the queued jobs that may start at this time and of which one is next; `running` are the accounts with a running job."""
        async with translated():
            return await self._queue.waiting(at, running=running)

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
        runs, others = {"state": JobState.RUNNING} | IN_USE, {"lease_until": {"$lte": now()}, "run.owner": {"$ne": owner}}
        abandoned = {"$or": [runs | others, runs | mine]}
        change = {"$set": {"run.owner": owner, "lease_until": now() + self._lease}, "$inc": {"version": 1}}

        async def look() -> dict[str, Any] | None:
            return await self._jobs.find_one_and_update(abandoned, change, projection=HIDDEN, return_document=ReturnDocument.AFTER)

        async with translated():
            return await first_readable(look, from_document, of=self._jobs)

    async def page(self, *, after: str, most: int) -> Snapshots[JobSnapshot | OtherJobSnapshot]:
        """Return a page of all jobs in the order of their ids."""
        async with translated():
            return await snapshots(self._jobs, after=after, most=most, read=_snapshot, but={"pending_events": 0, "curve": 0})

    async def set_aside(self, job_id: str, error: Exception) -> None:
        """Leave a job alone that cannot be worked on, until people have looked at it."""
        async with translated():
            await put_aside(self._jobs, job_id, error)
            await self._queue.settle_behind(job_id)

    async def marked(self, job_ids: Sequence[str]) -> list[str]:
        """Return which of these jobs are running and to be cancelled."""
        query = IN_USE | {"_id": {"$in": list(job_ids)}, "state": JobState.RUNNING, "cancel_requested": True}
        async with translated():
            return [each["_id"] async for each in self._jobs.find(query, {"_id": 1})]

    async def resumable(self, job: Job) -> Job | None:
        """Return the newest ended job of the same model with the same spec whose checkpoint is still kept."""
        query = {"model_id": job.model_id, "account_id": job.account_id, "checkpoint_until": {"$gt": now(), "$type": "date"}}
        # Read by its model: a spec of an older release lacks what has a default now.
        spec_of = KINDS[job.kind].spec.model_validate
        wanted = spec_of(job.spec)

        def read(document: dict[str, Any]) -> Job | None:
            ended = from_document(document)
            return ended if ended.kind is job.kind and spec_of(ended.spec) == wanted else None

        async with translated():
            found = self._jobs.find(query | IN_USE, HIDDEN).sort("checkpoint_until", DESCENDING)
            kept = await readable(found.limit(KEPT_LOOKED_AT), read, of=self._jobs)
        return next((ended for ended in kept if ended is not None), None)

    async def outlived(self, at: datetime) -> list[str]:
        """Return some ended jobs whose checkpoints need not be kept any longer."""
        query = {"checkpoint_until": {"$lte": at, "$type": "date"}}
        async with translated():
            return [each["_id"] async for each in self._jobs.find(query, {"_id": 1}).limit(FORGOTTEN_AT_ONCE)]

    async def checkpoint_forgotten(self, job_id: str) -> None:
        """Note that an ended job's checkpoint is there no more."""
        async with translated():
            await self._jobs.update_one({"_id": job_id}, {"$set": {"checkpoint_until": None}})

    async def forget_account(self, account_id: str) -> None:
        """Take a person's words out of an account's jobs: names, logs, errors, answers; what was computed with what stays, under the id."""
        whose = {"account_id": account_id}
        async with translated():
            await self._erased.note(account_id)
            # With a new version: whoever has read the name before writes it no more.
            await self._jobs.update_many(
                whose, {"$set": {"name": ERASED, "model_name": ERASED, "logs": [], "mirrored": None}, "$inc": {"version": 1}}
            )
            # What came of a check of a dataset shows its rows.
            await self._jobs.update_many(whose | {"result": {"$type": "string"}}, {"$set": {"result": None}, "$inc": {"version": 1}})
            await self._jobs.update_many(whose | {"error.message": {"$gt": ""}}, {"$set": {"error.message": ERASED}})
            # A spec, which is kept as text, may have what its owner has called things.
            wordy = [kind.value for kind, form in KINDS.items() if form.words]
            async for job in self._jobs.find(whose | {"kind": {"$in": wordy}}, {"spec": 1, "kind": 1}):
                spec = json.dumps(left_of(json.loads(job["spec"]), words=KINDS[JobKind(job["kind"])].words))
                await self._jobs.update_one({"_id": job["_id"]}, {"$set": {"spec": spec}, "$inc": {"version": 1}})

    async def keep_cancellation(self, job_id: str, *, account_id: str) -> None:
        """Remember that this account wants the job cancelled."""
        key = {"_id": f"{job_id}/{account_id}"}
        async with translated():
            await self._cancellations.update_one(key, {"$setOnInsert": {"at": now()}}, upsert=True)

    async def has_cancellation(self, job_id: str, *, account_id: str) -> bool:
        """Tell whether this account has cancelled the job before it came."""
        async with translated():
            return await self._cancellations.find_one({"_id": f"{job_id}/{account_id}"}) is not None


def _snapshot(document: dict[str, Any]) -> JobSnapshot | OtherJobSnapshot:
    return snapshot(from_document(document), lines=[LogLine.model_validate(line) for line in document["logs"]])
