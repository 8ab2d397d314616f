"""Which models were trained on datasets, by what their versions' specs name, and which jobs read them now."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Collection
from services.gateway.outbound.jobs.jobs_mongo import RUNNING
from services.gateway.outbound.outage import store_outages

NAMED: Final = "versions.spec.own.dataset_id"
READ: Final = "own_datasets"
READS: Final = {READ: {"$type": "string"}}


class DatasetUsersMongo:
    """Implements the port DatasetUsers on the collections that models_mongo.py and jobs_mongo.py write."""

    def __init__(self, models: Collection, jobs: Collection) -> None:
        self._models, self._jobs = models, jobs

    async def prepare(self) -> None:
        """Make indexes."""
        await self._models.create_index([("account_id", ASCENDING), (NAMED, ASCENDING)])
        await self._models.create_index([(NAMED, ASCENDING)])
        await self._jobs.create_index([(READ, ASCENDING), ("state", ASCENDING)], partialFilterExpression=READS)

    async def versions_of(self, dataset_id: str) -> AbstractSet[int]:
        """Return the versions of a dataset that a model of any account was trained on."""
        shown = {NAMED: 1, "versions.spec.own.version": 1}
        with store_outages():
            models = [model async for model in self._models.find({NAMED: dataset_id, "deleted_at": None}, shown)]
        trained = [own for model in models for version in model["versions"] for own in version.get("spec", {}).get("own", ())]
        return {own["version"] for own in trained if own["dataset_id"] == dataset_id}

    async def jobs_of(self, dataset_id: str) -> Sequence[str]:
        """Return the jobs that read a dataset's candles and have not ended."""
        reading = {READ: {"$eq": dataset_id, **READS[READ]}, "state": {"$in": RUNNING}}
        with store_outages():
            return sorted([document["_id"] async for document in self._jobs.find(reading, {"_id": 1})])

    async def of(self, dataset_ids: Sequence[str], *, account_id: str) -> Mapping[str, Sequence[str]]:
        """Return the models of the account that have a version which was trained on one of these, by dataset."""
        wanted = set(dataset_ids)
        users: dict[str, list[str]] = {name: [] for name in dataset_ids}
        query = {"account_id": account_id, NAMED: {"$in": list(wanted)}, "deleted_at": None}
        with store_outages():
            async for model in self._models.find(query, {NAMED: 1}).sort("_id"):
                named = {own["dataset_id"] for version in model["versions"] for own in version.get("spec", {}).get("own", ())}
                for dataset_id in named & wanted:
                    users[dataset_id].append(model["_id"])
        return users
