"""Trials in MongoDB: one document for each configuration, series and days that an account has tried, whichever of its jobs did so.

A document's id is made of all four, so that a configuration is there once however often and by however many requests at once it is tried.
While jobs that try it have not ended, it has their ids (`jobs`): where the last of them fails or is cancelled it goes, where one of them
ends well it stays. A job that was never inserted, as its gateway died between both writes, is found by `settle`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeGuard

from bson.binary import Binary
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import BulkWriteError

from libs.chassis.stores.mongo import Database, expire
from libs.contracts.backtests import BacktestSpec
from libs.contracts.job_kinds import shown_spec
from libs.contracts.training import JobState
from libs.contracts.trials import WIDTH, Tried, tried_by
from services.gateway.domain.jobs.trials import Span
from services.gateway.outbound.outage import store_outages

# One that failed, or was cancelled, has shown nobody anything.
SHOWN: Final = JobState.SUCCEEDED.value
RUNNING: Final = frozenset(state.value for state in JobState if not state.ended)
# What the best of them shows by chance hardly grows with more, and a claim counts those of its candles: a fraction of a second.
MOST: Final = 100_000
DUPLICATE: Final = 11_000
TRIES: Final = 5
READ: Final = dict.fromkeys(("account_id", "state", "created_at", "cancel_requested_at", "tried_on", "trials", "spec"), 1)
GONE: Final[dict[str, Any]] = {"$or": [{"erasing_at": {"$ne": None}}, {"erased_at": {"$ne": None}}]}
PENDING: Final[dict[str, Any]] = {"jobs": {"$exists": True}}


class TrialsMongo:
    """Implements the ports Trials and Forgets; `most` is how many are kept of an account, those that it tried last."""

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._trials, self._jobs, self._accounts, self._most = database["trials"], database["jobs"], database["accounts"], most

    async def prepare(self, *, life: timedelta) -> None:
        """Make the indexes; what was last tried longer ago than `life` goes."""
        counted = ("account_id", "on", "end", "start", "mark")
        await self._trials.create_index([(name, ASCENDING) for name in counted], name="counted")
        await self._trials.create_index([("account_id", ASCENDING), ("at", DESCENDING)], name="newest")
        await self._trials.create_index([("jobs", ASCENDING), ("at", ASCENDING)], name="pending", partialFilterExpression=PENDING)
        await expire(self._trials, "at", after=life)

    async def claim(self, tried: Tried, *, span: Span, account_id: str, job_id: str, at: datetime) -> None:
        """Write down what a job is going to try; the second time changes nothing. Raise UnavailableError."""
        with store_outages():
            await self._write(tried, span=span, account_id=account_id, at=at, job_id=job_id)

    async def follow(self, job_id: str) -> None:
        """Write down what a job tries that has not ended, where nobody has."""
        if _is_at_work(job := await self._job(job_id)):
            await self._bring(job, job_id=job_id)
            if not _is_at_work(await self._job(job_id)):  # It was cancelled in between: that is no part of what it has tried.
                await self.withdraw(job_id)

    async def show(self, job_id: str) -> None:
        """Keep what a job tries, as it has shown what comes of it; a job that nobody knows changes nothing."""
        kept = (await self._trials.update_many({"jobs": job_id}, {"$unset": {"jobs": ""}})).matched_count
        if (job := await self._job(job_id)) and kept * WIDTH < len(_tried_by(job).marks):
            await self._bring(job, job_id=None)

    async def bring_over(self) -> None:
        """Write down what the jobs of a release that did not do so have tried, or try."""
        states = [SHOWN, *RUNNING]
        async for job in self._jobs.find({"tried_on": {"$type": "string"}, "state": {"$in": states}, "forgotten": None}, READ):
            await self._bring(job, job_id=None if job["state"] == SHOWN else job["_id"])

    async def _job(self, job_id: str) -> dict[str, Any] | None:
        """Return what the job's document says of it; None also where its account was erased."""
        return await self._jobs.find_one({"_id": job_id, "forgotten": None}, READ)

    async def _bring(self, job: Mapping[str, Any], *, job_id: str | None) -> None:
        await self._write(_tried_by(job), span=Span.of(job["spec"]), account_id=job["account_id"], at=job["created_at"], job_id=job_id)

    async def _write(self, tried: Tried, *, span: Span, account_id: str, at: datetime, job_id: str | None) -> None:
        left = list(_documents(tried, span=span, account_id=account_id, at=at, job_id=job_id))
        for _ in range(TRIES):
            there = await self._insert(left) if left else []
            if not there:
                break
            ids = {"_id": {"$in": [each["_id"] for each in there]}}
            await self._trials.update_many(ids, {"$max": {"at": at}})
            also = {"$unset": {"jobs": ""}} if job_id is None else {"$addToSet": {"jobs": job_id}}
            await self._trials.update_many(ids | PENDING, also)
            known = {each["_id"] async for each in self._trials.find(ids, {"_id": 1})}
            left = [each for each in there if each["_id"] not in known]  # Whoever had claimed them took them back in between.
        # Written first and looked at afterwards: an erasure that was too early for these finds them, or they find it.
        if await self._accounts.find_one({"_id": account_id} | GONE, {"_id": 1}):
            await self.forget(account_id)

    async def _insert(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Insert them, and return those that are there already."""
        try:
            await self._trials.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            refused = error.details["writeErrors"]
            if any(each["code"] != DUPLICATE for each in refused):
                raise
            return [documents[each["index"]] for each in refused]
        return []

    async def make_way(self) -> int:
        """Remove what each account tried longest ago, where there are too many, and return how many; until then a claim counts them too."""
        removed = 0
        for account_id in await self._trials.distinct("account_id"):
            newest = self._trials.find({"account_id": account_id}, {"at": 1, "_id": 0}).sort("at", DESCENDING)
            async for first_too_many in newest.skip(self._most).limit(1):
                too_many = {"account_id": account_id, "at": {"$lte": first_too_many["at"]}}
                removed += (await self._trials.delete_many(too_many)).deleted_count
        return removed

    async def count(self, account_id: str, *, on: tuple[str, ...], span: Span) -> int:
        """Return how many distinct configurations the account tries, or has tried, on one of these series on days of this span."""
        alike = {
            "account_id": account_id,
            "on": {"$in": list(on)},
            "end": {"$gte": _day(span.start, date.min)},
            "start": {"$lte": _day(span.end, date.max)},
        }
        steps: list[dict[str, Any]] = [{"$match": alike}, {"$group": {"_id": "$mark"}}, {"$group": {"_id": 1, "n": {"$sum": 1}}}]
        with store_outages():
            async for found in self._trials.aggregate(steps, hint="counted"):
                return int(found["n"])
        return 0

    async def withdraw(self, job_id: str) -> None:
        """Take back what a job has claimed and no other job has tried."""
        with store_outages():
            await self._trials.delete_many({"jobs": [job_id]})
            await self._trials.update_many({"jobs": job_id}, {"$pull": {"jobs": job_id}})
            await self._trials.delete_many({"jobs": []})

    async def settle(self, *, before: datetime) -> int:
        """Keep or take back what was claimed before this moment by jobs that have ended, or are not there; return how many jobs."""
        claimed: list[dict[str, Any]] = [{"$match": {"at": {"$lt": before}, **PENDING}}, {"$unwind": "$jobs"}, {"$group": {"_id": "$jobs"}}]
        ids = [found["_id"] async for found in self._trials.aggregate(claimed, hint="pending")]
        states = {job["_id"]: job["state"] async for job in self._jobs.find({"_id": {"$in": ids}}, {"state": 1})}
        settled = [each for each in ids if states.get(each) not in RUNNING]
        for each in settled:
            await (self.show(each) if states.get(each) == SHOWN else self.withdraw(each))
        return len(settled)

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
        await self._trials.delete_many({"account_id": account_id})


def _is_at_work(job: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    return job is not None and job["state"] in RUNNING and job.get("cancel_requested_at") is None


def _tried_by(job: Mapping[str, Any]) -> Tried:
    if job.get("tried_on") and job.get("trials"):
        return Tried(tuple(job["tried_on"]), bytes(job["trials"]))
    return tried_by(shown_spec(BacktestSpec, job["spec"]))


def _documents(tried: Tried, *, span: Span, account_id: str, at: datetime, job_id: str | None) -> Iterator[dict[str, Any]]:
    start, end = _day(span.start, date.min), _day(span.end, date.max)
    common = f"{account_id} {sorted(tried.on)} {start} {end} ".encode()
    for place in range(0, len(tried.marks), WIDTH):
        mark = tried.marks[place : place + WIDTH]
        document = {
            "_id": Binary(hashlib.blake2b(common + mark, digest_size=16).digest()),
            "account_id": account_id,
            "on": list(tried.on),
            "mark": Binary(mark),
            "start": start,
            "end": end,
            "at": at,
        }
        yield document if job_id is None else document | {"jobs": [job_id]}


def _day(day: date | None, otherwise: date) -> str:
    return (day or otherwise).isoformat()
