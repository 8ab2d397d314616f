"""When live series are due, and whose turn it is: a document a series, whose `due_at` is the end of the claim of who looks after it."""

from collections.abc import Collection as Ids
from collections.abc import Mapping
from datetime import datetime

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Collection
from services.gateway.domain.datasets.ports import SeriesTurn
from services.gateway.outbound.outage import store_outages


class SeriesTurnsMongo:
    """Implements the port SeriesTurns."""

    def __init__(self, collection: Collection) -> None:
        self._series = collection

    async def prepare(self, ids: Ids[str], *, at: datetime) -> None:
        """Make a document for each series that has none: it is due at once."""
        await self._series.create_index([("due_at", ASCENDING)])
        for each in ids:
            await self._series.update_one({"_id": each}, {"$setOnInsert": {"due_at": at}}, upsert=True)

    async def take(self, ids: Ids[str], *, at: datetime, until: datetime) -> SeriesTurn | None:
        """Take the series that has been due longest, until then; None when none is due."""
        with store_outages():
            taken = await self._series.find_one_and_update(
                {"_id": {"$in": list(ids)}, "due_at": {"$lte": at}},
                {"$set": {"due_at": until}, "$unset": {"woken_at": ""}},
                sort=[("due_at", ASCENDING)],
            )
        return SeriesTurn(taken["_id"], until) if taken else None

    async def end(self, turn: SeriesTurn, *, due_at: datetime) -> None:
        """Give the turn back: due again then, or earlier when it was woken meanwhile."""
        earliest = {"$min": [due_at, "$woken_at"]}  # Of what is there: it was woken, or it was not.
        with store_outages():
            await self._series.update_one({"_id": turn.series_id, "due_at": turn.until}, [{"$set": {"due_at": earliest}}])

    async def wake(self, series_id: str, *, due_at: datetime) -> None:
        """Say that it is due then already, if it is due later."""
        with store_outages():
            await self._series.update_one({"_id": series_id}, {"$min": {"due_at": due_at, "woken_at": due_at}})

    async def due(self, ids: Ids[str]) -> Mapping[str, datetime]:
        """Return when series are due."""
        with store_outages():
            return {found["_id"]: found["due_at"] async for found in self._series.find({"_id": {"$in": list(ids)}}, {"due_at": 1})}
