"""Analyses as the public document lays them down: a document each, which carries its event until that is published."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.erased import ErasedAccounts
from libs.chassis.stores.mongo import Database, expire
from libs.chassis.stores.outbox import entry_of
from libs.contracts.analyses import Analysis, SignalGenerated
from services.inference.outbound.analysis_days_mongo import AnalysisDaysMongo

COLLECTION: Final = "ai_analysis_results"


class AnalysesMongo:
    """Implements the port Analyses. `on_write` wakes the relay."""

    def __init__(self, database: Database, *, life: timedelta, recent_for: timedelta, on_write: Callable[[], None]) -> None:
        self._analyses = database["ai_analysis_results"]
        # Which request each of the last minutes' analyses answers: beside them, as the documents have the fields that are documented.
        self._recent = database["recent_analyses"]
        self._days = AnalysisDaysMongo(database, life=life)
        self._erased = ErasedAccounts(database["erased_accounts"])
        self._life, self._recent_for, self._on_write = life, recent_for, on_write

    async def prepare(self) -> None:
        """Make indexes: the documented one, those of an account's own and of what is forgotten."""
        await self._analyses.create_index([("symbol", ASCENDING), ("timestamp", ASCENDING)])
        await self._analyses.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._analyses, "created_at", after=self._life)
        await expire(self._recent, "at", after=self._recent_for)
        await self._days.prepare()

    async def recent(self, fingerprint: str, *, since: datetime) -> Analysis | None:
        """Return the analysis of exactly this request that was made since."""
        named = await self._recent.find_one({"_id": fingerprint, "at": {"$gte": since}})
        if named is None:
            return None
        found = await self._analyses.find_one({"_id": named["signal_id"]}, {"analysis": 1})
        return None if found is None else Analysis.model_validate(found["analysis"])

    async def add(self, analysis: Analysis, *, fingerprint: str, signal: SignalGenerated) -> None:
        """Keep an analysis with its event; of an account that was erased meanwhile nothing is kept or told."""
        account_id = signal.account_id or signal.requested_by
        if account_id and await self._erased.has(account_id):
            return
        document: dict[str, Any] = {
            "_id": signal.signal_id,
            "symbol": analysis.symbol,
            "timestamp": analysis.made_at,
            "analysis": analysis.model_dump(mode="json"),
            "created_at": analysis.made_at,
            "account_id": account_id,
            # Of an account's own symbol: shown to that account alone.
            "private_to": signal.account_id,
            # What others are shown of it: its words may rest on what a caller has said.
            "told": {"reasoning": signal.reasoning, "origin": signal.origin},
            "pending_events": [entry_of(signal)],
        }
        try:
            await self._analyses.insert_one(document)
        except DuplicateKeyError:
            return  # An attempt that seemed to fail has written it.
        named = {"$set": {"signal_id": signal.signal_id, "at": analysis.made_at}}
        await self._recent.update_one({"_id": fingerprint}, named, upsert=True)
        if account_id and await self._erased.has(account_id):
            await self._analyses.delete_one({"_id": signal.signal_id})
        self._on_write()

    async def forget(self, account_id: str) -> None:
        """Remove what an account has asked for; what is being written goes as soon as it is."""
        await self._erased.note(account_id)
        await self._analyses.delete_many({"account_id": account_id})
        await self._days.forget()
