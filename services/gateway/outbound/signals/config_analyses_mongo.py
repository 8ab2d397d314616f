"""Analyses of how accounts trade: a document each."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection, expire
from services.gateway.domain.signals.config_analysis import ConfigAnalysis, Suggestion
from services.gateway.outbound.outage import store_outages

KEPT: Final = timedelta(days=90)


class ConfigAnalysesMongo:
    """Implements the port ConfigAnalyses."""

    def __init__(self, collection: Collection) -> None:
        self._analyses = collection

    async def prepare(self) -> None:
        """Make the index of an account's, the newest first, and have old ones forgotten."""
        await self._analyses.create_index([("account_id", ASCENDING), ("at", DESCENDING)])
        await self._analyses.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._analyses, "at", after=KEPT)

    async def add(self, analysis: ConfigAnalysis) -> ConfigAnalysis:
        """Keep one, and return it under its free name."""
        for number in count(1):
            named = replace(analysis, id=analysis.id if number == 1 else f"{analysis.id}-{number}")
            document = asdict(named) | {"_id": f"{named.account_id} {named.id}", "reasons": dict(named.reasons)}
            try:
                with store_outages():
                    await self._analyses.insert_one(document)
            except DuplicateKeyError:
                continue
            return named
        raise AssertionError

    async def newest(self, account_id: str, *, since: datetime) -> ConfigAnalysis | None:
        """Return the account's newest since then."""
        with store_outages():
            found = await self._analyses.find_one({"account_id": account_id, "at": {"$gte": since}}, sort=[("at", DESCENDING)])
        return None if found is None else _analysis_of(found)

    async def forget(self, account_id: str) -> None:
        """Remove an account's."""
        with store_outages():
            await self._analyses.delete_many({"account_id": account_id})


def _analysis_of(document: Mapping[str, Any]) -> ConfigAnalysis:
    fields = {name: document[name] for name in ConfigAnalysis.__slots__}
    return ConfigAnalysis(**fields | {"suggestions": tuple(Suggestion(**each) for each in document["suggestions"])})
