"""The known instances in MongoDB: one document each, with the events it still has to tell."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.chassis.stores.versioned import fields_of
from libs.contracts.envelope import Event
from libs.contracts.monitoring import Process
from services.monitoring.domain.alert import Alert
from services.monitoring.domain.errors import InstanceChangedError
from services.monitoring.domain.instance import STOPPED, Health, Instance


class InstancesMongo:
    """Implements the port Instances; `on_write` is called after each write that has something to tell."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None] = lambda: None) -> None:
        self._collection = collection
        self._on_write = on_write

    async def prepare(self, *, forget_after: timedelta) -> None:
        """Create the indexes; what is gone for `forget_after` is deleted by the store itself."""
        seconds = int(forget_after.total_seconds())
        existing = (await self._collection.index_information()).get("gone_at")
        if existing is not None and existing.get("expireAfterSeconds") != seconds:
            await self._collection.drop_index("gone_at")
        await self._collection.create_index("gone_at", name="gone_at", expireAfterSeconds=seconds)
        await self._collection.create_index("health", name="health")
        await self._collection.create_index("reason", name="left", partialFilterExpression={"health": Health.GONE.value})

    async def find(self, name: str) -> Instance | None:
        """Return the instance of this name, or None."""
        document = await self._collection.find_one({"_id": name})
        return from_document(document) if document else None

    async def present(self) -> Sequence[Instance]:
        """Return the instances that are not gone."""
        found = self._collection.find({"health": {"$ne": Health.GONE.value}} | IN_USE)
        return await readable(found, from_document, of=self._collection)

    async def left(self) -> Sequence[Instance]:
        """Return the instances that are gone and had not said that they stop."""
        found = self._collection.find({"health": Health.GONE.value, "reason": {"$ne": STOPPED}} | IN_USE)
        return await readable(found, from_document, of=self._collection)

    async def count(self) -> dict[Health, int]:
        """Return how many instances have each health."""
        return {health: await self._collection.count_documents({"health": health.value}) for health in Health}

    async def save(self, instance: Instance, *events: Event) -> None:
        """Store the instance and its events in one write. Raise InstanceChangedError when another wrote it since, or OutboxFullError."""
        change = {"$set": to_document(instance) | {"version": instance.version + 1}}
        unchanged = {"_id": instance.name, "version": instance.version}
        try:
            written = await write_with_events(self._collection, unchanged, change, events, upsert=instance.version == 0)
        except DuplicateKeyError as error:
            raise InstanceChangedError(instance.name) from error
        if not written:
            raise InstanceChangedError(instance.name)
        if events:
            self._on_write()


def to_document(instance: Instance) -> dict[str, Any]:
    """Return the instance as the store keeps it."""
    return {
        "service": instance.service,
        "health": instance.health.value,
        "reason": instance.reason,
        "started_at": instance.started_at,
        "last_beat_at": instance.last_beat_at,
        "every_s": instance.every_s,
        "beat": instance.beat,
        "sequence": instance.sequence,
        "gone_at": instance.gone_at,
        "alert": asdict(instance.alert) if instance.alert else None,
        "process": instance.process.model_dump() if instance.process else None,
    }


def from_document(document: dict[str, Any]) -> Instance:
    """Make the instance again from what the store kept."""
    fields = {name: document[name] for name in ("service", "reason", "started_at", "last_beat_at", "every_s", "beat", "sequence")}
    alert, process = document.get("alert"), document.get("process")
    return Instance(
        name=document["_id"],
        health=Health(document["health"]),
        gone_at=document["gone_at"],
        alert=Alert(**fields_of(Alert, alert)) if alert else None,
        process=Process.model_validate(process) if process else None,
        version=document["version"],
        **fields,
    )
