"""How far watching the books has come, and whose did not add up, in MongoDB: every replica goes on from there, after a restart too."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Database

# No account is called so.
PLACE: Final = "place"


class LedgerWatchMongo:
    """Implements the port LedgerWatch: a document for each account whose books do not add up, and one for the place."""

    def __init__(self, database: Database) -> None:
        self._watch = database["ledger_watch"]

    async def place(self) -> str:
        """Return the account that was looked at last; empty before the first."""
        found = await self._watch.find_one({"_id": PLACE})
        return str(found["last"]) if found else ""

    async def go_on(self, last: str) -> None:
        """Keep the account that was looked at last."""
        await self._watch.update_one({"_id": PLACE}, {"$set": {"last": last}}, upsert=True)

    async def wrong(self, *, most: int) -> Sequence[str]:
        """Return up to `most` accounts whose books did not add up, those first that were looked at the longest ago."""
        found = self._watch.find({"_id": {"$ne": PLACE}}, {"_id": 1}).sort("at", ASCENDING).limit(most)
        return [str(each["_id"]) async for each in found]

    async def note(self, account_id: str, faults: Mapping[str, int], *, at: datetime) -> None:
        """Keep how many things are wrong, by ledger; an account of which nothing is wrong is forgotten."""
        if any(faults.values()):
            await self._watch.update_one({"_id": account_id}, {"$set": {"faults": dict(faults), "at": at}}, upsert=True)
        else:
            await self._watch.delete_one({"_id": account_id})

    async def found(self) -> Mapping[str, int]:
        """Return how many things are wrong over all accounts, by ledger."""
        sums = {ledger: {"$sum": f"$faults.{ledger}"} for ledger in ("credits", "money")}
        rows = await (self._watch.aggregate([{"$group": {"_id": None, **sums}}])).to_list(1)
        return {ledger: int(rows[0][ledger]) if rows else 0 for ledger in sums}
