"""Sessions in MongoDB: the hash of the one good refresh token, and of those used before, so that theft shows."""

from datetime import datetime
from typing import Any, Final

from pymongo import ReturnDocument

from libs.chassis.stores.mongo import Collection
from services.gateway.domain.accounts.credentials import Session
from services.gateway.outbound.outage import store_outages

# Every use of a refresh token is kept, so that the oldest still tells of theft; a session that is used more often than this is odd.
USED_MOST: Final = 1000


class SessionsMongo:
    """Implements the port Sessions."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes; an expired session is deleted by the store."""
        await self._collection.create_index("token_hash", name="token_hash", unique=True)
        await self._collection.create_index("used", name="used")
        await self._collection.create_index("account_id", name="account_id")
        await self._collection.create_index("expires_at", name="expires_at", expireAfterSeconds=0)

    async def add(self, session: Session) -> None:
        """Keep a new session until it expires."""
        await self._collection.insert_one(
            {
                "_id": session.id,
                "account_id": session.account_id,
                "token_hash": session.token_hash,
                "used": [],
                "created_at": session.created_at,
                "expires_at": session.expires_at,
                "revoked_at": session.revoked_at,
            }
        )

    async def get(self, session_id: str) -> Session | None:
        """Return a session, also a revoked one; None when it is not known."""
        with store_outages():
            document = await self._collection.find_one({"_id": session_id}, {"used": False})
        return from_document(document) if document else None

    async def rotate(self, token_hash: str, *, next_hash: str, at: datetime, expires_at: datetime) -> Session | None:
        """Exchange a session's refresh token, in one write: of two that bring the same token, one wins and the other is a thief."""
        good = {"token_hash": token_hash, "revoked_at": None, "expires_at": {"$gt": at}}
        document = await self._collection.find_one_and_update(
            good,
            {
                "$set": {"token_hash": next_hash, "expires_at": expires_at},
                "$push": {"used": {"$each": [token_hash], "$slice": -USED_MOST}},
            },
            projection={"used": False},
            return_document=ReturnDocument.AFTER,
        )
        if document is not None:
            return from_document(document)
        await self._collection.update_one({"used": token_hash, "revoked_at": None}, {"$set": {"revoked_at": at}})
        return None

    async def revoke(self, *, token_hash: str | None = None, session_id: str | None = None, at: datetime) -> str | None:
        """End a session, named by its current or an older refresh token or by its id; return its id if there was one."""
        wanted: dict[str, Any] = {"_id": session_id} if session_id else {"$or": [{"token_hash": token_hash}, {"used": token_hash}]}
        document = await self._collection.find_one_and_update(wanted, {"$set": {"revoked_at": at}}, projection={"_id": True})
        return str(document["_id"]) if document else None

    async def revoke_all(self, account_id: str, *, at: datetime, but: str | None = None) -> None:
        """End all sessions of an account but one."""
        await self._collection.update_many(
            {"account_id": account_id, "_id": {"$ne": but}, "revoked_at": None}, {"$set": {"revoked_at": at}}
        )

    async def alive(self, account_id: str, *, at: datetime) -> int:
        """Count an account's sessions that are still good."""
        return await self._collection.count_documents({"account_id": account_id, "revoked_at": None, "expires_at": {"$gt": at}})

    async def remove_all(self, account_id: str) -> None:
        """Forget all sessions of an account."""
        await self._collection.delete_many({"account_id": account_id})


def from_document(document: dict[str, Any]) -> Session:
    """Return the stored session."""
    return Session(
        id=document["_id"],
        account_id=document["account_id"],
        token_hash=document["token_hash"],
        created_at=document["created_at"],
        expires_at=document["expires_at"],
        revoked_at=document["revoked_at"],
    )
