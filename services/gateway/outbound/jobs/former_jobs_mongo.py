"""Jobs as former releases kept them, brought into the one collection before the gateway serves.

A training had its slot, and the event that requests it, in its model's document, and a document without its kind in `jobs`; jobs of other
kinds had a collection of their own.
"""

from contextlib import suppress
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.migrations import drop_indexes
from libs.chassis.stores.mongo import Database
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.outbound.jobs.jobs_mongo import HAS_SLOT, JobsMongo

FORMER_INDEX: Final = "account_id_1_slot_1"
NEWEST: Final = "created_at_-1__id_-1"
FORMER_LISTS: Final = (
    *(f"account_id_1_{chosen}{NEWEST}" for chosen in ("", "state_1_", "model_id_1_", "model_id_1_state_1_")),
    "account_id_1_ended_at_-1",
)


class FormerJobsMongo:
    """Nothing of it is half done when a process dies: it begins again at the next start, and passes over what was brought over."""

    def __init__(self, database: Database, jobs: JobsMongo) -> None:
        self._database, self._jobs = database, jobs

    async def bring(self) -> None:
        """Bring over what is left of former releases. Raise what says that the store is away."""
        models = self._database["models"]
        if FORMER_INDEX not in await models.index_information():
            return
        await self._database["jobs"].update_many({"kind": None}, {"$set": {"kind": JobKind.TRAIN.value}})
        async for model in models.find(HAS_SLOT, {"account_id": 1, "active_job": 1, "slot": 1}):
            # A request that still waits in the model's document is published from there, and makes the job if it has no document.
            await self._jobs.take_slot(model["active_job"], account_id=model["account_id"])
            await models.update_one({"_id": model["_id"], "slot": model["slot"]}, {"$unset": {"slot": ""}})
        async for job in self._database["kind_jobs"].find():
            await self._bring(job)
        await drop_indexes(self._database["jobs"], *FORMER_LISTS)
        await drop_indexes(models, FORMER_INDEX)  # Last: it says that there is something left to be done.

    async def _bring(self, job: dict[str, Any]) -> None:
        """Bring a job of another kind over, its unpublished events with it."""
        with suppress(DuplicateKeyError):  # Brought over, but a process died before it was taken away there.
            await self._database["jobs"].insert_one({name: value for name, value in job.items() if name != "relay"} | {"slot": None})
        if not JobState(job["state"]).ended:
            await self._jobs.take_slot(job["_id"], account_id=job["account_id"])
        await self._database["kind_jobs"].delete_one({"_id": job["_id"]})
