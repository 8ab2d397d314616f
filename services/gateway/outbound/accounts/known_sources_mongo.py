"""From where accounts have logged in, in MongoDB: hashes, which the store deletes after 30 days."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from libs.chassis.stores.mongo import Collection
from services.gateway.domain.accounts.sources import KNOWN_FOR, Source


class KnownSourcesMongo:
    """Implements the port KnownSources."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def prepare(self) -> None:
        """Create the indexes."""
        await self._collection.create_index("account_id", name="account_id")
        await self._collection.create_index("source", name="source")
        await self._collection.create_index("until", name="until", expireAfterSeconds=0)

    async def remember(self, account_id: str, sources: Sequence[Source], *, at: datetime) -> None:
        """Note a log-in from these."""
        until = at + KNOWN_FOR
        await self._collection.bulk_write(
            [
                UpdateOne(
                    {"_id": _id(account_id, source)},
                    {"$set": {"account_id": account_id, "source": source.id, "until": until}},
                    upsert=True,
                )
                for source in sources
            ]
        )

    async def knows(self, account_id: str, sources: Sequence[Source], *, at: datetime) -> bool:
        """Tell whether the account has logged in from one of these."""
        wanted = {"_id": {"$in": [_id(account_id, source) for source in sources]}, "until": {"$gt": at}}
        return await self._collection.find_one(wanted, {"_id": True}) is not None

    async def is_anybodys(self, source: Source, *, at: datetime) -> bool:
        """Tell whether any account has logged in from there."""
        return await self._collection.find_one({"source": source.id, "until": {"$gt": at}}, {"_id": True}) is not None

    async def forget(self, account_id: str, *, but: Sequence[Source] = ()) -> None:
        """Forget from where an account has logged in, but for some."""
        await self._collection.delete_many({"account_id": account_id, "source": {"$nin": [source.id for source in but]}})


def _id(account_id: str, source: Source) -> str:
    return f"{account_id}|{source.id}"
