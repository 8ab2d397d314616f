"""Alerts in MongoDB, until some months after they are over: one document each, with the events that it still has to tell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection, expire
from libs.chassis.stores.outbox import entry_of, write_with_events
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.chassis.stores.versioned import fields_of
from libs.contracts.envelope import Event
from services.monitoring.domain.alert import KnownAlert
from services.monitoring.domain.errors import AlertChangedError, AlertNotFoundError

KEPT: Final = timedelta(days=90)
# Of a rule, and open, or lasting: there is one about each condition.
WATCHED: Final = {"watched": True}


class AlertsMongo:
    """Implements the port Alerts; `on_write` is called after each write that has something to tell."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None] = lambda: None) -> None:
        self._alerts = collection
        self._on_write = on_write

    async def prepare(self) -> None:
        """Make the indexes; what has been over for long is deleted by the store itself."""
        await expire(self._alerts, "resolved_at", after=KEPT)
        await self._alerts.create_index([("watched", ASCENDING), ("condition", ASCENDING)], unique=True, partialFilterExpression=WATCHED)
        await self._alerts.create_index([("condition", ASCENDING), ("resolved_at", DESCENDING)])

    async def get(self, alert_id: str) -> KnownAlert:
        """Return an alert. Raise AlertNotFoundError."""
        found = await self._alerts.find_one({"_id": alert_id, "rule": {"$exists": True}} | IN_USE)
        if found is None:
            raise AlertNotFoundError(alert_id)
        return _from(found)

    async def watched(self) -> Sequence[KnownAlert]:
        """Return the alerts of rules that are not resolved, and those that last."""
        return await readable(self._alerts.find(WATCHED | IN_USE), _from, of=self._alerts)

    async def ended_at(self, condition: str) -> datetime | None:
        """Return when the last alert about this condition was resolved; None where there was none."""
        found = await self._alerts.find_one({"condition": condition, "resolved_at": {"$ne": None}}, sort=[("resolved_at", DESCENDING)])
        return found["resolved_at"] if found else None

    async def add(self, alert: KnownAlert, event: Event) -> bool:
        """Store a new alert of a rule with the event that tells of it; False where one is open about its condition."""
        try:
            await self._alerts.insert_one(_document(alert) | {"pending_events": [entry_of(event)]})
        except DuplicateKeyError:
            return False  # Another replica has just raised it.
        self._on_write()
        return True

    async def save(self, alert: KnownAlert, *events: Event) -> None:
        """Store a changed alert with what tells of it. Raise AlertChangedError when another wrote it since, or OutboxFullError."""
        change = {"$set": {name: value for name, value in _document(alert).items() if name != "_id"}}
        unchanged = {"_id": alert.id, "version": alert.version}
        if not await write_with_events(self._alerts, unchanged, change, events):
            raise AlertChangedError(alert.id)
        self._on_write()

    async def hear_raised(self, alert: KnownAlert) -> None:
        """Take in an alert that something else keeps; what is known stays."""
        # Two writes, as of one that was resolved before it was heard of there is a document already.
        fields = {name: value for name, value in _document(alert).items() if name != "_id"}
        await self._alerts.update_one({"_id": alert.id}, {"$setOnInsert": fields}, upsert=True)
        unknown = {"_id": alert.id, "rule": {"$exists": False}}
        await self._alerts.update_one(unknown, {"$set": {"rule": alert.rule, "account_id": alert.account_id}})

    async def hear_resolved(self, alert_id: str, *, subject: str, raised_at: datetime, at: datetime, notes: str) -> None:
        """Take in that it is over; how it ended first stays. It may come before the alert itself."""
        new = {"subject": subject, "raised_at": raised_at, "status": "open", "version": 1}
        await self._alerts.update_one({"_id": alert_id}, {"$setOnInsert": new}, upsert=True)
        over = {"status": "resolved", "resolved_at": at, "resolution_notes": notes, "watched": False}
        await self._alerts.update_one({"_id": alert_id, "status": {"$ne": "resolved"}}, {"$set": over, "$inc": {"version": 1}})


def _document(alert: KnownAlert) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(alert).items() if name not in {"id", "version"}}
    return {"_id": alert.id, **fields, "watched": alert.watched, "version": alert.version + 1}


def _from(found: Mapping[str, Any]) -> KnownAlert:
    return KnownAlert(**fields_of(KnownAlert, found), id=found["_id"])
