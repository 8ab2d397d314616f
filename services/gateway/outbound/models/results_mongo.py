"""What versions have measured, in MongoDB: one document each, as all of them would make their model's document large."""

from contextlib import suppress

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.contracts.training import TrainingResult
from services.gateway.domain.models.errors import ResultNotKeptError
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.version import ModelVersion
from services.gateway.outbound.outage import store_outages


class ResultsMongo:
    """Implements the port Results."""

    def __init__(self, collection: Collection) -> None:
        self._results = collection

    async def prepare(self) -> None:
        """Make indexes."""
        await self._results.create_index([("model_id", ASCENDING), ("number", ASCENDING)])

    async def keep(self, model_id: str, version: ModelVersion, result: TrainingResult) -> None:
        """Keep a version's result, which never changes; the second time does nothing."""
        fields = {"model_id": model_id, "number": version.number, "result": result.model_dump(mode="json")}
        with store_outages(), suppress(DuplicateKeyError):
            await self._results.insert_one({"_id": _id(model_id, version.name)} | fields)

    async def get(self, model_id: str, version: ModelVersion) -> TrainingResult:
        """Return a version's result. Raise ResultNotKeptError."""
        with store_outages():
            document = await self._results.find_one({"_id": _id(model_id, version.name)})
        if document is None:
            raise ResultNotKeptError(version.name)
        return TrainingResult.model_validate(document["result"])

    async def trim(self, model: Model) -> None:
        """Remove the results of versions that the model has no more."""
        # Not of later ones: what is being written now may be of a version that this model has not heard of yet.
        gone = {"model_id": model.id, "number": {"$lte": model.trimmed_to}}
        kept = [_id(model.id, version.name) for version in model.versions]
        with store_outages():
            await self._results.delete_many(gone | {"_id": {"$nin": kept}})


def _id(model_id: str, version: str) -> str:
    return f"{model_id}:{version}"
