"""What stands behind live symbols, as their refreshes told it last: a document a series."""

from collections.abc import Collection as Symbols
from collections.abc import Sequence

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.contracts.own_candles import OwnCandles


class LiveCandlesMongo:
    """Implements the port LiveCandles."""

    def __init__(self, collection: Collection) -> None:
        self._series = collection

    async def prepare(self) -> None:
        """Make the index by which series are found."""
        await self._series.create_index([("symbol", ASCENDING)])

    async def note(self, candles: OwnCandles) -> None:
        """Keep a version of a series, unless a newer one is known."""
        older = {"_id": candles.dataset_id, "version": {"$lt": candles.version}}
        fields = {"version": candles.version, "symbol": candles.symbol, "candles": candles.model_dump(mode="json")}
        try:
            await self._series.update_one(older, {"$set": fields}, upsert=True)
        except DuplicateKeyError:
            return  # A newer one, or this one, is there.

    async def of(self, symbols: Symbols[str]) -> Sequence[OwnCandles]:
        """Return the newest version of each series of these symbols."""
        found = self._series.find({"symbol": {"$in": list(symbols)}})
        return [OwnCandles.model_validate(each["candles"]) async for each in found]
