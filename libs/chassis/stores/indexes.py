"""Indexes that a service asks for at its start: those of one collection are made by one command.

A command costs the server and its client most of a millisecond, also where there is nothing to be made, and a gateway asks for two hundred
indexes. Those that are missing from a large collection are made in one walk through it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from motor.motor_asyncio import AsyncIOMotorCollection
from pymongo import IndexModel

__all__ = ["ask_for", "asked_together"]

Collection: TypeAlias = AsyncIOMotorCollection[dict[str, Any]]


@dataclass
class _Asked:
    """What was asked for in a block; a task that was begun in it and outlives it asks for itself."""

    indexes: dict[str, tuple[Collection, list[IndexModel]]] = field(default_factory=dict)
    over: bool = False


_asked: Final[ContextVar[_Asked | None]] = ContextVar("asked", default=None)


@asynccontextmanager
async def asked_together() -> AsyncIterator[None]:
    """Make the indexes that are asked for within the block when it ends without an error. Raise what stands in the way of one."""
    asked = _Asked()
    token = _asked.set(asked)
    try:
        yield
    finally:
        asked.over = True
        _asked.reset(token)
    for collection, indexes in asked.indexes.values():
        await collection.create_indexes(indexes)


def ask_for(collection: Collection, index: IndexModel) -> bool:
    """Note an index for the end of the block; return False outside of one."""
    asked = _asked.get()
    if asked is None or asked.over:
        return False
    place = f"{collection.database.name}.{collection.name}"
    indexes = asked.indexes.setdefault(place, (collection, []))[1]
    # Two stores of one collection may ask for the same.
    if all(index.document != other.document for other in indexes):
        indexes.append(index)
    return True
