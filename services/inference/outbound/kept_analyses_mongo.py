"""Analyses that are kept, read as the public document's collection has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from libs.chassis.stores.mongo import Database
from libs.contracts.signals import KeptAnalyses, KeptAnalysis, SymbolStored
from services.inference.domain.archive import SymbolsStored

COLLECTION: Final = "ai_analysis_results"
SHOWN: Final = {
    "symbol": 1,
    "timestamp": 1,
    "analysis.signal": 1,
    "analysis.confidence": 1,
    "analysis.reasoning": 1,
    "analysis.llm_model": 1,
    "told": 1,
}


class KeptAnalysesMongo:
    """Implements the port Archive."""

    def __init__(self, database: Database) -> None:
        self._analyses = database[COLLECTION]

    async def prepare(self) -> None:
        """Make the indexes by which what an account may see is found: by time, and by symbol."""
        await self._analyses.create_index([("private_to", 1), ("timestamp", -1)])
        await self._analyses.create_index([("private_to", 1), ("symbol", 1), ("timestamp", -1)])

    async def newest(self, *, account_id: str | None, since: datetime, most: int) -> KeptAnalyses:
        """Return the newest analyses since, the newest first."""
        wanted = _visible(account_id) | {"timestamp": {"$gte": since}}
        total = await self._analyses.count_documents(wanted)
        found = self._analyses.find(wanted, SHOWN).sort("timestamp", -1).limit(most)
        return KeptAnalyses(total=total, analyses=tuple([_kept(each) async for each in found]))

    async def by_symbol(self, *, account_id: str | None, most: int) -> SymbolsStored:
        """Count the analyses of each symbol; show those that have the most."""
        counted = {"_id": "$symbol", "analyses": {"$sum": 1}, "latest_at": {"$max": "$timestamp"}}
        in_all = {"_id": None, "analyses": {"$sum": "$analyses"}, "symbols": {"$sum": 1}}
        parts = {"most": [{"$sort": {"analyses": -1, "_id": 1}}, {"$limit": most}], "all": [{"$group": in_all}]}
        found = await self._analyses.aggregate([{"$match": _visible(account_id)}, {"$group": counted}, {"$facet": parts}]).to_list(1)
        whole = found[0]["all"][0] if found[0]["all"] else {"analyses": 0, "symbols": 0}
        shown = [SymbolStored(symbol=each["_id"], analyses=each["analyses"], latest_at=each["latest_at"]) for each in found[0]["most"]]
        return SymbolsStored(whole["analyses"], whole["symbols"], tuple(shown))

    async def clear(self) -> int:
        """Remove all analyses but those whose events are not published yet; return how many."""
        return (await self._analyses.delete_many({"pending_events.0": {"$exists": False}})).deleted_count


def _visible(account_id: str | None) -> dict[str, Any]:
    return {"private_to": {"$in": [None, account_id]}} if account_id else {"private_to": None}


def _kept(document: Mapping[str, Any]) -> KeptAnalysis:
    analysis, told = document["analysis"], document.get("told", {})
    return KeptAnalysis(
        signal_id=str(document["_id"]),
        symbol=document["symbol"],
        signal=analysis["signal"],
        confidence=analysis["confidence"],
        reasoning=told.get("reasoning", analysis["reasoning"]),
        origin=told.get("origin", "caller"),
        made_at=document["timestamp"],
        model=analysis.get("llm_model") or "technical",
    )
