"""The view of training jobs in MongoDB, brought up to events by their sequence."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, WriteConcern
from pymongo.errors import DuplicateKeyError

from libs.chassis.lists import read_part
from libs.chassis.mongo import Collection, from_decimal128, to_decimal128
from libs.chassis.outbox import write_with_events
from libs.chassis.parts import Part
from libs.contracts.envelope import Event
from libs.contracts.jobs import JobProgressed
from libs.contracts.training import JobError, JobState, LogLine, Priority, TrainingProgressed
from services.gateway.domain.job import Job
from services.gateway.domain.model_errors import JobNotFoundError, JobNotSeenYetError
from services.gateway.domain.studio_ports import Page
from services.gateway.outbound.job_changes import change_of

NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
LOG_LINES: Final = 500
RUNNING: Final = [state.value for state in JobState if not state.ended]
WORKED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED})
HOURS: Final = ("reserved_hours", "expected_hours", "compute_hours", "charged_hours", "refund_amount")
# What the training service does not know of a job.
OURS: Final = frozenset({"_id", "expected_hours", "charged_hours", "refund_amount", "cancel_requested_at", "estimated_completion"})
METRICS: Final = ("metrics", "training_metrics", "validation_metrics")


class JobsMongo:
    """Implements the port Jobs. `on_write` is called after every write that has events."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None]) -> None:
        self._jobs, self._on_write = collection, on_write
        # A new job's view is not worth waiting for the disk: the event that tells of the job makes it again.
        self._views = collection.with_options(write_concern=WriteConcern(w=1, j=False))

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in ((), ("state",), ("model_id",), ("model_id", "state")):
            await self._jobs.create_index([*((field, ASCENDING) for field in ("account_id", *chosen)), *NEWEST_FIRST])

    async def get(self, job_id: str, *, account_id: str) -> Job:
        """Return a job. Raise JobNotFoundError."""
        document = await self._jobs.find_one({"_id": job_id, "account_id": account_id})
        if document is None:
            raise JobNotFoundError(job_id)
        return _from_document(document)

    async def find(self, account_id: str, part: Part, *, state: JobState | None, model_id: str | None) -> Page[Job]:
        """Return a part of an account's jobs, the newest first."""
        query: dict[str, Any] = {"account_id": account_id}
        query |= {"state": state.value} if state else {}
        query |= {"model_id": model_id} if model_id else {}
        shown = {"logs": 0, "logged": 0, "pending_events": 0}
        found = await read_part(self._jobs, query, part, order=NEWEST_FIRST, read=_from_document, shown=shown)
        return Page(found.count, found.items, found.after)

    async def add(self, job: Job) -> None:
        """Keep a new job; one that is known already stays as it is."""
        try:
            await self._views.insert_one(_to_document(job))
        except DuplicateKeyError:
            return  # Made by the request and told by the event: whichever comes second adds nothing.

    async def restore(self, job: Job, *, continued_hours: Decimal) -> None:
        """Keep a job as its owner has it, with all its lines; one that was told of since stays as it is, and so does what only we know."""
        fields = _to_document(job) | {"logs_through": job.sequence}
        if job.state in WORKED and job.compute_hours is not None:
            fields["work_hours"] = to_decimal128(job.compute_hours + continued_hours)
        try:
            await self._jobs.insert_one(fields)
        except DuplicateKeyError:
            known = {name: value for name, value in fields.items() if name not in OURS}
            await self._jobs.update_one({"_id": job.id, "sequence": {"$lt": job.sequence}}, {"$set": known})

    async def apply(self, job_id: str, event: Event) -> bool:
        """Bring a job up to an event; False when the job is known and has seen this or newer. Raise JobNotSeenYetError."""
        # First of all: a view that is made between a write that found none and a look afterwards would cost the job this event.
        if await self._jobs.count_documents({"_id": job_id}, limit=1) == 0:
            raise JobNotSeenYetError(job_id)
        fields, logs = change_of(event)
        if logs:
            # Before the rest: whoever sees a job ended sees its last lines.
            await self._add_lines(job_id, logs, sequence=event.sequence)
        older: dict[str, Any] = {"_id": job_id, "sequence": {"$lt": event.sequence}}
        if isinstance(event, TrainingProgressed | JobProgressed):
            older["state"] = {"$in": RUNNING}
        written = await self._jobs.update_one(older, {"$set": fields | {"sequence": event.sequence}})
        return bool(written.matched_count)

    async def _add_lines(self, job_id: str, lines: Sequence[LogLine], *, sequence: int) -> None:
        """Add an event's lines once, in the order of time, also when a later event came first."""
        pushed = {"$each": [line.model_dump() for line in lines], "$sort": {"timestamp": ASCENDING}, "$slice": -LOG_LINES}
        seen = {"$each": [sequence], "$slice": -LOG_LINES}
        new = {"_id": job_id, "logged": {"$ne": sequence}, "logs_through": {"$not": {"$gte": sequence}}}
        await self._jobs.update_one(new, {"$push": {"logs": pushed, "logged": seen}})

    async def request_cancel(self, job: Job, event: Event, *, at: datetime) -> None:
        """Write down that the owner wants the job ended, and tell it, in one write; the second time changes nothing."""
        first = {"_id": job.id, "cancel_requested_at": None}
        await write_with_events(self._jobs, first, {"$set": {"cancel_requested_at": at}}, [event], source="gateway", room={})
        self._on_write()

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int) -> None:
        """Write down that training has ended the job, ahead of the event that tells it; an ended job stays as it is."""
        fields = {"state": JobState.CANCELLED.value, "ended_at": at, "compute_hours": to_decimal128(hours), "progress": progress}
        await self._jobs.update_one({"_id": job_id, "state": {"$in": RUNNING}}, {"$set": fields | {"estimated_completion": None}})

    async def note_refund(self, job_id: str, *, refund: Decimal) -> None:
        """Write down what its owner was told to get back, who had cancelled it."""
        await self._jobs.update_one({"_id": job_id}, {"$set": {"refund_amount": to_decimal128(refund)}})

    async def note_charged(self, job_id: str, *, hours: Decimal) -> None:
        """Write down what was charged. Raise JobNotSeenYetError."""
        written = await self._jobs.update_one({"_id": job_id}, {"$set": {"charged_hours": to_decimal128(hours)}})
        if not written.matched_count:
            raise JobNotSeenYetError(job_id)


def _to_document(job: Job) -> dict[str, Any]:
    document: dict[str, Any] = {name: getattr(job, name) for name in job.__slots__ if name != "id"}
    document |= {name: to_decimal128(document[name]) for name in HOURS if document[name] is not None}
    document |= {"_id": job.id, "state": job.state.value, "priority": job.priority.value}
    document["logs"] = [line.model_dump() for line in job.logs]
    document["error"] = job.error.model_dump() if job.error else None
    return document


def _from_document(document: dict[str, Any]) -> Job:
    known = {name: document[name] for name in Job.__slots__ if name in document}
    known |= {name: from_decimal128(known[name]) for name in HOURS if known.get(name) is not None}
    known |= {"id": document["_id"], "state": JobState(document["state"]), "priority": Priority(document["priority"])}
    known["logs"] = tuple(LogLine.model_validate(line) for line in document.get("logs", ()))
    known["error"] = JobError.model_validate(document["error"]) if document.get("error") else None
    return Job(**known)
