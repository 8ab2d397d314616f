"""Documents that cannot be read, or worked on: set aside one by one, so that all the others go on.

Such a document bears the field `set_aside` (when and why), by which sweeps and lists pass over it. The collection `set_aside` of the same
database has a note of each: heartbeats tell of them (the process becomes degraded, and monitoring raises an alert), and people look there.
One that has changed since, as when it was repaired, or that an older release could not read, is taken up once more; its note goes when
it is not set aside anew within a minute.
A process that starts looks at all of them again, since a new release may be able to read them.
"""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeVar

import bson
from prometheus_client import Counter
from pymongo import ReturnDocument

from libs.chassis.errors import PlatformError
from libs.chassis.liveness.failures import report_failure
from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.stores.mongo import Collection, Database
from libs.chassis.stores.versioned import FIELD, is_later, version_known_to
from libs.contracts.envelope import now

T = TypeVar("T")
NOTES: Final = "set_aside"
# The part of a query that passes over what was set aside.
IN_USE: Final[dict[str, Any]] = {"set_aside": None}
REASON_MOST: Final = 500
LOOK_EVERY_S: Final = 20.0
# So many notes are looked at a time, chosen at random: there may be thousands, of large documents.
LOOKED_AT: Final = 50
# Longer than it takes any sweep to meet a document again.
AGAIN_WITHIN: Final = timedelta(minutes=1)
# What changes about a document though nobody repairs it.
OURS: Final = frozenset({"set_aside", "pending_events", "relay", "uncounted"})
# What is written again and again by those who do not read the rest: only its type counts, so that one that is missing can be repaired.
ROUTINE: Final = frozenset({"due_at", "wakes", "lease", "lease_until", "last_used_at", "untold_lines"})
SET_ASIDE: Final = Counter(
    "modelbourse_documents_set_aside", "Documents that could not be read or worked on, by collection.", ["collection"], registry=None
)


def in_use(*, but: Iterable[str]) -> dict[str, Any]:
    """Return the part of a query that passes over what was set aside, and over these ids."""
    ids = list(but)
    return IN_USE | ({"_id": {"$nin": ids}} if ids else {})


def is_hopeless(error: Exception) -> bool:
    """Tell an error of a document's content from an outage, which passes, and from a refusal of the domain, which is an answer."""
    return not (is_passing(error) or isinstance(error, PlatformError))


async def readable(
    found: AsyncIterable[dict[str, Any]] | Iterable[dict[str, Any]], read: Callable[[dict[str, Any]], T], *, of: Collection
) -> list[T]:
    """Read documents one by one; those that cannot be read are set aside and left out. Raise what says that the store is away."""
    things = []
    for document in found if isinstance(found, Iterable) else [document async for document in found]:
        try:
            things.append(read(document))
        except Exception as error:
            if not is_hopeless(error):
                raise
            await put_aside(of, document["_id"], error)
    return things


async def first_readable(
    look: Callable[[], Awaitable[dict[str, Any] | None]], read: Callable[[dict[str, Any]], T], *, of: Collection
) -> T | None:
    """Return the first document that can be read, None when there is none; `look` passes over what is set aside (IN_USE)."""
    while (document := await look()) is not None:
        try:
            return read(document)
        except Exception as error:
            if not is_hopeless(error):
                raise
            await put_aside(of, document["_id"], error)
    return None


async def put_aside(collection: Collection, document_id: str, error: Exception) -> None:
    """Mark a document so that nobody takes it up again, note it for people, count it and log it; twice is once."""
    at, why = now(), f"{type(error).__name__}: {error}"[:REASON_MOST]
    # In this order: a note without a mark would let the document be met at every sweep, and nobody look for why.
    mark = {"$set": {"set_aside": {"at": at, "error": why}}}
    marked = await collection.find_one_and_update({"_id": document_id}, mark, return_document=ReturnDocument.AFTER)
    if marked is None:
        return  # It was deleted meanwhile.
    if is_later(marked, of=collection):
        why = (
            f"A later release wrote it (schema version {marked[FIELD]}, and this process reads {version_known_to(collection)}): upgrade it."
        )
    note = {"collection": collection.name, "document_id": document_id, "at": at, "error": why, "content": _content(marked)}
    note["read_by"] = version_known_to(collection)
    await collection.database[NOTES].replace_one({"_id": f"{collection.name}/{document_id}"}, note, upsert=True)
    SET_ASIDE.labels(collection.name).inc()
    log().error("a document is set aside", collection=collection.name, id=document_id, error=type(error).__name__, exc_info=error)


async def ids_set_aside(collection: Collection) -> list[str]:
    """Return the ids of a collection's documents that are set aside."""
    found: list[str] = await collection.database[NOTES].distinct("document_id", {"collection": collection.name, "again_at": None})
    return found


async def keep_looking(database: Database) -> None:
    """Look at what is set aside, every now and then, for as long as the process lives."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await look_at_changed(database, at=now())
        except Exception as error:  # noqa: BLE001  # it is looked at again at the next turn
            report_failure(error, work="looking at documents that were set aside")


async def look_at_changed(database: Database, *, at: datetime) -> None:
    """Let documents that have changed since they were set aside be taken up once more, and forget the notes of those that were.

    Any number of processes may do this at once. A mark that people took away themselves is a change, too.
    """
    async for note in database[NOTES].aggregate([{"$sample": {"size": LOOKED_AT}}]):
        await _look_at(note, database[note["collection"]], at=at)


async def _look_at(note: Mapping[str, Any], collection: Collection, *, at: datetime) -> None:
    notes = collection.database[NOTES]
    document = await collection.find_one({"_id": note["document_id"]})
    same = {"_id": note["_id"], "at": note["at"]}  # Whoever sets it aside anew writes another note.
    if document is None:
        await notes.delete_one(same)
        return
    is_marked = document.get("set_aside") is not None
    if (again_at := note.get("again_at")) is not None:
        if not is_marked and at - again_at >= AGAIN_WITHIN:
            await notes.delete_one(same)
        return
    is_newer = note.get("read_by", 0) < version_known_to(collection)  # An older process could not read it, and this one may.
    if not is_newer and _content(document) == note.get("content") and is_marked:
        return
    # In this order: who dies in between has left a document without a mark, which is a change.
    await collection.update_one({"_id": note["document_id"]}, {"$unset": {"set_aside": ""}})
    await notes.update_one(same, {"$set": {"again_at": at}})


def _content(document: Mapping[str, Any]) -> str:
    """Return a digest of what people may repair of a document."""
    shown = {name: type(value).__name__ if name in ROUTINE else value for name, value in document.items() if name not in OURS}
    return sha256(bson.encode(shown)).hexdigest()


async def look_again(database: Database) -> None:
    """Let everything that was set aside be taken up once more: it was repaired, or a new release can read it, or it is set aside anew."""
    notes = await database[NOTES].find().to_list(None)
    for note in notes:
        await database[note["collection"]].update_one({"_id": note["document_id"]}, {"$unset": {"set_aside": ""}})
        # Whoever has met the document since has set it aside anew, with another note.
        await database[NOTES].delete_one({"_id": note["_id"], "at": note["at"]})


async def describe_set_aside(database: Database) -> str | None:
    """Return a sentence about what is set aside, None when nothing is; cheap enough for each heartbeat."""
    count = await database[NOTES].estimated_document_count()
    if not count:
        return None
    first = await database[NOTES].find_one(sort=[("_id", 1)])
    if first is None:
        return None  # Looked at again this moment.
    return f"{count} set aside, such as {first['_id']} (the collection `{NOTES}` has them all)"
