"""The view of the fleet's health, fed by monitoring's events."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from libs.chassis.stores.mongo import Collection, expire
from libs.chassis.stores.versioned import FIELD
from libs.contracts.monitoring import HealthChanged

GONE_KEPT: Final = timedelta(days=7)


class FleetMongo:
    """One document for each process, until some days after it is gone."""

    def __init__(self, collection: Collection) -> None:
        self._instances = collection

    async def prepare(self) -> None:
        """Have processes that are gone forgotten after some days."""
        await expire(self._instances, "occurred_at", after=GONE_KEPT, only={"health": "gone"})

    async def apply(self, event: HealthChanged) -> None:
        """Note an instance's health; what is older than what is known is passed over."""
        fields = event.model_dump(exclude={"event_id", "instance"})
        await self._instances.update_one({"_id": event.instance}, {"$setOnInsert": {"sequence": -1}}, upsert=True)
        await self._instances.update_one({"_id": event.instance, "sequence": {"$lt": event.sequence}}, {"$set": fields})

    async def all(self) -> Sequence[dict[str, Any]]:
        """Return every instance, by name."""
        found = self._instances.find({"sequence": {"$gte": 0}}, {FIELD: 0}).sort("_id", 1)
        return [{"instance": document.pop("_id"), **document} async for document in found]
