"""Documents that cannot be read, or worked on: set aside one by one, so that all the others go on.

Such a document bears the field `set_aside` (when and why), by which sweeps and lists pass over it. The collection `set_aside` of the same
database has a note of each: heartbeats tell of them (the process becomes degraded, and monitoring raises an alert), and people look there.
A process that starts looks at all of them again, since a new release may be able to read them.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar

from prometheus_client import Counter

from libs.chassis.errors import PlatformError
from libs.chassis.logs import log
from libs.chassis.mongo import Collection, Database
from libs.chassis.outages import is_passing
from libs.contracts.envelope import now

T = TypeVar("T")
NOTES: Final = "set_aside"
# The part of a query that passes over what was set aside.
IN_USE: Final[dict[str, Any]] = {"set_aside": None}
REASON_MOST: Final = 500
SET_ASIDE: Final = Counter(
    "modelbourse_documents_set_aside", "Documents that could not be read or worked on, by collection.", ["collection"], registry=None
)


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
    await collection.update_one({"_id": document_id}, {"$set": {"set_aside": {"at": at, "error": why}}})
    note = {"collection": collection.name, "document_id": document_id, "at": at, "error": why}
    await collection.database[NOTES].replace_one({"_id": f"{collection.name}/{document_id}"}, note, upsert=True)
    SET_ASIDE.labels(collection.name).inc()
    log().error("a document is set aside", collection=collection.name, id=document_id, error=type(error).__name__, exc_info=error)


async def ids_set_aside(collection: Collection) -> list[str]:
    """Return the ids of a collection's documents that are set aside."""
    found: list[str] = await collection.database[NOTES].distinct("document_id", {"collection": collection.name})
    return found


async def look_again(database: Database) -> None:
    """Let everything that was set aside be taken up once more: it was repaired, or a new release can read it, or it is set aside anew."""
    notes = await database[NOTES].find().to_list(None)
    for note in notes:
        await database[note["collection"]].update_one({"_id": note["document_id"]}, {"$unset": {"set_aside": ""}})
        await database[NOTES].delete_one({"_id": note["_id"]})


async def describe_set_aside(database: Database) -> str | None:
    """Return a sentence about what is set aside, None when nothing is; cheap enough for each heartbeat."""
    count = await database[NOTES].estimated_document_count()
    if not count:
        return None
    first = await database[NOTES].find_one(sort=[("_id", 1)])
    if first is None:
        return None  # Looked at again this moment.
    return f"{count} set aside, such as {first['_id']} (the collection `{NOTES}` has them all)"
