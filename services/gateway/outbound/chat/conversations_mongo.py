"""Conversations in MongoDB, each a document that its last exchanges fit in; TTL removes those that nobody goes on with."""

from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.mongo import Collection
from services.gateway.domain.chat.conversation import CONVERSATIONS_MOST, EXCHANGES_MOST, KEPT, STRANGERS_KEPT, Exchange

# Stands for no account; no account has such an id.
NOBODY: Final = "anonymous"


class ConversationsMongo:
    """Implements the port Conversations."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.create_index([("account_id", ASCENDING), ("at", DESCENDING), ("_id", ASCENDING)], name="newest")
        await self._collection.create_index("until", name="until", expireAfterSeconds=0)

    async def said(self, conversation_id: str, *, account_id: str | None) -> tuple[Exchange, ...] | None:
        """Return what was said, oldest first; None where there is no such conversation of the account."""
        found = await self._collection.find_one({"_id": _key(conversation_id, account_id)})
        if found is None:
            return None
        return tuple(Exchange(each["question"], each["answer"], each["at"]) for each in found["exchanges"])

    async def add(self, conversation_id: str, exchange: Exchange, *, account_id: str | None) -> None:
        """Add to a conversation; the oldest exchanges of it, and the account's oldest conversations, make way."""
        row = {"question": exchange.question, "answer": exchange.answer, "at": exchange.at}
        until = exchange.at + (KEPT if account_id else STRANGERS_KEPT)
        changed = await self._collection.update_one(
            {"_id": _key(conversation_id, account_id)},
            {
                "$setOnInsert": {"account_id": account_id or NOBODY, "conversation_id": conversation_id},
                "$set": {"at": exchange.at, "until": until},
                "$push": {"exchanges": {"$each": [row], "$slice": -EXCHANGES_MOST}},
            },
            upsert=True,
        )
        if changed.upserted_id is not None and account_id is not None:
            await self._make_way(account_id)

    async def clear(self, *, account_id: str | None, conversation_id: str | None) -> int:
        """Remove a conversation, or all of an account; of nobody's only one that is named."""
        if conversation_id is not None:
            wanted: dict[str, Any] = {"_id": _key(conversation_id, account_id)}
        elif account_id is not None:
            wanted = {"account_id": account_id}
        else:
            return 0
        return int((await self._collection.delete_many(wanted)).deleted_count)

    async def forget(self, account_id: str) -> None:
        """Remove all of an account."""
        await self._collection.delete_many({"account_id": account_id})

    async def _make_way(self, account_id: str) -> None:
        newest = self._collection.find({"account_id": account_id}, {"_id": 1}).sort("at", DESCENDING)
        if many := [each["_id"] async for each in newest.skip(CONVERSATIONS_MOST)]:
            await self._collection.delete_many({"_id": {"$in": many}})


def _key(conversation_id: str, account_id: str | None) -> str:
    return f"{account_id or NOBODY}|{conversation_id}"
