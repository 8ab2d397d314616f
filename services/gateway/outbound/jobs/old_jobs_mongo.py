"""Jobs that ended long ago leave the view of jobs, but for those that made a version of a model that is still there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Collection

AT_ONCE: Final = 500


class OldJobsMongo:
    """Implements the port OldJobs on the collections that jobs_mongo.py and models_mongo.py write."""

    def __init__(self, jobs: Collection, models: Collection) -> None:
        self._jobs, self._models = jobs, models

    async def prepare(self) -> None:
        """Make indexes."""
        await self._jobs.create_index([("ended_at", ASCENDING), ("_id", ASCENDING)])
        await self._models.create_index("versions.job_id")

    async def forget(self, *, before: datetime) -> int:
        """Remove what ended before this moment; return how many jobs that were."""
        removed, ids = 0, list[str]()
        async for document in self._jobs.find({"ended_at": {"$lt": before}}, {"_id": 1}).sort("ended_at", ASCENDING):
            ids.append(document["_id"])
            if len(ids) == AT_ONCE:
                removed += await self._remove(ids)
                ids = []
        return removed + await self._remove(ids)

    async def _remove(self, ids: Sequence[str]) -> int:
        if not ids:
            return 0
        there = self._models.find({"versions.job_id": {"$in": list(ids)}, "deleted_at": None}, {"versions.job_id": 1})
        kept = {version["job_id"] async for model in there for version in model["versions"]}
        gone = await self._jobs.delete_many({"_id": {"$in": [each for each in ids if each not in kept]}})
        return int(gone.deleted_count)
