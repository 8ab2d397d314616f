"""All accounts' jobs in MongoDB, for operators."""

from collections.abc import Collection as Several
from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.ports import EveryJobFilter
from services.gateway.outbound.jobs.job_queries import UNWATCHED
from services.gateway.outbound.jobs.jobs_mongo import HAS_SLOT, NEWEST_FIRST, job_of
from services.gateway.outbound.outage import store_outages

KINDS: Final = [kind.value for kind in JobKind]
# Rows that a prediction was sent are long.
SHOWN: Final = UNWATCHED | {"spec.rows": 0}
STATES: Final = [state.value for state in JobState]


class EveryJobMongo:
    """Implements the port EveryJob."""

    def __init__(self, collection: Collection) -> None:
        self._jobs = collection

    async def prepare(self) -> None:
        """Make the index; those of an account's jobs are JobsMongo's."""
        await self._jobs.create_index([("kind", ASCENDING), ("state", ASCENDING), *NEWEST_FIRST])

    async def find(self, part: Part, wanted: EveryJobFilter) -> Page[Job]:
        """Return a part of the jobs, the newest first, without logs, results and rows that were sent."""
        # All kinds and states by name: so each has its place in an index, and the store merges what is in order there.
        query: dict[str, Any] = {"kind": {"$in": [kind.value for kind in wanted.kinds] or KINDS}}
        if wanted.account_id is not None:
            query |= {"account_id": wanted.account_id} | ({"model_id": wanted.model_id} if wanted.model_id else {})
        if wanted.states or wanted.account_id is None:
            query |= {"state": {"$in": [state.value for state in wanted.states] or STATES}}
        all_rows = wanted.account_id is None and not wanted.kinds and not wanted.states
        with store_outages():
            return await read_part(self._jobs, query, part, order=NEWEST_FIRST, read=job_of, shown=SHOWN, all_rows=all_rows)

    async def known(self, job_ids: Several[str]) -> Sequence[Job]:
        """Return those of these jobs that there are, without logs and results."""
        with store_outages():
            found = self._jobs.find({"_id": {"$in": list(job_ids)}} | IN_USE, UNWATCHED)
            return await readable(found, job_of, of=self._jobs)

    async def waiting(self, *, after: str, through: str | None) -> Sequence[Job]:
        """Return the jobs that have not ended of the accounts behind an id and up to another (of all behind it, for None)."""
        # A job has a slot until it has ended.
        behind = {"account_id": {"$gt": after} | ({"$lte": through} if through else {})} | HAS_SLOT | IN_USE
        with store_outages():
            return await readable(self._jobs.find(behind, UNWATCHED), job_of, of=self._jobs)
