"""The tracked symbols that the last round of analyses has passed over: a document a symbol."""

from collections.abc import Sequence

from libs.chassis.stores.mongo import Collection
from services.inference.domain.analyses import Skip


class SkippedMongo:
    """Implements the port Skipped. There are no more than symbols that are tracked."""

    def __init__(self, collection: Collection) -> None:
        self._skipped = collection

    async def note(self, skip: Skip) -> None:
        """Keep why a symbol was passed over."""
        await self._skipped.replace_one({"_id": skip.symbol}, {"reason": skip.reason, "at": skip.at}, upsert=True)

    async def clear(self, symbol: str) -> None:
        """Forget that a symbol was passed over."""
        await self._skipped.delete_one({"_id": symbol})

    async def keep(self, symbols: Sequence[str]) -> None:
        """Forget all but these."""
        await self._skipped.delete_many({"_id": {"$nin": list(symbols)}})

    async def all(self) -> Sequence[Skip]:
        """Return all of them, by symbol."""
        return [Skip(each["_id"], each["reason"], each["at"]) async for each in self._skipped.find({}).sort("_id", 1)]
