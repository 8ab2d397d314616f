"""Analyses that are kept, read as the public document's collection has them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from libs.contracts.signals import KeptAnalyses, KeptAnalysis, SymbolStored
from services.inference.domain.archive import SymbolsStored
from services.inference.outbound.analysis_days_mongo import AnalysisDaysMongo

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

    def __init__(self, database: Database, days: AnalysisDaysMongo) -> None:
        self._analyses, self._days = database[COLLECTION], days

    async def prepare(self) -> None:
        """Make the indexes by which what an account may see is found: by time, and by symbol."""
        await self._analyses.create_index([("private_to", 1), ("timestamp", -1)])
        await self._analyses.create_index([("private_to", 1), ("symbol", 1), ("timestamp", -1)])
        await self._days.prepare()

    async def newest(self, *, account_id: str | None, since: datetime, most: int, symbols: Collection[str] = ()) -> KeptAnalyses:
        """Return the newest analyses since, the newest first; without symbols, of all."""
        wanted = _visible(account_id) | {"timestamp": {"$gte": since}} | ({"symbol": {"$in": list(symbols)}} if symbols else {})
        total = await self._analyses.count_documents(wanted)
        found = self._analyses.find(wanted, SHOWN).sort("timestamp", -1).limit(most)
        return KeptAnalyses(total=total, analyses=tuple([_kept(each) async for each in found]))

    async def by_symbol(self, *, account_id: str | None, most: int) -> SymbolsStored:
        """Count the analyses of each symbol; show those that have the most."""
        public = {each.symbol: each for each in await self._days.public(now())}
        for own in await self._days.own(account_id) if account_id else ():
            other = public.get(own.symbol, own)
            count = own.analyses + (other.analyses if own.symbol in public else 0)
            public[own.symbol] = SymbolStored(symbol=own.symbol, analyses=count, latest_at=max(own.latest_at, other.latest_at))
        in_order = sorted(public.values(), key=lambda each: (-each.analyses, each.symbol))
        return SymbolsStored(sum(each.analyses for each in in_order), len(in_order), tuple(in_order[:most]))

    async def clear(self) -> int:
        """Remove all analyses but those whose events are not published yet; return how many."""
        removed = (await self._analyses.delete_many({"pending_events.0": {"$exists": False}})).deleted_count
        await self._days.forget()
        return removed


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
