"""The folders of data roots into which jobs at work will put what they make, as the jobs' documents say."""

from collections.abc import Sequence
from typing import Any, Final

from libs.chassis.stores.mongo import Collection
from services.gateway.outbound.jobs.jobs_mongo import FOLDER, HAS_FOLDER, HAS_SLOT
from services.gateway.outbound.outage import store_outages

SHOWN: Final = {"_id": 1, FOLDER: 1}


class FoldersMongo:
    """Implements the port Folders."""

    def __init__(self, jobs: Collection) -> None:
        self._jobs = jobs

    async def writer(self, folders: Sequence[str], *, account_id: str) -> tuple[str, str] | None:
        """Return the job that has one of these folders for itself, and that folder; None where none has."""
        wanted: dict[str, Any] = HAS_SLOT | HAS_FOLDER | {"account_id": account_id, FOLDER: {"$in": list(folders), "$gt": ""}}
        with store_outages():
            found = await self._jobs.find_one(wanted, SHOWN) if folders else None
        return None if found is None else (str(found["_id"]), str(found["spec"]["output_dir"]))
