"""Snapshots of models in MongoDB: a document each, what is long or named by users as text."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, expire
from libs.chassis.stores.parts import Page, Part
from libs.contracts.model_monitoring import SnapshotResult
from services.gateway.domain.monitoring.alerts import ModelAlert, Ranked
from services.gateway.domain.monitoring.errors import SnapshotNotFoundError
from services.gateway.domain.monitoring.snapshot import Reported, Snapshot, SnapshotFilter, SnapshotSource, SnapshotStatus
from services.gateway.outbound.outage import store_outages

NEWEST: Final = [("captured_at", DESCENDING), ("_id", DESCENDING)]
# What a list does not show: the histograms of a model with many features are long.
LONG: Final = {"bins": 0}
GONE_AT_ONCE: Final = 1_000
NOT_DONE: Final = {"status": {"$ne": SnapshotStatus.DONE.value}}
PLAIN: Final = ("account_id", "model_id", "version", "captured_at", "job_id", "reason")


class SnapshotsMongo:
    """Implements the port Snapshots, and forgets."""

    def __init__(self, collection: Collection, *, life: timedelta) -> None:
        self._snapshots, self._life = collection, life

    async def prepare(self) -> None:
        """Make an index for each way of looking them up, and have old ones forgotten."""
        make = self._snapshots.create_index
        for chosen in (("status",), ("status", "source")):
            await make([*((field, ASCENDING) for field in ("account_id", "model_id", *chosen)), *NEWEST])
        await make([("model_id", ASCENDING)])
        await make([("account_id", ASCENDING), ("_id", ASCENDING)])
        await make([("job_id", ASCENDING)], partialFilterExpression={"job_id": {"$type": "string"}})
        await expire(self._snapshots, "captured_at", after=self._life)

    async def add(self, snapshot: Snapshot) -> None:
        """Keep a new one; one that is known stays as it is."""
        document = _to_document(snapshot)
        with store_outages():
            await self._snapshots.update_one({"_id": document.pop("_id")}, {"$setOnInsert": document}, upsert=True)

    async def make_way(self, model_id: str, *, account_id: str, most: int) -> None:
        """Remove the oldest reports of a model where there are more than so many."""
        told = {"account_id": account_id, "model_id": model_id, "status": SnapshotStatus.DONE, "source": SnapshotSource.REPORTED}
        with store_outages():
            older = self._snapshots.find(told, {"_id": 1}).sort(NEWEST).skip(most).limit(GONE_AT_ONCE)
            if gone := [each["_id"] async for each in older]:
                await self._snapshots.delete_many({"_id": {"$in": gone}})

    async def get(self, snapshot_id: str, *, model_id: str, account_id: str) -> Snapshot:
        """Return a model's snapshot with all that it has. Raise SnapshotNotFoundError."""
        with store_outages():
            found = await self._snapshots.find_one({"_id": snapshot_id, "model_id": model_id, "account_id": account_id})
        if found is None:
            raise SnapshotNotFoundError(snapshot_id)
        return _from_document(found)

    async def of_job(self, job_id: str, *, account_id: str) -> Snapshot:
        """Return the snapshot that a job takes. Raise SnapshotNotFoundError."""
        with store_outages():
            found = await self._snapshots.find_one({"job_id": {"$eq": job_id, "$type": "string"}, "account_id": account_id})
        if found is None:
            raise SnapshotNotFoundError
        return _from_document(found)

    async def find(self, wanted: SnapshotFilter, part: Part) -> Page[Snapshot]:
        """Return a part of a model's snapshots, the newest first, without the bins of features."""
        query: dict[str, Any] = {"account_id": wanted.account_id, "model_id": wanted.model_id, "status": wanted.status.value}
        if wanted.source is not None:
            query["source"] = wanted.source.value
        if wanted.since is not None:
            query["captured_at"] = {"$gte": wanted.since}
        with store_outages():
            return await read_part(self._snapshots, query, part, order=NEWEST, read=_from_document, shown=LONG)

    async def save(self, snapshot: Snapshot) -> bool:
        """Write one as it is now, as the port says."""
        document = _to_document(snapshot)
        with store_outages():
            written = await self._snapshots.update_one({"_id": document.pop("_id")} | NOT_DONE, {"$set": document})
        return bool(written.matched_count)

    async def forget_model(self, model_id: str) -> None:
        """Take all of a model away."""
        with store_outages():
            await self._snapshots.delete_many({"model_id": model_id})

    async def forget(self, account_id: str) -> None:
        """Take all of an account away; the second time there are none."""
        with store_outages():
            await self._snapshots.delete_many({"account_id": account_id})


def _to_document(snapshot: Snapshot) -> dict[str, Any]:
    result, bins = _split(snapshot.result)
    reported = None if snapshot.reported is None else json.dumps(asdict(snapshot.reported))
    return {
        "_id": snapshot.id,
        **{name: getattr(snapshot, name) for name in PLAIN},
        "source": snapshot.source.value,
        "status": snapshot.status.value,
        "result": result,
        "bins": bins,
        "reported": reported,
        "alerts": {name: [asdict(each) for each in getattr(snapshot.alerts, name)] for name in ("open", "resolved")},
    }


def _from_document(document: Mapping[str, Any]) -> Snapshot:
    result = None
    if document["result"] is not None:
        told, bins = json.loads(document["result"]), json.loads(document.get("bins") or "{}")
        told["features"] = [each | {"bins": bins.get(each["name"], [])} for each in told["features"]]
        result = SnapshotResult.model_validate(told)
    alerts = {name: tuple(alert_of(each) for each in document["alerts"][name]) for name in ("open", "resolved")}
    return Snapshot(
        id=document["_id"],
        **{name: document[name] for name in PLAIN},
        source=SnapshotSource(document["source"]),
        status=SnapshotStatus(document["status"]),
        result=result,
        reported=None if document["reported"] is None else Reported(**json.loads(document["reported"])),
        alerts=Ranked(**alerts),
    )


def _split(result: SnapshotResult | None) -> tuple[str | None, str | None]:
    """Return a result as text without the bins of its features, and these."""
    if result is None:
        return None, None
    told = result.model_dump(mode="json")
    bins = {each["name"]: each.pop("bins") for each in told["features"]}
    return json.dumps(told), json.dumps({name: found for name, found in bins.items() if found})


def alert_of(document: Mapping[str, Any]) -> ModelAlert:
    """Return the alert of a document."""
    known: dict[str, Any] = {name: document[name] for name in ModelAlert.__slots__ if name in document}
    return ModelAlert(**known)
