"""Which configurations an account's backtests have tried, as their jobs in MongoDB say."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.mongo import Collection
from libs.contracts.training import JobState
from libs.contracts.trials import WIDTH
from services.gateway.domain.jobs.trials import Span
from services.gateway.outbound.outage import store_outages

# One that failed, or was cancelled, has shown nobody anything.
TRIED: Final = [state.value for state in JobState if state not in {JobState.FAILED, JobState.CANCELLED}]
# Half a million configurations, which a request reads at most: what the best of them shows by chance hardly grows with more.
MARKS_BYTES: Final = 500_000 * WIDTH
SHOWN: Final = {"_id": 0, "trials": 1, "spec.start_date": 1, "spec.end_date": 1}


class TrialsMongo:
    """Implements the port Trials on the collection that jobs_mongo.py writes."""

    def __init__(self, collection: Collection, *, most: int = MARKS_BYTES) -> None:
        self._jobs, self._most = collection, most

    async def prepare(self) -> None:
        """Make the index."""
        only = {"tried_on": {"$type": "string"}}
        fields = [(name, ASCENDING) for name in ("account_id", "tried_on", "state")]
        await self._jobs.create_index(fields, partialFilterExpression=only)

    async def of(self, account_id: str, *, on: Sequence[str], span: Span) -> list[bytes]:
        """Return the marks of each of the account's backtests that played one of these series in this span, about `most` bytes at most.

        Raise UnavailableError.
        """
        alike: dict[str, Any] = {"account_id": account_id, "tried_on": {"$in": list(on), "$type": "string"}, "state": {"$in": TRIED}}
        found, size = [], 0
        with store_outages():
            async for each in self._jobs.find(alike, SHOWN):
                if each.get("trials") and span.overlaps(Span.of(each["spec"])):
                    found.append(each["trials"])
                    size += len(found[-1])
                if size >= self._most:
                    break
        return found
