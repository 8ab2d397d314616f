"""Migrations of a service's database: numbered steps, each done once, by one process, before it serves; others wait for it.

The collection `schema` has the version that the database is at, which processes may go on (`readable_from`), what was done when, and who
is at it now. A step may be broken off anywhere and begun again, so each is idempotent; one that walks through a collection goes on where
it was broken off (`walk`). While a release is rolled out, processes of the last one run on: a step adds what they pass over, and takes
away only what they do without. What they need is taken away by the release after (`readable_from` then keeps them from starting).
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, UpdateOne
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError

from libs.chassis.errors import StartRefusedError
from libs.chassis.logs import log
from libs.chassis.stores.mongo import Collection, Database
from libs.chassis.stores.versioned import FIELD, VersionedDatabase
from libs.chassis.tasks import side_by_side
from libs.contracts.envelope import now

__all__ = ["Migration", "Schema", "SchemaTooNewError", "drop_indexes", "migrate"]

COLLECTION: Final = "schema"
STATE: Final = "state"
LOCK: Final = "lock"
# The version of a database whose service never had a migration.
FIRST: Final = 1
LEASE: Final = timedelta(seconds=30)
# Well before the lease is over, so that one slow write loses nothing.
RENEW_EVERY_S: Final = 5.0
LOOK_EVERY_S: Final = 0.5
AT_ONCE: Final = 500
INDEX_NOT_FOUND: Final = 27


class SchemaTooNewError(StartRefusedError):
    """The database was brought to a version that this release cannot read."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a migration works with: the service's database, and how far it has come."""

    database: Database
    number: int

    async def walk(self, collection: Collection, change: Callable[[dict[str, Any]], Mapping[str, Any] | None]) -> int:
        """Change a collection's documents of earlier versions in the order of their ids; return how many were changed.

        `change` returns what is set of a document, None for nothing, and must give the same the second time. Each is marked with this
        version. One that a process changes meanwhile is not lost: only the fields named are written.
        """
        state, key, changed = self.database[COLLECTION], f"after.{self.number}.{collection.name}", 0
        kept = await state.find_one({"_id": STATE}, {key: 1})
        after = (kept or {}).get("after", {}).get(str(self.number), {}).get(collection.name)
        while True:
            wanted: dict[str, Any] = {} if after is None else {"_id": {"$gt": after}}
            documents = await collection.find(wanted).sort("_id", ASCENDING).limit(AT_ONCE).to_list(None)
            if not documents:
                return changed
            earlier = [each for each in documents if int(each.get(FIELD, 0)) < self.number]
            writes = [
                UpdateOne({"_id": each["_id"]}, {"$set": {**fields, FIELD: self.number}}) for each in earlier if (fields := change(each))
            ]
            if writes:
                changed += (await collection.bulk_write(writes, ordered=False)).modified_count
            after = documents[-1]["_id"]
            await state.update_one({"_id": STATE}, {"$set": {key: after}})


@dataclass(frozen=True, slots=True)
class Migration:
    """One step to `number`; `readable_from` is the lowest version whose processes can go on with what it leaves."""

    number: int
    name: str
    run: Callable[[Step], Awaitable[object]]
    readable_from: int = FIRST


@dataclass(frozen=True, slots=True)
class Schema:
    """All migrations of a service in order. The version of its database is the number of the last one."""

    migrations: Sequence[Migration] = ()
    lease: timedelta = field(default=LEASE)

    def __post_init__(self) -> None:
        """Raise ValueError for numbers that are not 2, 3, 4 …: version 1 is what a database without migrations has."""
        if [each.number for each in self.migrations] != list(range(FIRST + 1, FIRST + 1 + len(self.migrations))):
            message = "migrations are numbered 2, 3, 4 … in their order"
            raise ValueError(message)

    @property
    def version(self) -> int:
        """The version that a process of this release writes."""
        return FIRST + len(self.migrations)


async def migrate(database: Database, schema: Schema) -> None:
    """Bring the database to the schema's version, or wait until another process has. What is written from now on carries it.

    Raise SchemaTooNewError when it is at a version that this release cannot read, and whatever a step raises, which is begun again at
    the next start.
    """
    if isinstance(database, VersionedDatabase):
        database.known_version = schema.version
    me, waits = uuid.uuid4().hex, False
    while True:
        state = await _state(database)
        _check_readable(state, schema, name=database.name)
        if state.version >= schema.version or await _is_new(database, schema):
            return
        if not await _take(database, me, lease=schema.lease):
            if not waits:
                log().info("waiting for the migrations that another process is at", database=database.name)
            waits = True
            await asyncio.sleep(LOOK_EVERY_S)
            continue
        try:
            # Without its lease it ends at once: the next turn shows who goes on with it.
            await side_by_side(_run(database, schema), _keep(database, me, lease=schema.lease))
        finally:
            await database[COLLECTION].delete_one({"_id": LOCK, "holder": me})


@dataclass(frozen=True, slots=True)
class _State:
    version: int
    readable_from: int


async def _state(database: Database) -> _State:
    found = await database[COLLECTION].find_one({"_id": STATE}) or {}
    return _State(found.get("version", FIRST - 1), found.get("readable_from", FIRST))


def _check_readable(state: _State, schema: Schema, *, name: str) -> None:
    if state.readable_from > schema.version:
        message = (
            f"The database {name} is at version {state.version} of its schema, which is read from version {state.readable_from} on, and "
            f"this release is at {schema.version}: start the later release, or restore the backup that was taken before it."
        )
        raise SchemaTooNewError(message)


async def _is_new(database: Database, schema: Schema) -> bool:
    """Write the newest version into a database that has nothing: there is nothing to be brought over."""
    if await database.list_collection_names():
        return False
    fresh = {"version": schema.version, "readable_from": FIRST, "done": [], "at": now()}
    try:
        await database[COLLECTION].insert_one({"_id": STATE, **fresh})
    except DuplicateKeyError:
        return False  # Another process has: it is looked at once more.
    return True


async def _take(database: Database, me: str, *, lease: timedelta) -> bool:
    """Take the lock, for as long as the lease, unless another process has it."""
    free = {"_id": LOCK, "until": {"$lte": now()}}
    try:
        await database[COLLECTION].update_one(free, {"$set": {"holder": me, "until": now() + lease}}, upsert=True)
    except DuplicateKeyError:
        return False
    return True


async def _keep(database: Database, me: str, *, lease: timedelta) -> None:
    """Renew the lease until it is lost: to another process, or to a store that was away for as long as the lease."""
    until = now() + lease
    while now() < until:
        await asyncio.sleep(min(RENEW_EVERY_S, lease.total_seconds() / 4))
        at = now()
        try:
            kept = await database[COLLECTION].update_one({"_id": LOCK, "holder": me}, {"$set": {"until": at + lease}})
        except PyMongoError as error:
            log().warning("the lease of the migrations could not be renewed", error=type(error).__name__)
            continue
        if not kept.matched_count:
            return
        until = at + lease


async def _run(database: Database, schema: Schema) -> None:
    state = await _state(database)
    for each in (each for each in schema.migrations if each.number > state.version):
        began = time.monotonic()
        log().info("a migration begins", number=each.number, migration=each.name)
        await each.run(Step(database, each.number))
        took_s = round(time.monotonic() - began, 3)
        await _note(database, each.number, readable_from=each.readable_from, done={"name": each.name, "took_s": took_s})
        log().info("a migration is done", number=each.number, migration=each.name, took_s=took_s)
    await _note(database, schema.version)


async def _note(database: Database, number: int, *, readable_from: int = FIRST, done: Mapping[str, Any] | None = None) -> None:
    """Write that the database is at this version, and what was done."""
    pushed: dict[str, Any] = {"$setOnInsert": {"done": []}}
    if done:
        pushed = {"$push": {"done": {"number": number, "at": now(), **done}}, "$unset": {f"after.{number}": ""}}
    reached = {"$max": {"version": number, "readable_from": readable_from}, "$set": {"at": now()}}
    await database[COLLECTION].update_one({"_id": STATE}, reached | pushed, upsert=True)


async def drop_indexes(collection: Collection, *names: str) -> None:
    """Drop indexes that nobody asks for any more; those that are not there are passed over."""
    there = await collection.index_information()
    for name in there.keys() & set(names):
        try:
            await collection.drop_index(name)
        except OperationFailure as error:
            if error.code != INDEX_NOT_FOUND:
                raise
