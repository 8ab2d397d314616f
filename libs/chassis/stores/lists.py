"""Parts of a list in MongoDB: by a page's number, or by the row after which it goes on, which creations and deletions do not move.

The second is keyset pagination (https://use-the-index-luke.com/no-offset): a row that is there all the while, and whose place in the
order does not change, is seen once by whoever walks through the list, whatever else comes and goes.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from bson.decimal128 import Decimal128
from pymongo import DESCENDING

from libs.chassis.stores.mongo import Collection, from_decimal128, to_decimal128
from libs.chassis.stores.parts import Key, Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable

Order = Sequence[tuple[str, int]]
T = TypeVar("T")


async def read_part(
    collection: Collection,
    query: Mapping[str, Any],
    part: Part,
    *,
    order: Order,
    read: Callable[[dict[str, Any]], T],
    shown: Mapping[str, int] | None = None,
) -> Page[T]:
    """Return a part of what a query finds. `order` ends with a field that no two rows share; `shown` is a projection.

    A document that cannot be read is set aside and left out; it is still counted.
    """
    # Of all rows the store keeps the number; a count of those that a query finds looks at each.
    count = await (collection.count_documents(query) if query else collection.estimated_document_count())
    wanted = {"$and": [query, IN_USE] if part.after is None else [query, IN_USE, beyond(order, part.after)]}
    skipped = part.skipped
    found = collection.find(wanted, shown).sort(list(order)).skip(skipped).limit(part.size + 1)
    documents = [document async for document in found]
    more = len(documents) > part.size
    documents = documents[: part.size]
    items = await readable(documents, read, of=collection)
    return Page(count, items, key_of(documents[-1], order) if more else None)


def key_of(document: Mapping[str, Any], order: Order) -> Key:
    """Return a row's place in an order. The projection must have the fields of the order."""
    values = (document.get(name) for name, _ in order)
    return tuple(from_decimal128(value) if isinstance(value, Decimal128) else value for value in values)


def beyond(order: Order, key: Key) -> dict[str, Any]:
    """Return the query of the rows that come after a key: equal in the first fields, and further in the next one."""
    alternatives: list[dict[str, Any]] = []
    equal: dict[str, Any] = {}
    for (name, direction), value in zip(order, key, strict=True):
        stored = to_decimal128(value) if isinstance(value, Decimal) else value
        if (further := _further(name, stored, descending=direction == DESCENDING)) is not None:
            alternatives.append(equal | further)
        equal = equal | {name: stored}
    return {"$or": alternatives}


def _further(name: str, value: Any, *, descending: bool) -> dict[str, Any] | None:
    """Return what a field is beyond a value. MongoDB sorts null below everything, and compares it with nothing."""
    if value is None:
        return None if descending else {name: {"$ne": None}}
    return {"$or": [{name: {"$lt": value}}, {name: None}]} if descending else {name: {"$gt": value}}
