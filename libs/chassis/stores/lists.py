"""Parts of a list in MongoDB: by a page's number, or by the row after which it goes on, which creations and deletions do not move.

The second is keyset pagination (https://use-the-index-luke.com/no-offset): a row that is there all the while, and whose place in the
order does not change, is seen once by whoever walks through the list, whatever else comes and goes.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import reduce
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
    all_rows: bool = False,
) -> Page[T]:
    """Return a part of what a query finds. `order` ends with a field that no two rows share; `shown` is a projection.

    `all_rows`: the query, for its index's sake, names all that there is, so that nothing needs to be counted.
    A document that cannot be read is set aside and left out; it is still counted.
    """
    # Of all rows the store keeps the number; a count of those that a query finds looks at each of its places in the index.
    count = await (collection.count_documents(query) if query and not all_rows else collection.estimated_document_count())
    documents = await _following(collection, query, part, order=order, shown=shown)
    more = len(documents) > part.size
    documents = documents[: part.size]
    items = await readable(documents, read, of=collection)
    return Page(count, items, key_of(documents[-1], order) if more else None)


async def _following(
    collection: Collection, query: Mapping[str, Any], part: Part, *, order: Order, shown: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """Return a part's documents, and the one that comes after them."""
    most = part.size + 1
    if part.after is None:
        found = collection.find({"$and": [query, IN_USE]}, shown).sort(list(order)).skip(part.skipped).limit(most)
        return [document async for document in found]
    # One look-up for each way of coming after the key, the nearest rows first: as one query, an index would be read from where rows equal
    # in the first field begin, or from the beginning; and MongoDB promises no order of a union.
    following: list[dict[str, Any]] = []
    for way in beyond(order, part.after):
        further = collection.find({"$and": [query, IN_USE, way]}, shown).sort(list(order)).limit(most - len(following))
        following += [document async for document in further]
        if len(following) == most:
            break
    return following


def key_of(document: Mapping[str, Any], order: Order) -> Key:
    """Return a row's place in an order. The projection must have the fields of the order."""
    values = (reduce(_inside, name.split("."), document) for name, _ in order)
    return tuple(from_decimal128(value) if isinstance(value, Decimal128) else value for value in values)


def _inside(document: Any, name: str) -> Any:
    return document.get(name) if isinstance(document, Mapping) else None


def beyond(order: Order, key: Key) -> list[dict[str, Any]]:
    """Return the queries of the rows that come after a key, in their order: equal in the most fields, and further in the next one."""
    ways: list[dict[str, Any]] = []
    equal: dict[str, Any] = {}
    for (name, direction), value in zip(order, key, strict=True):
        stored = to_decimal128(value) if isinstance(value, Decimal) else value
        if (further := _further(stored, descending=direction == DESCENDING)) is not None:
            ways.append(equal | {name: further})
        equal = equal | {name: stored}
    return ways[::-1]


def _further(value: Any, *, descending: bool) -> dict[str, Any] | None:
    """Return what a field is beyond a value. MongoDB sorts null below everything, and compares it with nothing."""
    if value is None:
        return None if descending else {"$ne": None}
    return {"$not": {"$gte": value}} if descending else {"$gt": value}
