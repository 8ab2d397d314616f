"""A page of a collection's documents in the order of their ids, no larger than the bus carries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pymongo import ASCENDING

from libs.chassis.bus.port import LARGEST_BODY
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.envelope import Message

T = TypeVar("T", bound=Message)
# The reply's other fields and its headers need little.
PAGE_BYTES: Final = LARGEST_BODY // 2
FETCHED_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Snapshots(Generic[T]):
    """Documents as they are told; `next_after` is where the next page begins, None after the last one."""

    found: tuple[T, ...]
    next_after: str | None
    count: int


async def snapshots(
    collection: Collection,
    *,
    after: str,
    most: int,
    read: Callable[[dict[str, Any]], T],
    only: Mapping[str, Any] | None = None,
    but: Mapping[str, int] | None = None,
) -> Snapshots[T]:
    """Return up to `most` documents behind an id, at least one if there is one: those of `only`, without the fields `but`."""
    query = {"_id": {"$gt": after}} | dict(only or {}) | IN_USE
    told, size, last, next_after = list[T](), 0, after, None
    # A few at a time: of large documents few fit.
    async with collection.find(query, dict(but) if but else None, batch_size=FETCHED_AT_ONCE).sort("_id", ASCENDING) as found:
        async for document in found:
            message = await readable([document], read, of=collection)
            size += sum(len(each.model_dump_json()) for each in message)
            if told and (len(told) == most or size > PAGE_BYTES):
                next_after = last
                break
            told += message
            last = document["_id"]
    return Snapshots(tuple(told), next_after, await collection.estimated_document_count())
