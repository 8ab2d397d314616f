"""How models are watched, in MongoDB: a document a model with its unpublished events, and the lease of who sees to its turn."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.outbox import write_with_events
from libs.chassis.stores.set_aside import IN_USE, first_readable
from libs.contracts.envelope import Event
from services.gateway.domain.monitoring.alerts import OpenAlert
from services.gateway.domain.monitoring.errors import WatchChangedError
from services.gateway.domain.monitoring.rules import MonitoringRules
from services.gateway.domain.monitoring.watch import Judged, Look, LookOutcome, Watch
from services.gateway.outbound.monitoring.snapshots_mongo import alert_of
from services.gateway.outbound.outage import store_outages

SOURCE: Final = "gateway"
# What the index of turns has: a model that is not watched stands before none that is.
HAS_TURNS: Final = {"$type": "date"}
# What the index of open alerts has: a model without one has no id there.
HAS_ALERTS: Final = {"$gt": ""}


class WatchesMongo:
    """Implements the port Watches, and forgets. `on_write` is called after every write that has events."""

    def __init__(self, collection: Collection, *, on_write: Callable[[], None]) -> None:
        self._watches, self._on_write = collection, on_write

    async def prepare(self) -> None:
        """Make indexes."""
        await self._watches.create_index([("next_at", ASCENDING)], partialFilterExpression={"next_at": HAS_TURNS})
        await self._watches.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await self._watches.create_index([("account_id", ASCENDING), ("open.id", ASCENDING)])

    async def get(self, model_id: str, *, account_id: str) -> Watch:
        """Return how a model is watched: by the default rules where nothing was ever written."""
        with store_outages():
            found = await self._watches.find_one({"_id": model_id, "account_id": account_id}, {"pending_events": 0})
        return Watch(model_id, account_id) if found is None else _from_document(found)

    async def open_alerts(self, account_id: str) -> list[OpenAlert]:
        """Return the open alerts of all models of an account."""
        found = self._watches.find({"account_id": account_id, "open.id": HAS_ALERTS}, {"open": 1})
        with store_outages():
            return [OpenAlert(document["_id"], alert_of(each)) async for document in found for each in document["open"]]

    async def save(self, watch: Watch, *events: Event) -> None:
        """Write it and the events that tell of it, in one write. Raise WatchChangedError for a lost race, OutboxFullError."""
        unchanged = {"_id": watch.model_id, "version": watch.version}
        change = {"$set": _to_document(watch) | {"version": watch.version + 1}}
        try:
            with store_outages():
                written = await write_with_events(self._watches, unchanged, change, events, source=SOURCE, upsert=not watch.version)
        except DuplicateKeyError as error:
            raise WatchChangedError(watch.model_id) from error
        if not written:
            raise WatchChangedError(watch.model_id)
        if events:
            self._on_write()

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Watch | None:
        """Take the one that has been due longest and that nobody holds, until then; None where none is due."""
        free = {"$or": [{"lease": None}, {"lease.until": {"$lte": at}}]}
        due = IN_USE | {"next_at": {"$lte": at} | HAS_TURNS} | free
        lease = {"$set": {"lease": {"holder": holder, "until": until}}}
        first = [("next_at", ASCENDING)]

        async def look() -> dict[str, Any] | None:
            return await self._watches.find_one_and_update(due, lease, sort=first, return_document=ReturnDocument.AFTER)

        with store_outages():
            return await first_readable(look, _from_document, of=self._watches)

    async def end(self, model_id: str, *, holder: str) -> None:
        """Give a turn back; one that another has taken meanwhile stays theirs."""
        with store_outages():
            await self._watches.update_one({"_id": model_id, "lease.holder": holder}, {"$set": {"lease": None}})

    async def forget_model(self, model_id: str) -> None:
        """Take how a model was watched away; what is told of it and waits goes, too."""
        with store_outages():
            await self._watches.delete_one({"_id": model_id})

    async def forget(self, account_id: str) -> None:
        """Take all of an account away; the second time there are none."""
        with store_outages():
            await self._watches.delete_many({"account_id": account_id})


def _to_document(watch: Watch) -> dict[str, Any]:
    return {
        "account_id": watch.account_id,
        "rules": watch.rules.model_dump(mode="json", exclude_unset=True),
        "in_production": watch.in_production,
        "next_at": watch.next_at,
        "last": asdict(watch.last) | {"outcome": watch.last.outcome.value} if watch.last else None,
        "judged": asdict(watch.judged) if watch.judged else None,
        "open": [asdict(each) for each in watch.open],
        "resolved": [asdict(each) for each in watch.resolved],
        "unsettled": watch.unsettled,
        "newest": watch.newest,
        "allowed_seconds": watch.allowed_seconds,
        "sequence": watch.sequence,
    }


def _from_document(document: Mapping[str, Any]) -> Watch:
    last, judged = document["last"], document["judged"]
    return Watch(
        document["_id"],
        document["account_id"],
        rules=MonitoringRules.model_validate(document["rules"]),
        in_production=document["in_production"],
        next_at=document["next_at"],
        last=None if last is None else Look(**last | {"outcome": LookOutcome(last["outcome"])}),
        judged=None if judged is None else Judged(**judged),
        open=tuple(alert_of(each) for each in document["open"]),
        resolved=tuple(alert_of(each) for each in document["resolved"]),
        unsettled=document["unsettled"],
        newest=document.get("newest"),
        allowed_seconds=document.get("allowed_seconds"),
        sequence=document["sequence"],
        version=document["version"],
    )
