"""Jobs in MongoDB: each one document with its unpublished events, whatever its kind, brought up to events by their sequence.

Unique indexes decide what two requests at once would both take: one of an account's numbered slots, which a job has until it has ended, the
one training that may work on a model, and the number of a model's next version; so it is with checks of a dataset, and with the
folder that a job writes to.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.errors import PlatformError
from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, from_decimal128, to_decimal128
from libs.chassis.stores.outbox import entry_of, write_with_events
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.envelope import Event, JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.jobs import JobProgressed
from libs.contracts.training import JobError, JobState, LogLine, Priority, TrainingProgressed
from services.gateway.domain.datasets.errors import DatasetBusyError
from services.gateway.domain.files.errors import OutputTakenError
from services.gateway.domain.jobs.errors import JobNotFoundError, JobNotSeenYetError, SlotTakenError
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import NEWEST, JobFilter, JobOrder
from services.gateway.domain.jobs.run_report import RunReport
from services.gateway.domain.jobs.terms import TERMS
from services.gateway.domain.models.errors import ModelBusyError, VersionTakenError
from services.gateway.outbound.jobs.job_changes import change_of
from services.gateway.outbound.jobs.job_queries import LONG, REPORTED, UNWATCHED, query_of
from services.gateway.outbound.jobs.run_reports import report_document, report_of
from services.gateway.outbound.jobs.unheard import Tell, as_it_is
from services.gateway.outbound.outage import store_outages
from services.gateway.outbound.slugs import NAMED, free_slug

NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
LOG_LINES: Final = 500
SOURCE: Final = "gateway"
RUNNING: Final = [state.value for state in JobState if not state.ended]
WORKED: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED})
HOURS: Final = ("reserved_hours", "expected_hours", "compute_hours", "charged_hours", "refund_amount")
# What the training service does not know of a job.
OURS: Final = frozenset(
    {
        "_id", "slot", "slug", "expected_hours", "charged_hours", "refund_amount", "cancel_requested_at", "cancel_reason",
        "estimated_completion", "artifact", "attempts_most", "reported",
    }
)  # fmt: skip
HAS_SLOT: Final[dict[str, Any]] = {"slot": {"$type": "number"}}
# One check at a time makes a dataset's next version.
CHECKS: Final[dict[str, Any]] = {"kind": JobKind.VALIDATE.value}
DATASET: Final = "spec.dataset_id"
# One job at a time writes into a folder of an account's data root; a job for which none is named has one of its own.
FOLDER: Final = "spec.output_dir"
HAS_FOLDER: Final[dict[str, Any]] = {"kind": {"$in": [kind.value for kind, its in TERMS.items() if its.has_folder]}, FOLDER: {"$gt": ""}}
# What is not kept of a job whose account was erased before the event came.
WORDS: Final = frozenset({"result", "error", "partial"})
WATCHED_MOST: Final = 1000
TRIES: Final = 10


class JobsMongo:
    """Implements the port Jobs. `on_write` is called after every write that has events; `told` says of a job that is got how it waits."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None], told: Tell = as_it_is) -> None:
        self._jobs, self._on_write, self._told = collection, on_write, told

    async def prepare(self) -> None:
        """Make indexes."""
        for chosen in (("kind",), ("kind", "state"), ("kind", "model_id"), ("kind", "model_id", "state")):
            await self._jobs.create_index([*((field, ASCENDING) for field in ("account_id", *chosen)), *NEWEST_FIRST])
        chosen_by = [(f"spec.{path}", ASCENDING) for terms in TERMS.values() for path in terms.filtered]
        ordered_by = [(f"result.{path}", DESCENDING) for terms in TERMS.values() for path in terms.ranked]
        for each in (*chosen_by, *ordered_by):
            # What else is filtered by stands behind the order, so that only what is shown is read.
            behind = [("state", ASCENDING), *(field for field in chosen_by if field != each)]
            await self._jobs.create_index([("account_id", ASCENDING), ("kind", ASCENDING), each, *NEWEST_FIRST, *behind])
        await self._jobs.create_index([("account_id", ASCENDING), ("ended_at", ASCENDING)])
        reported = [(field, ASCENDING) for field in ("account_id", "kind", "reported.takes_over", "reported.status")]
        await self._jobs.create_index([*reported, *NEWEST_FIRST], partialFilterExpression=REPORTED)
        for fields, only in (
            (("account_id", "slot"), HAS_SLOT),
            (("account_id", "slug"), NAMED),
            (("model_id",), HAS_SLOT | {"kind": JobKind.TRAIN.value, "model_id": {"$type": "string"}}),
            (("model_id", "model_version"), {"model_version": {"$type": "string"}}),
            ((DATASET,), HAS_SLOT | CHECKS),
            ((DATASET, "spec.version"), CHECKS),
            (("account_id", FOLDER), HAS_SLOT | HAS_FOLDER),
        ):
            await self._jobs.create_index([(field, ASCENDING) for field in fields], unique=True, partialFilterExpression=only)

    async def get(self, job_id: str, *, account_id: str | None, kind: JobKind | None = JobKind.TRAIN) -> Job:
        """Return a job of this account (of anybody, for None) and kind (of any, for None). Raise JobNotFoundError."""
        wanted = {"_id": job_id} | ({"account_id": account_id} if account_id else {}) | ({"kind": kind.value} if kind else {})
        with store_outages():
            document = await self._jobs.find_one(wanted, {"pending_events": 0})
        if document is None:
            raise JobNotFoundError(job_id, noun=f"{kind.noun} job" if kind else "job")
        return await self._told(job_of(document))

    async def named(self, slug: str, *, account_id: str, kind: JobKind) -> Job:
        """Return the account's job of this kind and readable name. Raise JobNotFoundError."""
        with store_outages():
            document = await self._jobs.find_one(
                {"account_id": account_id, "slug": {"$eq": slug, **NAMED["slug"]}, "kind": kind.value}, {"pending_events": 0}
            )
        if document is None:
            raise JobNotFoundError(slug, noun=f"{kind.noun} job")
        return await self._told(job_of(document))

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no job of the account has."""
        with store_outages():
            return await free_slug(self._jobs, slug, account_id=account_id)

    async def find(self, account_id: str, part: Part, wanted: JobFilter, order: JobOrder = NEWEST) -> Page[Job]:
        """Return a part of an account's jobs, without logs and of results without what is long."""
        direction = DESCENDING if order.descending else ASCENDING
        fields = [*([f"result.{order.by}"] if order.by else []), *(name for name, _ in NEWEST_FIRST)]
        ordered = [(name, direction) for name in fields]
        return await read_part(self._jobs, query_of(account_id, wanted), part, order=ordered, read=job_of, shown=LONG)

    async def several(self, job_ids: Iterable[str], *, account_id: str) -> list[Job]:
        """Return those of these jobs that there are and that are the account's, without logs and results."""
        with store_outages():
            found = self._jobs.find({"_id": {"$in": list(job_ids)}, "account_id": account_id} | IN_USE, UNWATCHED)
            return await readable(found, job_of, of=self._jobs)

    async def current(self, account_id: str, *, ended_since: datetime) -> list[Job]:
        """Return the account's jobs that have not ended, and those that have since this moment, without logs and results."""
        current = {"account_id": account_id, "$or": [{"ended_at": None}, {"ended_at": {"$gte": ended_since}}]}
        with store_outages():
            # Those that have not ended first: there are few, as they have slots.
            found = self._jobs.find(current | IN_USE, UNWATCHED).sort("ended_at", ASCENDING).limit(WATCHED_MOST)
            return await readable(found, job_of, of=self._jobs)

    async def add(self, job: Job, event: Event) -> Job:
        """Keep a new job and tell it, in one insert, and return it. Raise SlotTakenError or what its subject is taken by."""
        try:
            with store_outages():
                await self._jobs.insert_one(_to_document(job) | {"pending_events": [entry_of(event, source=SOURCE)]})
        except DuplicateKeyError as error:
            with store_outages():
                if known := await self._jobs.find_one({"_id": job.id}):
                    return job_of(known)  # The same request, running twice at once, was faster.
                raise await self._refusal(job) from error
        self._on_write()
        return job

    async def _refusal(self, job: Job) -> PlatformError:
        """Say which of a job's places another one has; where that has ended meanwhile it is worth another try."""
        if TERMS[job.kind].has_folder and (folder := (job.spec or {})["output_dir"]):
            same = HAS_SLOT | HAS_FOLDER | {"account_id": job.account_id, FOLDER: {"$eq": folder, "$gt": ""}, "_id": {"$ne": job.id}}
            writer = await self._jobs.find_one(same, {"_id": 1})
            return OutputTakenError(folder, by=writer["_id"]) if writer else SlotTakenError()
        if (dataset_id := (job.spec or {}).get("dataset_id")) is not None:
            of_dataset = CHECKS | {DATASET: dataset_id}
            busy = await self._jobs.find_one(of_dataset | {"$or": [HAS_SLOT, {"spec.version": (job.spec or {})["version"]}]}, {"_id": 1})
            return DatasetBusyError(busy["_id"]) if busy else SlotTakenError()
        if job.model_version is None:
            return SlotTakenError()
        of_model = {"model_id": {"$eq": job.model_id, "$type": "string"}, "kind": JobKind.TRAIN.value}
        if active := await self._jobs.find_one(of_model | HAS_SLOT, {"_id": 1}):
            return ModelBusyError(active["_id"])
        same = {"model_version": {"$eq": job.model_version, "$type": "string"}}
        if maker := await self._jobs.find_one(of_model | same, {"_id": 1}):
            return VersionTakenError(maker["_id"])
        return SlotTakenError()

    async def slots(self, account_id: str) -> set[int]:
        """Return the slots that the account's jobs have taken."""
        with store_outages():
            taken = self._jobs.find({"account_id": account_id} | HAS_SLOT, {"_id": 0, "slot": 1})
            return {document["slot"] async for document in taken}

    async def take_slot(self, job_id: str, *, account_id: str) -> None:
        """Give a job that has not ended a slot, whatever its tier has; one whose model has another job at work goes on without."""
        without = {"_id": job_id, "slot": None, "state": {"$in": RUNNING}}
        for _ in range(TRIES):
            taken = await self.slots(account_id)
            try:
                await self._jobs.update_one(without, {"$set": {"slot": min(set(range(len(taken) + 1)) - taken)}})
            except DuplicateKeyError:
                continue
            return

    async def leave_slot(self, job_id: str) -> str | None:
        """Free the slot of a job that has ended; return the version that it makes. Raise JobNotSeenYetError."""
        left = await self._jobs.find_one_and_update({"_id": job_id}, {"$set": {"slot": None}}, projection={"model_version": 1})
        if left is None:
            raise JobNotSeenYetError(job_id)
        version: str | None = left.get("model_version")
        return version

    async def restore(self, job: Job, *, continued_hours: Decimal) -> None:
        """Keep a job as its owner has it, with all its lines; one that was told of since stays as it is, and so does what only we know."""
        fields = _to_document(job) | {"logs_through": job.sequence}
        if job.state in WORKED and job.compute_hours is not None:
            fields["work_hours"] = to_decimal128(job.compute_hours + continued_hours)
        try:
            await self._jobs.insert_one(fields)
        except DuplicateKeyError:
            known = {name: value for name, value in fields.items() if name not in OURS} | ({"slot": None} if job.state.ended else {})
            older: dict[str, Any] = {"_id": job.id, "sequence": {"$lt": job.sequence}}
            # One that was stopped here has ended, though the event that says so is still to come.
            await self._jobs.update_one(older if job.state.ended else older | {"state": {"$in": RUNNING}}, {"$set": known})
        else:
            await self.take_slot(job.id, account_id=job.account_id)

    async def apply(self, job_id: str, event: Event) -> bool:
        """Bring a job up to an event; False when the job is known and has seen this or newer. Raise JobNotSeenYetError."""
        # First of all: a job that comes between a write that found none and a look afterwards would miss this event.
        known = await self._jobs.find_one({"_id": job_id}, {"forgotten": 1})
        if known is None:
            raise JobNotSeenYetError(job_id)
        fields, logs = change_of(event)
        if known.get("forgotten"):
            fields = {name: value for name, value in fields.items() if name not in WORDS}
        elif logs:
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

    async def request_cancel(self, job_id: str, event: Event, *, at: datetime, reason: str | None = None) -> None:
        """Write down that the job is to be ended, and tell it, in one write; the second time changes nothing."""
        first = {"_id": job_id, "cancel_requested_at": None}
        with store_outages():
            await write_with_events(
                self._jobs, first, {"$set": {"cancel_requested_at": at, "cancel_reason": reason}}, [event], source=SOURCE, room={}
            )
        self._on_write()

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int, partial: JsonObject | None) -> None:
        """Write down that training has ended the job, ahead of the event that tells it; an ended job stays as it is."""
        fields = {"state": JobState.CANCELLED.value, "ended_at": at, "compute_hours": to_decimal128(hours), "progress": progress}
        left = {"estimated_completion": None, "slot": None} | ({} if partial is None else {"partial": partial})
        await self._jobs.update_one({"_id": job_id, "state": {"$in": RUNNING}}, {"$set": fields | left})

    async def note_report(self, job: Job, report: RunReport) -> bool:
        """Write down what an outside worker says of a run; False where the job has ended, or was reported on, since it was read."""
        before = {"reported.at": job.reported.at} if job.reported else {"reported": None}
        same = {"_id": job.id, "state": {"$in": RUNNING} if not job.state.ended else job.state.value}
        with store_outages():
            written = await self._jobs.update_one(same | before, {"$set": {"reported": report_document(report)}})
        return bool(written.matched_count)

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
    document |= {"_id": job.id, "kind": job.kind.value, "state": job.state.value, "priority": job.priority.value}
    document["logs"] = [line.model_dump() for line in job.logs]
    document["error"] = job.error.model_dump() if job.error else None
    document["reported"] = report_document(job.reported)
    return document


def job_of(document: dict[str, Any]) -> Job:
    """Return the job of a document."""
    known = {name: document[name] for name in Job.__slots__ if name in document}
    known |= {name: from_decimal128(known[name]) for name in HOURS if known.get(name) is not None}
    known |= {"id": document["_id"], "kind": JobKind(document["kind"])}
    known |= {"state": JobState(document["state"]), "priority": Priority(document["priority"])}
    known["logs"] = tuple(LogLine.model_validate(line) for line in document.get("logs", ()))
    known["tried_on"] = tuple(tried) if (tried := document.get("tried_on")) else None
    known |= {name: tuple(document.get(name) or ()) for name in ("own_datasets", "symbols")}
    known["reported"] = report_of(document.get("reported"))
    known["error"] = JobError.model_validate(document["error"]) if document.get("error") else None
    return Job(**known)
