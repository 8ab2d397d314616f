"""Which model answers for a symbol and a timeframe: a document each, as `model.deployed` told it last."""

from collections.abc import Mapping

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.contracts.deployments import ModelDeployed


class DeploymentsMongo:
    """Implements the port Deployments."""

    def __init__(self, collection: Collection) -> None:
        self._deployed = collection

    async def prepare(self) -> None:
        """Make the indexes by which deployments are found and forgotten."""
        await self._deployed.create_index([("symbol", ASCENDING)])
        await self._deployed.create_index([("account_id", ASCENDING)])

    async def note(self, event: ModelDeployed) -> None:
        """Keep what was told last of a place; a model that stands by changes nothing: the one before goes on answering."""
        if not event.is_active:
            return
        older = {"_id": event.place, "sequence": {"$lt": event.sequence}}
        fields = {
            "sequence": event.sequence,
            "symbol": event.symbol,
            "account_id": event.account_id,
            "deployed": event.model_dump(mode="json"),
        }
        try:
            await self._deployed.update_one(older, {"$set": fields}, upsert=True)
        except DuplicateKeyError:
            return  # A newer one, or this one, is there.

    async def of(self, symbol: str) -> Mapping[str, ModelDeployed]:
        """Return the models that answer for a symbol, by timeframe."""
        found = [ModelDeployed.model_validate(each["deployed"]) async for each in self._deployed.find({"symbol": symbol})]
        return {each.timeframe: each for each in found}

    async def forget(self, account_id: str) -> None:
        """Remove the deployments of an account's models."""
        await self._deployed.delete_many({"account_id": account_id})
