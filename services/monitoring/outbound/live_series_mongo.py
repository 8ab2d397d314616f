"""The live series whose refreshes were heard of, in MongoDB: one document each, with the alerts that it still has to tell."""

from collections.abc import Callable
from dataclasses import asdict

from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.contracts.envelope import Event
from services.monitoring.domain.alert import Alert
from services.monitoring.domain.errors import SeriesChangedError
from services.monitoring.domain.live_series import LiveSeries


class LiveSeriesMongo:
    """Implements the port AllLiveSeries; `on_write` is called after each write that has something to tell."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None] = lambda: None) -> None:
        self._collection = collection
        self._on_write = on_write

    async def find(self, series_id: str) -> LiveSeries | None:
        """Return the series of this id, or None."""
        found = await self._collection.find_one({"_id": series_id})
        if found is None:
            return None
        alert = Alert(**found["alert"]) if found["alert"] else None
        return LiveSeries(series_id, found["version"], alert, found["revision"])

    async def save(self, series: LiveSeries, *events: Event) -> None:
        """Store the series and its events in one write. Raise SeriesChangedError when another wrote it since, or OutboxFullError."""
        fields = {"version": series.version, "alert": asdict(series.alert) if series.alert else None, "revision": series.revision + 1}
        unchanged = {"_id": series.id, "revision": series.revision}
        try:
            written = await write_with_events(self._collection, unchanged, {"$set": fields}, events, upsert=series.revision == 0)
        except DuplicateKeyError as error:
            raise SeriesChangedError(series.id) from error
        if not written:
            raise SeriesChangedError(series.id)
        if events:
            self._on_write()
