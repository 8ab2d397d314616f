"""What waits in the gateway's stores, among the metrics: webhooks whose delivery is due, and dead letters that nobody has dealt with."""

from collections.abc import Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Gauge

from libs.chassis.liveness.measures import Measure, Values
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now

# Of more than that it is enough to know that there are so many.
COUNTED: Final = 10_000


def webhooks_measure(database: Database, *, registry: CollectorRegistry) -> Measure:
    """Return the measure of webhooks' backlog."""
    due = Gauge(
        "modelbourse_webhooks_due",
        f"Webhooks with a delivery that is due or under way, up to {COUNTED}. Of the service, so take max over instances.",
        registry=registry,
    )
    oldest = Gauge(
        "modelbourse_webhooks_due_oldest_seconds",
        "Since when the webhook waits that is due longest, 0 when none is. Of the service, so take max over instances.",
        registry=registry,
    )
    webhooks = database["webhooks"]

    async def read() -> Sequence[Values]:
        at = now()
        wanted: dict[str, Any] = {"enabled": True, "due_at": {"$lte": at}, "set_aside": None}
        count = await webhooks.count_documents(wanted, limit=COUNTED)
        first = await webhooks.find_one(wanted, {"due_at": 1}, sort=[("due_at", 1)]) if count else None
        return [{(): count}, {(): (at - first["due_at"]).total_seconds() if first else 0.0}]

    return Measure("measuring webhooks' backlog", [due, oldest], read)


def letters_measure(database: Database, *, registry: CollectorRegistry) -> Measure:
    """Return the measure of dead letters."""
    waiting = Gauge(
        "modelbourse_dead_letters_waiting",
        f"Dead letters that were neither sent again nor dropped, up to {COUNTED}. Of the service, so take max over instances.",
        registry=registry,
    )

    async def read() -> Sequence[Values]:
        return [{(): await database["dead_letters"].count_documents({"dealt_with": None}, limit=COUNTED)}]

    return Measure("measuring dead letters", [waiting], read)
