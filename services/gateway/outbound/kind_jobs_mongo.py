"""Jobs of other kinds than trainings in MongoDB: each document with its unpublished events, inserted at once."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.lists import read_part
from libs.chassis.mongo import Collection, from_decimal128, to_decimal128
from libs.chassis.outbox import entry_of, write_with_events
from libs.chassis.parts import Part
from libs.contracts.envelope import Event
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobProgressed, JobRequested
from libs.contracts.training import JobError, JobState, LogLine, Priority
from services.gateway.domain.kind_jobs import (
    ALL,
    FILTERED,
    NEWEST,
    RANKED,
    KindJob,
    KindJobFilter,
    KindJobNotFoundError,
    KindJobOrder,
    SlotTakenError,
)
from services.gateway.domain.studio_ports import Page
from services.gateway.outbound.jobs_mongo import NEWEST_FIRST, JobsMongo
from services.gateway.outbound.outage import outage_told

HOURS: Final = ("reserved_hours", "compute_hours", "charged_hours")
ACTIVE: Final[dict[str, Any]] = {"slot": {"$type": "number"}}
NAMED: Final[dict[str, Any]] = {"slug": {"$type": "string"}}
# A list shows neither what a job has said nor what is long of its answer.
LONG: Final = {"result.trades": 0, "result.equity_curve": 0, "logs": 0, "logged": 0, "pending_events": 0}


class KindJobsMongo:
    """Implements the port KindJobs. `on_write` is called after every write that has events."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None]) -> None:
        self._jobs, self._on_write = collection, on_write
        # Events change such a job as they change the view of a training.
        self._view = JobsMongo(collection, on_write=on_write)

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in ((), ("state",), ("kind",), ("kind", "state")):
            await self._jobs.create_index([*((field, ASCENDING) for field in ("account_id", *chosen)), *NEWEST_FIRST])
        for path in (f"spec.{path}" for paths in FILTERED.values() for path in paths):
            await self._jobs.create_index([("account_id", ASCENDING), ("kind", ASCENDING), (path, ASCENDING), *NEWEST_FIRST])
        for path in (f"result.{path}" for paths in RANKED.values() for path in paths):
            await self._jobs.create_index([("account_id", ASCENDING), ("kind", ASCENDING), (path, DESCENDING), *NEWEST_FIRST])
        await self._jobs.create_index([("account_id", ASCENDING), ("slug", ASCENDING)], unique=True, partialFilterExpression=NAMED)
        # Each that has not ended has one of its account's numbered places: so two at once cannot both be the last that is allowed.
        await self._jobs.create_index([("account_id", ASCENDING), ("slot", ASCENDING)], unique=True, partialFilterExpression=ACTIVE)

    async def get(self, job_id: str, *, account_id: str) -> KindJob:
        """Return a job. Raise KindJobNotFoundError."""
        return await self._one({"_id": job_id, "account_id": account_id}, job_id)

    async def named(self, slug: str, *, account_id: str) -> KindJob:
        """Return the account's job of this readable name. Raise KindJobNotFoundError."""
        return await self._one({"account_id": account_id, "slug": {"$eq": slug, **NAMED["slug"]}}, slug)

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no job of the account has."""
        # The dot comes right after the dash: all that begins with `slug-` is below it.
        alike = {"account_id": account_id, "slug": {"$gte": slug, "$lt": f"{slug}.", **NAMED["slug"]}}
        with outage_told():
            taken = {document["slug"] async for document in self._jobs.find(alike, {"_id": 0, "slug": 1})}
        return slug if slug not in taken else next(name for number in count(2) if (name := f"{slug}-{number}") not in taken)

    async def find(self, account_id: str, part: Part, wanted: KindJobFilter = ALL, order: KindJobOrder = NEWEST) -> Page[KindJob]:
        """Return a part of an account's jobs."""
        query: dict[str, Any] = {"account_id": account_id}
        query |= {"kind": wanted.kind.value} if wanted.kind else {}
        query |= {"state": {"$in": [state.value for state in wanted.states]}} if wanted.states else {}
        query |= {f"spec.{path}": value for path, value in wanted.spec.items()}
        direction = DESCENDING if order.descending else ASCENDING
        fields = [*([f"result.{order.by}"] if order.by else []), *(name for name, _ in NEWEST_FIRST)]
        ordered = [(name, direction) for name in fields]
        found = await read_part(self._jobs, query, part, order=ordered, read=_from_document, shown=LONG)
        return Page(found.count, found.items, found.after)

    async def add(self, job: KindJob, event: JobRequested) -> None:
        """Keep a new job and tell it, in one insert. Raise SlotTakenError."""
        try:
            with outage_told():
                await self._jobs.insert_one(_to_document(job) | {"pending_events": [entry_of(event, source="gateway")]})
        except DuplicateKeyError as error:
            with outage_told():
                if await self._jobs.find_one({"_id": job.id}, {"_id": 1}):
                    return  # The same request, running twice at once, was faster.
            raise SlotTakenError(job.id) from error
        self._on_write()

    async def slots(self, account_id: str) -> set[int]:
        """Return the slots that the account's jobs have taken."""
        with outage_told():
            return {document["slot"] async for document in self._jobs.find({"account_id": account_id} | ACTIVE, {"_id": 0, "slot": 1})}

    async def apply(self, job_id: str, event: Event) -> None:
        """Bring a job up to an event. Raise JobNotSeenYetError."""
        await self._view.apply(job_id, event)
        if not isinstance(event, JobProgressed):
            await self._free(job_id)  # Also when the event comes again: a process may have died before this.

    async def request_cancel(self, job_id: str, event: Event, *, at: datetime) -> None:
        """Write down that the owner wants the job ended, and tell it, in one write."""
        first = {"_id": job_id, "cancel_requested_at": None}
        with outage_told():
            await write_with_events(self._jobs, first, {"$set": {"cancel_requested_at": at}}, [event], source="gateway", room={})
        self._on_write()

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int) -> None:
        """Write down that training has ended the job; an ended job stays as it is."""
        await self._view.note_stopped(job_id, at=at, hours=hours, progress=progress)
        await self._free(job_id)

    async def note_charged(self, job_id: str, *, hours: Decimal) -> bool:
        """Write down what was charged; False when there is no such job here."""
        written = await self._jobs.update_one({"_id": job_id}, {"$set": {"charged_hours": to_decimal128(hours)}})
        return bool(written.matched_count)

    async def _one(self, query: dict[str, Any], name: str) -> KindJob:
        with outage_told():
            document = await self._jobs.find_one(query, {"pending_events": 0})
        if document is None:
            raise KindJobNotFoundError(name)
        return _from_document(document)

    async def _free(self, job_id: str) -> None:
        await self._jobs.update_one({"_id": job_id}, {"$set": {"slot": None}})


def _to_document(job: KindJob) -> dict[str, Any]:
    document: dict[str, Any] = {name: getattr(job, name) for name in job.__slots__ if name != "id"}
    document |= {name: to_decimal128(document[name]) for name in HOURS if document[name] is not None}
    document |= {"_id": job.id, "kind": job.kind.value, "state": job.state.value, "priority": job.priority.value}
    document["logs"] = [line.model_dump() for line in job.logs]
    document["error"] = job.error.model_dump() if job.error else None
    return document


def _from_document(document: dict[str, Any]) -> KindJob:
    known = {name: document[name] for name in KindJob.__slots__ if name in document}
    known |= {name: from_decimal128(known[name]) for name in HOURS if known.get(name) is not None}
    known |= {"id": document["_id"], "kind": JobKind(document["kind"])}
    known |= {"state": JobState(document["state"]), "priority": Priority(document["priority"])}
    known["logs"] = tuple(LogLine.model_validate(line) for line in document.get("logs", ()))
    known["error"] = JobError.model_validate(document["error"]) if document.get("error") else None
    return KindJob(**known)
