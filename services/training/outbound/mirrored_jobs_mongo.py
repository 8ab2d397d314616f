"""Which ended jobs an experiment tracker is still to be told of: a mark in the ledger of jobs."""

from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel, ReturnDocument

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.set_aside import IN_USE, first_readable
from libs.contracts.envelope import now
from services.training.domain.job import Job
from services.training.domain.kinds import WORK
from services.training.domain.mirrored import Measure, measure_name
from services.training.domain.ports import Claimed
from services.training.outbound.errors_mongo import translated
from services.training.outbound.job_documents import from_document

INDEX: Final = IndexModel([("mirrored", ASCENDING), ("kind", ASCENDING), ("ended_at", ASCENDING)], name="to_be_mirrored")
# Longer than writing one run with its files takes, each request at its timeout; who dies meanwhile has its job written by another then.
LEASE: Final = timedelta(minutes=10)
# A job of more steps keeps the latest.
KEPT_STEPS: Final = 1000
RUNS: Final = [kind.value for kind, work in WORK.items() if work.is_run]


def step_of(job: Job, *, at: datetime) -> dict[str, Any]:
    """Return what a job's progress tells now, as one step of its curve. Users name metrics, and MongoDB has its own ideas about dots."""
    return {"step": job.progress.step, "at": at, "values": [[measure_name(name), value] for name, value in job.progress.metrics.items()]}


class MirroredJobsMongo:
    """Implements `MirroredJobs`."""

    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]

    async def prepare(self) -> None:
        """Make the index."""
        async with translated():
            await self._jobs.create_indexes([INDEX])

    async def claim(self, *, owner: str) -> Claimed | None:
        """Take the job that ended first of those that are due, for a while; None when none is."""
        at = now()
        due = IN_USE | {"mirrored": None, "ended_at": {"$type": "date"}, "kind": {"$in": RUNS}}
        due |= {"$or": [{"mirroring.until": None}, {"mirroring.until": {"$lte": at}}, {"mirroring.owner": owner}]}
        change = {"$set": {"mirroring": {"owner": owner, "until": at + LEASE}}}
        order, hidden = [("ended_at", ASCENDING)], {"logs": 0, "pending_events": 0}

        async def look() -> dict[str, Any] | None:
            return await self._jobs.find_one_and_update(
                due, change, sort=order, projection=hidden, return_document=ReturnDocument.AFTER, hint="to_be_mirrored"
            )

        async with translated():
            return await first_readable(look, _claimed, of=self._jobs)

    async def mirrored(self, claimed: Claimed, *, refused: str = "") -> None:
        """Note that the tracker was told, or why it refuses; a job that was changed meanwhile stays due."""
        told = {"$set": {"mirrored": {"at": now(), "refused": refused}}, "$unset": {"mirroring": "", "curve": ""}}
        async with translated():
            # What was erased meanwhile has another version, and is written again without its names.
            same = {"_id": claimed.job.id, "version": claimed.job.version}
            if not (await self._jobs.update_one(same, told)).matched_count:
                await self._jobs.update_one({"_id": claimed.job.id}, {"$unset": {"mirroring": ""}})


def _claimed(document: dict[str, Any]) -> Claimed:
    curve = [Measure(name, value, each["step"], each["at"]) for each in document.get("curve", ()) for name, value in each["values"]]
    return Claimed(job=from_document(document), curve=curve)
