"""The view of alerts in MongoDB, fed by monitoring's events."""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, get_args

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, expire
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.chassis.stores.versioned import fields_of
from libs.contracts.alerts import AlertAcknowledged, AlertChanged, AlertStatus
from libs.contracts.monitoring import ALERT_TITLES, AlertRaised, AlertResolved, Level
from services.gateway.domain.alerts import AlertFilter, AlertView, level_of, slug_of
from services.gateway.domain.errors import NotFoundError
from services.gateway.outbound.outage import store_outages

KEPT: Final = timedelta(days=90)
NEWEST_FIRST: Final = (("created_at", DESCENDING), ("_id", DESCENDING))
# Whose alert it is when it is nobody's account's.
PLATFORM: Final = "platform"
# More than so many at once nobody reads.
SHOWN_MOST: Final = 50
# One that was heard to be over before it was heard to be raised is none yet.
RAISED: Final = {"slug": {"$exists": True}}


class AlertsMongo:
    """Implements the port AlertViews."""

    def __init__(self, collection: Collection) -> None:
        self._alerts = collection

    async def prepare(self) -> None:
        """Make indexes; what has been over for long is deleted by the store itself."""
        await expire(self._alerts, "resolved_at", after=KEPT)
        await self._alerts.create_index("slug", unique=True, partialFilterExpression=RAISED)
        for fields in ((), ("status",), ("level",), ("level", "status")):
            await self._alerts.create_index([*((field, ASCENDING) for field in ("owner", *fields)), *NEWEST_FIRST])

    async def apply(self, event: AlertRaised | AlertAcknowledged | AlertResolved) -> None:
        """Take in what monitoring tells, twice or in any order: each kind of event has fields of its own."""
        await self._alerts.update_one({"_id": event.alert_id}, {"$setOnInsert": {"status": "open"}}, upsert=True)
        match event:
            case AlertRaised():
                await self._raised(event)
            case AlertAcknowledged():
                fields = {"acknowledged_at": event.occurred_at, "acknowledged_by": event.by, "acknowledgement_notes": event.notes}
                await self._alerts.update_one({"_id": event.alert_id, "acknowledged_at": None}, {"$set": fields})
                await self._alerts.update_one({"_id": event.alert_id, "status": "open"}, {"$set": {"status": "acknowledged"}})
            case AlertResolved():
                fields = {"resolved_at": event.occurred_at, "resolved_by": event.by, "resolution_notes": event.message}
                fields |= {"status": "resolved"} | ({} if event.value is None else {"value_at_end": event.value})
                await self._alerts.update_one({"_id": event.alert_id, "resolved_at": None}, {"$set": fields})

    async def _raised(self, event: AlertRaised) -> None:
        rule = event.rule or event.kind
        fields = event.model_dump(include={"subject", "metric", "value", "threshold"}) | {
            "owner": event.account_id or PLATFORM,
            "rule": rule,
            "level": level_of(event),
            "title": event.title or ALERT_TITLES[event.kind],
            "description": event.message,
            "service": event.service or event.subject,
            "created_at": event.occurred_at,
        }
        slug, unknown = slug_of(rule, event.occurred_at), {"_id": event.alert_id, "slug": {"$exists": False}}
        for number in itertools.count(1):
            try:
                await self._alerts.update_one(unknown, {"$set": fields | {"slug": slug if number == 1 else f"{slug}-{number}"}})
            except DuplicateKeyError:
                continue  # Another alert of this rule began in the same second.
            return

    async def note(self, changed: AlertChanged) -> None:
        """Take in what monitoring has just decided; one that was heard to be over meanwhile stays over."""
        still: dict[str, Any] = {} if changed.status == "resolved" else {"resolved_at": None}
        await self._alerts.update_one({"_id": changed.alert_id} | RAISED | still, {"$set": changed.model_dump(exclude={"alert_id"})})

    async def get(self, alert_id: str, *, account_id: str | None) -> AlertView:
        """Return an alert of the platform or of an account, by its readable id or its own. Raise NotFoundError."""
        wanted = {"owner": {"$in": _owners(account_id)}} | RAISED
        with store_outages():
            for field in ("slug", "_id"):
                if found := await self._alerts.find_one(wanted | {field: alert_id}):
                    return _from(found)
        msg = f"Alert not found: {alert_id[:120]}"
        raise NotFoundError(msg)

    async def find(self, part: Part, wanted: AlertFilter) -> Page[AlertView]:
        """Return a part of the alerts, the newest first."""
        query: dict[str, Any] = {"owner": {"$in": _owners(wanted.account_id)}}
        query |= {name: value for name, value in (("level", wanted.level), ("status", wanted.status)) if value is not None}
        with store_outages():
            return await read_part(self._alerts, query, part, order=NEWEST_FIRST, read=_from)

    async def count(self, *, account_id: str | None) -> Mapping[tuple[Level, AlertStatus], int]:
        """Return how many alerts of the platform and of an account there are, by level and status."""
        kinds: dict[str, Any] = {"_id": {"level": "$level", "status": "$status"}, "count": {"$sum": 1}}
        # By all levels: so an index alone answers, and no alert is read.
        known = {"owner": {"$in": _owners(account_id)}, "level": {"$in": list(get_args(Level))}}
        steps: list[dict[str, Any]] = [{"$match": known}, {"$group": kinds}]
        with store_outages():
            return {(each["_id"]["level"], each["_id"]["status"]): each["count"] async for each in self._alerts.aggregate(steps)}

    async def not_over(self) -> list[AlertView]:
        """Return the platform's alerts that are not over, the newest ones where there are many."""
        wanted: dict[str, Any] = {"owner": PLATFORM, "status": {"$in": ["open", "acknowledged"]}} | IN_USE
        with store_outages():
            return list(await readable(self._alerts.find(wanted).sort(list(NEWEST_FIRST)).limit(SHOWN_MOST), _from, of=self._alerts))


def _owners(account_id: str | None) -> list[str]:
    return [PLATFORM] if account_id is None else [PLATFORM, account_id]


def _from(found: Mapping[str, Any]) -> AlertView:
    value = found.get("value_at_end", found.get("value"))
    return AlertView(**fields_of(AlertView, found) | {"id": found["_id"], "value": value})
