"""How many jobs wait for a runner, and for how long, by tier: read from an index that holds queued jobs alone."""

from collections.abc import Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values
from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now
from libs.contracts.training import JobState
from services.training.domain.kinds import TIERS
from services.training.outbound.queue_mongo import BY_TIER

QUEUED: Final[list[dict[str, Any]]] = [
    {"$match": {"state": JobState.QUEUED.value}},
    {"$group": {"_id": "$tier", "count": {"$sum": 1}, "oldest": {"$min": "$requested_at"}}},
]


def queue_measure(jobs: Collection, *, registry: CollectorRegistry) -> Measure:
    """Return the measure of the queue."""
    depth = Gauge(
        "modelbourse_jobs_queued",
        "Jobs that wait for a runner, by tier. Of the service, so take max over instances.",
        ["tier"],
        registry=registry,
    )
    oldest = Gauge(
        "modelbourse_jobs_queued_oldest_seconds",
        "Since when the oldest job waits that is queued, 0 when none is, by tier. Of the service, so take max over instances.",
        ["tier"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        at = now()
        found = {each["_id"]: each async for each in jobs.aggregate(QUEUED, hint=BY_TIER)}
        counts: Values = {(tier,): found[tier]["count"] if tier in found else 0 for tier in TIERS}
        ages: Values = {(tier,): (at - found[tier]["oldest"]).total_seconds() if tier in found else 0.0 for tier in TIERS}
        return [counts, ages]

    return Measure("measuring the queue of jobs", [depth, oldest], read)
