"""Deliveries in MongoDB, kept for 30 days: a webhook's queue and its history in one."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, first_readable
from libs.chassis.stores.versioned import fields_of
from services.gateway.domain.webhooks.errors import DeliveryNotFoundError
from services.gateway.domain.webhooks.webhook import HISTORY, Attempt, Delivery, DeliveryStatus
from services.gateway.outbound.outage import store_outages

NEWEST_FIRST: Final = (("_id", DESCENDING),)
FIELDS: Final = ("webhook_id", "event", "message_id", "body", "created_at", "next_attempt_at", "replay_of", "thing")


class DeliveriesMongo:
    """Implements the port Deliveries."""

    def __init__(self, collection: Collection) -> None:
        self._deliveries = collection

    async def prepare(self) -> None:
        """Make indexes: for the queue, for the lists, and the one that ends a delivery's life."""
        of_webhook = [("webhook_id", ASCENDING), ("status", ASCENDING)]
        await self._deliveries.create_index([*of_webhook, ("held_back", ASCENDING), ("first", DESCENDING), ("_id", ASCENDING)], name="line")
        await self._deliveries.create_index([*of_webhook, ("held_back", ASCENDING), ("thing", ASCENDING)], name="things")
        await self._deliveries.create_index([*of_webhook, ("held_back", ASCENDING), ("next_attempt_at", ASCENDING)], name="held_back")
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
        with store_outages():
            document = await self._deliveries.find_one({"_id": delivery_id, "webhook_id": webhook_id})
        if document is None:
            raise DeliveryNotFoundError(delivery_id)
        return _from_document(document)

    async def find(self, webhook_id: str, part: Part, *, status: DeliveryStatus | None) -> Page[Delivery]:
        """Return a part of a webhook's deliveries, the newest first."""
        query = {"webhook_id": webhook_id} | ({"status": status.value} if status else {})
        return await read_part(self._deliveries, query, part, order=NEWEST_FIRST, read=_from_document)

    async def heads(self, webhook_id: str) -> Sequence[Delivery]:
        """Return what may go next: the first that waits in line, and of those that are held back the one that is due first."""
        pending: dict[str, Any] = {"webhook_id": webhook_id, "status": DeliveryStatus.PENDING.value}
        held_back = pending | {"held_back": True}
        # What happened to a thing is told in order: later news of it waits with what is held back.
        things = await self._deliveries.distinct("thing", held_back)
        in_line = pending | IN_USE | {"held_back": {"$in": [False, None]}, "$or": [{"first": True}, {"thing": {"$nin": things}}]}
        found = (
            await self._first(in_line, [("first", DESCENDING), ("_id", ASCENDING)]),
            await self._first(held_back | IN_USE, [("next_attempt_at", ASCENDING)]) if things else None,
        )
        return [delivery for delivery in found if delivery]

    async def _first(self, wanted: dict[str, Any], order: list[tuple[str, int]]) -> Delivery | None:
        return await first_readable(lambda: self._deliveries.find_one(wanted, sort=order), _from_document, of=self._deliveries)

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
        "held_back": delivery.is_held_back,
        "attempts": [asdict(attempt) for attempt in delivery.attempts],
    }


def _from_document(document: dict[str, Any]) -> Delivery:
    # Deliveries of before things were kept have none.
    fields = {"thing": ""} | {name: document[name] for name in FIELDS if name in document or name != "thing"}
    attempts = tuple(Attempt(**fields_of(Attempt, attempt)) for attempt in document["attempts"])
    return Delivery(id=document["_id"], status=DeliveryStatus(document["status"]), attempts=attempts, **fields)
