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
    told: list[tuple[str, T]] = []

    def one(document: dict[str, Any]) -> tuple[str, T]:
        return document["_id"], read(document)

    found = collection.find(query, dict(but) if but else None).sort("_id", ASCENDING).limit(most + 1)
    read_all = await readable(found, one, of=collection)
    size = 0
    for name, message in read_all[:most]:
        size += len(message.model_dump_json())
        if told and size > PAGE_BYTES:
            break
        told.append((name, message))
    is_last = len(told) == len(read_all)
    count = await collection.estimated_document_count()
    return Snapshots(tuple(message for _, message in told), None if is_last else told[-1][0], count)
