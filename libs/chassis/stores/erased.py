"""Accounts that a service has heard to be erased: their ids are kept, so that what comes late under one of them keeps no words."""

from collections.abc import Collection as Several
from typing import Final

from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now

# What stands where a person's words were.
ERASED: Final = "erased"


class ErasedAccounts:
    """Ids, and since when. Whoever writes words writes first and looks afterwards: the later of write and erasure sees the other."""

    def __init__(self, collection: Collection) -> None:
        self._ids = collection

    async def note(self, account_id: str) -> None:
        """Remember that this account is erased."""
        await self._ids.update_one({"_id": account_id}, {"$setOnInsert": {"at": now()}}, upsert=True)

    async def has(self, account_id: str) -> bool:
        """Tell whether this account is erased."""
        return bool(await self.among([account_id]))

    async def among(self, account_ids: Several[str]) -> set[str]:
        """Return those of these accounts that are erased."""
        return {each["_id"] async for each in self._ids.find({"_id": {"$in": sorted(account_ids)}}, {"_id": 1})}
