"""Namespaces that are used again: making all collections and indexes of a service anew takes longer than most stories."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from redis import Redis

# Those that nobody has at this moment, by their servers.
_free: dict[tuple[str, str], list[str]] = {}


@contextmanager
def namespace_of_its_own(mongo_url: str, redis_url: str) -> Iterator[str]:
    """Lend the name of databases and keys that are as good as new: empty, but for collections and their indexes."""
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


def _empty(namespace: str, *, mongo_url: str, redis_url: str) -> None:
    with MongoClient[dict[str, Any]](mongo_url) as client:
        for name in client.list_database_names():
            if name.startswith(f"{namespace}_"):
                for collection in client[name].list_collection_names():
                    client[name][collection].delete_many({})
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter(f"{namespace}:*", count=1000):
            redis.delete(key)
