"""A database whose documents carry the version of the schema under which they were made: in one place, for all that a service writes.

`schema_version` is written when a document is made or replaced whole, and by migrations; a change of some fields leaves it. A document
without it is from before there were versions.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Final

from motor.motor_asyncio import AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel

from libs.chassis.stores.indexes import ask_for

FIELD: Final = "schema_version"
# What a process writes that has not looked at its database's schema (`migrations.migrate`): no version.
UNKNOWN: Final = 0


class VersionedDatabase(AsyncIOMotorDatabase[dict[str, Any]]):
    """A database and the newest version of its schema that this process knows."""

    known_version: int = UNKNOWN

    def __getitem__(self, name: str) -> "VersionedCollection":
        """Return a collection."""
        return VersionedCollection(self, name)  # type: ignore[arg-type]  # the driver's base class, as its own does


class VersionedCollection(AsyncIOMotorCollection[dict[str, Any]]):
    """A collection that marks what is made in it, and whose indexes can be made together (indexes.py)."""

    async def create_index(self, keys: Any, session: Any = None, comment: Any = None, **options: Any) -> str:
        """Make an index, at once or with the others of its collection; return its name."""
        index = IndexModel(keys, **options)
        if ask_for(self, index):
            return str(index.document["name"])
        return str(await super().create_index(keys, session, comment, **options))

    async def insert_one(self, document: Any, *given: Any, **more: Any) -> Any:
        """Insert a document, marked."""
        return await super().insert_one(stamped(document, of=self), *given, **more)

    async def insert_many(self, documents: Iterable[Any], *given: Any, **more: Any) -> Any:
        """Insert documents, each marked."""
        return await super().insert_many([stamped(document, of=self) for document in documents], *given, **more)

    async def replace_one(self, filter: Mapping[str, Any], replacement: Mapping[str, Any], *given: Any, **more: Any) -> Any:  # noqa: A002  # the driver's name
        """Replace a document by a marked one."""
        return await super().replace_one(filter, stamped(replacement, of=self), *given, **more)

    async def update_one(self, filter: Mapping[str, Any], update: Any, *given: Any, **more: Any) -> Any:  # noqa: A002  # the driver's name
        """Change a document; one that is made is marked."""
        return await super().update_one(filter, self._made(update, upsert=more.get("upsert", False)), *given, **more)

    async def find_one_and_update(self, filter: Mapping[str, Any], update: Any, *given: Any, **more: Any) -> Any:  # noqa: A002  # the driver's name
        """Change a document and return it; one that is made is marked."""
        return await super().find_one_and_update(filter, self._made(update, upsert=more.get("upsert", False)), *given, **more)

    def _made(self, update: Any, *, upsert: bool) -> Any:
        version = version_known_to(self)
        if not upsert or version == UNKNOWN or not isinstance(update, Mapping):
            return update
        return {**update, "$setOnInsert": {**update.get("$setOnInsert", {}), FIELD: version}}


def version_known_to(collection: AsyncIOMotorCollection[dict[str, Any]]) -> int:
    """Return the newest version of the schema that this process knows of the collection's database."""
    database = collection.database
    return database.known_version if isinstance(database, VersionedDatabase) else UNKNOWN


def stamped(document: Mapping[str, Any], *, of: AsyncIOMotorCollection[dict[str, Any]]) -> dict[str, Any]:
    """Return a document with the version that this process writes; bulk writes, which the collection leaves as they are, need it."""
    version = version_known_to(of)
    return {**document, FIELD: version} if version != UNKNOWN else dict(document)


def fields_of(kind: type[Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document has of a dataclass's fields: what a later release has added is passed over."""
    return {each.name: document[each.name] for each in fields(kind) if each.name in document}


def is_later(document: Mapping[str, Any], *, of: AsyncIOMotorCollection[dict[str, Any]]) -> bool:
    """Tell whether a document was written by a later release than this process is of."""
    known = version_known_to(of)
    return known != UNKNOWN and int(document.get(FIELD, UNKNOWN)) > known
