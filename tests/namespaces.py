"""Namespaces that are used again: making all collections and indexes of a service anew takes longer than most stories."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from redis import Redis

from libs.chassis.stores.migrations import COLLECTION as SCHEMA
from libs.chassis.stores.migrations import STATE

# Those that nobody has at this moment, by their servers.
_free: dict[tuple[str, str], list[str]] = {}
# By database, without its namespace, and collection: the indexes that a service's start makes.
_made_by_start: dict[tuple[str, str], frozenset[str]] = {}


@contextmanager
def namespace_of_its_own(mongo_url: str, redis_url: str) -> Iterator[str]:
    """Lend the name of databases and keys that are as good as new: empty, but for the collections and indexes that services begin with."""
    free = _free.setdefault((mongo_url, redis_url), [])
    if free:
        namespace = free.pop()
        _empty(namespace, mongo_url=mongo_url, redis_url=redis_url)
    else:
        namespace = f"t{secrets.token_hex(5)}"
    try:
        yield namespace
    finally:
        free.append(namespace)


def learn_indexes(namespace: str, *, mongo_url: str, services: Sequence[str]) -> None:
    """Learn, right after their start, which indexes these services make: a collection with others is not kept for the next story."""
    databases = {f"_modelbourse_{service}" for service in services}
    if not databases <= {database for database, _ in _made_by_start}:
        with MongoClient[dict[str, Any]](mongo_url) as client:
            _made_by_start.update((place, indexes) for place, indexes in _collections(client, namespace) if place[0] in databases)


def _empty(namespace: str, *, mongo_url: str, redis_url: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        for (database, name), indexes in _collections(client, namespace):
            collection = client[f"{namespace}{database}"][name]
            if name == SCHEMA:
                # A database that is new needs no migration either.
                collection.delete_many({"_id": {"$ne": STATE}})
            elif indexes <= _made_by_start.get((database, name), frozenset()):
                collection.delete_many({})
            else:
                collection.drop()
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter(f"{namespace}:*", count=1000):
            redis.delete(key)


def _collections(client: MongoClient[dict[str, Any]], namespace: str) -> Iterator[tuple[tuple[str, str], frozenset[str]]]:
    """Yield the place and the indexes of each collection, by one command: to ask for those of each would take longer."""
    ours = {"db": {"$regex": f"^{namespace}_"}, "type": "collection", "name": {"$not": {"$regex": r"^system\."}}}
    for each in client.admin.aggregate([{"$listCatalog": {}}, {"$match": ours}]):
        yield (each["db"].removeprefix(namespace), each["name"]), _indexes_of(each["md"])


def _indexes_of(described: dict[str, Any]) -> frozenset[str]:
    """Return them with all that they say, but for the one that every collection has."""
    return frozenset(str(index["spec"]) for index in described["indexes"] if index["spec"]["name"] != "_id_")
