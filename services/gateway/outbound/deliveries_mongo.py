"""Deliveries in MongoDB, kept for 30 days: a webhook's queue and its history in one."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.lists import read_part
from libs.chassis.mongo import Collection
from libs.chassis.parts import Part
from services.gateway.domain.studio_ports import Page
from services.gateway.domain.webhook import HISTORY, Attempt, Delivery, DeliveryStatus
from services.gateway.domain.webhook_errors import DeliveryNotFoundError
from services.gateway.outbound.outage import outage_told

NEWEST_FIRST: Final = (("_id", DESCENDING),)
FIELDS: Final = ("webhook_id", "event", "message_id", "body", "created_at", "next_attempt_at", "replay_of")


class DeliveriesMongo:
    """Implements the port Deliveries."""

    def __init__(self, collection: Collection) -> None:
        self._deliveries = collection

    async def prepare(self) -> None:
        """Make indexes: for the queue, for the lists, and the one that ends a delivery's life."""
        queue = [("webhook_id", ASCENDING), ("status", ASCENDING), ("first", DESCENDING), ("_id", ASCENDING)]
        await self._deliveries.create_index(queue)
        await self._deliveries.create_index([("webhook_id", ASCENDING), ("_id", DESCENDING)])
        await self._deliveries.create_index([("webhook_id", ASCENDING), ("status", ASCENDING), ("_id", DESCENDING)])
        await self._deliveries.create_index("created_at", expireAfterSeconds=int(HISTORY.total_seconds()))

    async def add(self, delivery: Delivery) -> None:
        """Keep a new delivery; one that is known stays as it is."""
        document = {name: getattr(delivery, name) for name in FIELDS} | _changing(delivery)
        try:
            await self._deliveries.insert_one(document | {"_id": delivery.id, "first": delivery.is_test})
        except DuplicateKeyError:
            return  # The event came twice, or the request did.

    async def get(self, delivery_id: str, *, webhook_id: str) -> Delivery:
        """Return a delivery. Raise DeliveryNotFoundError."""
        with outage_told():
            document = await self._deliveries.find_one({"_id": delivery_id, "webhook_id": webhook_id})
        if document is None:
            raise DeliveryNotFoundError(delivery_id)
        return _from_document(document)

    async def find(self, webhook_id: str, part: Part, *, status: DeliveryStatus | None) -> Page[Delivery]:
        """Return a part of a webhook's deliveries, the newest first."""
        query = {"webhook_id": webhook_id} | ({"status": status.value} if status else {})
        found = await read_part(self._deliveries, query, part, order=NEWEST_FIRST)
        return Page(found.count, [_from_document(document) for document in found.documents], found.after)

    async def next_of(self, webhook_id: str) -> Delivery | None:
        """Return the pending delivery that goes first: a test call, else what happened first."""
        pending = {"webhook_id": webhook_id, "status": DeliveryStatus.PENDING.value}
        document = await self._deliveries.find_one(pending, sort=[("first", DESCENDING), ("_id", ASCENDING)])
        return _from_document(document) if document else None

    async def record(self, delivery: Delivery) -> None:
        """Write down an attempt; nothing when another gateway has written one down meanwhile."""
        before = {"_id": delivery.id, "status": DeliveryStatus.PENDING.value, "attempts": {"$size": len(delivery.attempts) - 1}}
        await self._deliveries.update_one(before, {"$set": _changing(delivery)})

    async def hurry(self, webhook_id: str, *, at: datetime) -> None:
        """Make the pending deliveries due."""
        pending = {"webhook_id": webhook_id, "status": DeliveryStatus.PENDING.value}
        await self._deliveries.update_many(pending, {"$min": {"next_attempt_at": at}})

    async def remove(self, webhook_id: str) -> None:
        """Forget a webhook's deliveries, pending ones included."""
        await self._deliveries.delete_many({"webhook_id": webhook_id})


def _changing(delivery: Delivery) -> dict[str, Any]:
    return {
        "status": delivery.status.value,
        "next_attempt_at": delivery.next_attempt_at,
        "attempts": [asdict(attempt) for attempt in delivery.attempts],
    }


def _from_document(document: dict[str, Any]) -> Delivery:
    fields = {name: document[name] for name in FIELDS}
    attempts = tuple(Attempt(**attempt) for attempt in document["attempts"])
    return Delivery(id=document["_id"], status=DeliveryStatus(document["status"]), attempts=attempts, **fields)
