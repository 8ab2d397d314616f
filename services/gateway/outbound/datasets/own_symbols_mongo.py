"""Which symbols accounts have candles of their own for, as datasets_mongo.py keeps it."""

from collections.abc import Sequence
from typing import Final

from libs.chassis.stores.mongo import Collection
from libs.contracts.datasets import OwnCandles
from libs.contracts.live import PLATFORM
from services.gateway.outbound.datasets.datasets_mongo import HAS_CLAIM
from services.gateway.outbound.outage import store_outages

SHORT: Final = {f"own.{name}": 1 for name in OwnCandles.model_fields if name != "columns"}


class OwnSymbolsMongo:
    """Implements the port OwnSymbols on the collection `datasets`."""

    def __init__(self, datasets: Collection) -> None:
        self._datasets = datasets

    async def of(self, account_id: str, *, columns: bool) -> Sequence[OwnCandles]:
        """Return the newest usable version of each of the account's datasets of candles, and of the live series, with their columns or not.

        Raise UnavailableError.
        """
        shown = {"_id": 0, **({"own": 1} if columns else SHORT)}
        with store_outages():
            found = self._datasets.find({"account_id": {"$in": [account_id, PLATFORM]}, **HAS_CLAIM}, shown).sort("claim")
            return [OwnCandles.model_validate(document["own"]) async for document in found if document.get("own")]
