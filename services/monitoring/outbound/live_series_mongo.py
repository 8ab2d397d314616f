"""The live series whose refreshes were heard of, in MongoDB: one document each, with the alerts that it still has to tell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.versioned import fields_of
from libs.contracts.envelope import Event
from services.monitoring.domain.alert import Alert
from services.monitoring.domain.errors import SeriesChangedError
from services.monitoring.domain.live_series import LiveSeries

PLAIN: Final = ("version", "name", "every_s", "ok_at")


class LiveSeriesMongo:
    """Implements the port AllLiveSeries; `on_write` is called after each write that has something to tell."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None] = lambda: None) -> None:
        self._collection = collection
        self._on_write = on_write

    async def prepare(self) -> None:
        """Make the index of those that are looked through."""
        await self._collection.create_index([("alert", ASCENDING)])

    async def find(self, series_id: str) -> LiveSeries | None:
        """Return the series of this id, or None."""
        found = await self._collection.find_one({"_id": series_id})
        return None if found is None else _from(found)

    async def without_alert(self) -> Sequence[LiveSeries]:
        """Return those about which no alert is open."""
        return [_from(found) async for found in self._collection.find({"alert": None})]

    async def save(self, series: LiveSeries, *events: Event) -> None:
        """Store the series and its events in one write. Raise SeriesChangedError when another wrote it since, or OutboxFullError."""
        fields = {name: getattr(series, name) for name in PLAIN} | {
            "alert": asdict(series.alert) if series.alert else None,
            "revision": series.revision + 1,
        }
        unchanged = {"_id": series.id, "revision": series.revision}
        try:
            written = await write_with_events(self._collection, unchanged, {"$set": fields}, events, upsert=series.revision == 0)
        except DuplicateKeyError as error:
            raise SeriesChangedError(series.id) from error
        if not written:
            raise SeriesChangedError(series.id)
        if events:
            self._on_write()


def _from(found: Mapping[str, Any]) -> LiveSeries:
    alert = Alert(**fields_of(Alert, found["alert"])) if found["alert"] else None
    plain = {name: found[name] for name in PLAIN if name in found}
    return LiveSeries(id=found["_id"], alert=alert, revision=found["revision"], **plain)
