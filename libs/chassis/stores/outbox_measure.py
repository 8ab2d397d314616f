"""How much waits in a service's outboxes, and for how long: an index finds the documents, so that an empty outbox costs nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values
from libs.chassis.stores.mongo import Collection
from libs.contracts.envelope import now

# Of more documents than that it is enough to know that there are so many.
LOOKED_AT: Final = 10_000
PENDING: Final[list[dict[str, Any]]] = [
    {"$match": {"pending_events.event_id": {"$exists": True}}},
    {"$limit": LOOKED_AT},
    # An event's id tells its time, but the header that the bus carries is what everybody reads.
    {"$project": {"count": {"$size": "$pending_events"}, "first": {"$min": "$pending_events.headers.ce_time"}}},
    {"$group": {"_id": None, "count": {"$sum": "$count"}, "first": {"$min": "$first"}}},
]


def outbox_measure(collections: Sequence[Collection], *, registry: CollectorRegistry) -> Measure:
    """Return the measure of these collections' outboxes."""
    depth = Gauge(
        "modelbourse_outbox_depth",
        f"Events that wait to be published, in up to {LOOKED_AT} documents a collection. Of the service, so take max over instances.",
        ["collection"],
        registry=registry,
    )
    oldest = Gauge(
        "modelbourse_outbox_oldest_seconds",
        "Since when the oldest event waits that is still to be published, 0 when none does. Of the service, so take max over instances.",
        ["collection"],
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        found = {(collection.name,): await _look(collection, at=now()) for collection in collections}
        return [{name: count for name, (count, _) in found.items()}, {name: age for name, (_, age) in found.items()}]

    return Measure("measuring outboxes", [depth, oldest], read)


async def _look(collection: Collection, *, at: datetime) -> tuple[int, float]:
    """Return how many events wait, and how many seconds the oldest has waited."""
    async for found in collection.aggregate(PENDING):
        first = datetime.fromisoformat(found["first"]) if found["first"] else at
        return found["count"], max((at - first).total_seconds(), 0.0)
    return 0, 0.0
