"""How many public analyses there are of each symbol: days that are over are counted once and kept."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pymongo import ReplaceOne

from libs.chassis.stores.mongo import Database, expire
from libs.contracts.signals import SymbolStored

DAY: Final = timedelta(days=1)
# What is being written when a day ends.
LATE: Final = timedelta(hours=1)
# A day of more symbols is counted each time: callers name them as they like, and a document has its bounds.
SYMBOLS_MOST: Final = 10_000
# The document that counts how often analyses were removed: it is no day, and stays.
REMOVALS: Final = "removals"
EVERY_DAY: Final = {"at": {"$gte": datetime(1970, 1, 1, tzinfo=UTC)}}
SYMBOL: Final = {"_id": "$symbol", "analyses": {"$sum": 1}, "latest_at": {"$max": "$timestamp"}}


class AnalysisDaysMongo:
    """Counts analyses by symbol: each time only those of the day that is not over. A day's document expires as its analyses do."""

    def __init__(self, database: Database, *, life: timedelta) -> None:
        self._analyses, self._days, self._life = database["ai_analysis_results"], database["analysis_days"], life

    async def prepare(self) -> None:
        """Make the indexes: of analyses those that KeptAnalysesMongo makes."""
        await expire(self._days, "at", after=self._life)

    async def public(self, at: datetime) -> Sequence[SymbolStored]:
        """Return how many there are of each symbol at a moment, and the latest of each; days may have them of one that has just expired."""
        recent, removals = _midnight(at - LATE), await self._removals()
        kept = await self._days.find({"at": {"$gte": at - self._life - DAY}}).to_list()
        known = {document["at"] for document in kept}
        oldest = await self._analyses.find_one({"private_to": None}, {"timestamp": 1}, sort=[("timestamp", 1)])
        day = recent if oldest is None else _midnight(oldest["timestamp"])
        rows = [row for document in kept for row in document["symbols"]]
        made = []
        while day < recent:
            if day not in known:
                found = await self._counted(day, until=day + DAY)
                rows += found
                made += [] if len(found) > SYMBOLS_MOST else [ReplaceOne({"_id": day}, {"at": day, "symbols": found}, upsert=True)]
            day += DAY
        if made:
            await self._days.bulk_write(made, ordered=False)
            if await self._removals() != removals:  # What was counted before is not to stand after it.
                await self._days.delete_many(EVERY_DAY)
        return _summed([*rows, *await self._counted(recent, until=None)])

    async def own(self, account_id: str) -> Sequence[SymbolStored]:
        """Return the same of an account's own symbols."""
        return _summed(await self._analyses.aggregate([{"$match": {"private_to": account_id}}, {"$group": SYMBOL}]).to_list())

    async def forget(self) -> None:
        """Count all days anew when they are asked for next: analyses were removed."""
        await self._days.update_one({"_id": REMOVALS}, {"$inc": {"count": 1}}, upsert=True)
        await self._days.delete_many(EVERY_DAY)

    async def _removals(self) -> int:
        found = await self._days.find_one({"_id": REMOVALS})
        return found["count"] if found else 0

    async def _counted(self, since: datetime, *, until: datetime | None) -> list[dict[str, Any]]:
        span = {"$gte": since} | ({"$lt": until} if until else {})
        pipeline: list[dict[str, Any]] = [{"$match": {"private_to": None, "timestamp": span}}, {"$group": SYMBOL}]
        return await self._analyses.aggregate(pipeline).to_list()


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _summed(rows: Sequence[dict[str, Any]]) -> Sequence[SymbolStored]:
    found: dict[str, tuple[int, datetime]] = {}
    for row in rows:
        count, latest = found.get(row["_id"], (0, row["latest_at"]))
        found[row["_id"]] = count + row["analyses"], max(latest, row["latest_at"])
    return [SymbolStored(symbol=symbol, analyses=count, latest_at=latest) for symbol, (count, latest) in found.items()]
