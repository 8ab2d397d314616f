"""Which symbols accounts have candles of their own for, as datasets_mongo.py keeps it."""

from collections.abc import Sequence

from libs.chassis.stores.mongo import Collection
from libs.contracts.datasets import OwnCandles
from libs.contracts.live import PLATFORM
from services.gateway.outbound.datasets.datasets_mongo import HAS_CLAIM
from services.gateway.outbound.outage import store_outages


class OwnSymbolsMongo:
    """Implements the port OwnSymbols on the collection `datasets`."""

    def __init__(self, datasets: Collection) -> None:
        self._datasets = datasets

    async def of(self, account_id: str) -> Sequence[OwnCandles]:
        """Return the newest usable version of each of the account's datasets of candles, and of the live series. Raise UnavailableError."""
        with store_outages():
            found = self._datasets.find({"account_id": {"$in": [account_id, PLATFORM]}, **HAS_CLAIM}, {"_id": 0, "own": 1}).sort("claim")
            return [OwnCandles.model_validate(document["own"]) async for document in found if document.get("own")]
