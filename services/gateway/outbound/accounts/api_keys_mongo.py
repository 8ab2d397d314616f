"""API keys in MongoDB, found by the hash of their secret."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, readable
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.accounts.credentials import ApiKey
from services.gateway.domain.errors import ApiKeyNotFoundError
from services.gateway.outbound.outage import store_outages

# A busy key's last use is written once a minute, not at each look.
NOTE_EVERY: Final = timedelta(minutes=1)


class ApiKeysMongo:
    """Implements the port ApiKeys."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes. An expired key stays in its owner's list until it is revoked."""
        await self._collection.create_index("secret_hash", name="secret_hash", unique=True)
        await self._collection.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        # Each key takes a number, from 0 up to the tier's limit, that no other key of its account has; so of two requests that want the
        # last free one at the same time, the index lets one through. Keys that were made before there was a limit have no number.
        await self._collection.create_index(
            [("account_id", ASCENDING), ("place", ASCENDING)], unique=True, partialFilterExpression={"place": {"$type": "number"}}
        )

    async def add(self, key: ApiKey, *, most: int) -> bool:
        """Keep a new key; return False, with nothing kept, when its account has `most` already."""
        with store_outages():
            places = [each.get("place") async for each in self._collection.find({"account_id": key.account_id}, {"place": 1})]
            room = max(most - len(places), 0)
            for place in sorted(set(range(most)) - set(places))[:room]:
                try:
                    await self._collection.insert_one(_to_document(key) | {"place": place})
                except DuplicateKeyError:
                    continue  # Another request took the place in between.
                return True
        return False

    async def find(self, secret_hash: str) -> ApiKey | None:
        """Return the key of a secret."""
        with store_outages():
            document = await self._collection.find_one({"secret_hash": secret_hash})
        return from_document(document) if document else None

    async def of(self, account_id: str) -> Sequence[ApiKey]:
        """Return an account's keys, oldest first."""
        found = self._collection.find({"account_id": account_id} | IN_USE).sort("_id", 1)
        return await readable(found, from_document, of=self._collection)

    async def remove(self, key_id: str, *, account_id: str) -> None:
        """Revoke a key. Raise ApiKeyNotFoundError when the account has no such key."""
        gone = await self._collection.delete_one({"_id": key_id, "account_id": account_id})
        if not gone.deleted_count:
            raise ApiKeyNotFoundError(key_id)

    async def remove_all(self, account_id: str) -> int:
        """Revoke all keys of an account; return how many there were."""
        gone = await self._collection.delete_many({"account_id": account_id})
        return gone.deleted_count

    async def used(self, key_id: str, *, at: datetime) -> None:
        """Note when a key was used last, to the minute."""
        stale = {"_id": key_id, "last_used_at": {"$not": {"$gt": at - NOTE_EVERY}}}
        with store_outages():
            await self._collection.update_one(stale, {"$set": {"last_used_at": at}})


def _to_document(key: ApiKey) -> dict[str, Any]:
    return {
        "_id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "shown": key.shown,
        "secret_hash": key.secret_hash,
        "scopes": sorted(key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
    }


def from_document(document: dict[str, Any]) -> ApiKey:
    """Return the stored key."""
    return ApiKey(
        id=document["_id"],
        account_id=document["account_id"],
        name=document["name"],
        shown=document["shown"],
        secret_hash=document["secret_hash"],
        scopes=frozenset(map(Scope, document["scopes"])),
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        last_used_at=document["last_used_at"],
    )
