"""Labels of models' predictions in MongoDB: a document each."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, UpdateOne

from libs.chassis.stores.mongo import Collection, expire
from services.gateway.domain.monitoring.labels import KEPT_MOST, Label, LabelsKept
from services.gateway.outbound.outage import store_outages

FIELDS: Final = ("value", "prediction_id", "timestamp", "symbol")


class LabelsMongo:
    """Implements the port Labels, and forgets."""

    def __init__(self, collection: Collection, *, life: timedelta, most: int = KEPT_MOST) -> None:
        self._labels, self._life, self._most = collection, life, most

    async def prepare(self) -> None:
        """Make an index for each way of looking them up, and have old ones forgotten."""
        await self._labels.create_index([("model_id", ASCENDING), ("given_at", DESCENDING), ("_id", DESCENDING)])
        await self._labels.create_index([("account_id", ASCENDING), ("_id", ASCENDING)])
        await expire(self._labels, "given_at", after=self._life)

    async def put(self, labels: Sequence[Label], *, model_id: str, account_id: str, at: datetime) -> LabelsKept:
        """Keep labels, each once; the oldest make way where there are more than may be kept."""
        about = {"model_id": model_id, "account_id": account_id, "given_at": at}
        writes = [
            UpdateOne({"_id": _id_of(each, model_id)}, {"$set": about | {name: getattr(each, name) for name in FIELDS}}, upsert=True)
            for each in labels
        ]
        with store_outages():
            written = await self._labels.bulk_write(writes, ordered=False)
            total = await self._labels.count_documents({"model_id": model_id})
            if total > self._most:
                total -= await self._make_way(model_id, by=total - self._most)
        return LabelsKept(added=int(written.upserted_count), replaced=int(written.matched_count), total=total)

    async def _make_way(self, model_id: str, *, by: int) -> int:
        oldest = self._labels.find({"model_id": model_id}, {"_id": 1}).sort([("given_at", ASCENDING), ("_id", ASCENDING)]).limit(by)
        gone = [each["_id"] async for each in oldest]
        return int((await self._labels.delete_many({"_id": {"$in": gone}})).deleted_count)

    async def newest(self, model_id: str) -> Sequence[Label]:
        """Return a model's labels in the order of their keys, so that the same ones are the same file."""
        with store_outages():
            found = self._labels.find({"model_id": model_id}, dict.fromkeys(FIELDS, 1)).sort("given_at", DESCENDING).limit(self._most)
            labels = [_from_document(each) async for each in found]
        return sorted(labels, key=lambda each: each.key)

    async def forget_model(self, model_id: str) -> None:
        """Take all of a model away."""
        with store_outages():
            await self._labels.delete_many({"model_id": model_id})

    async def forget(self, account_id: str) -> None:
        """Take all of an account away; the second time there are none."""
        with store_outages():
            await self._labels.delete_many({"account_id": account_id})


def _id_of(label: Label, model_id: str) -> str:
    # A key may be as long as what names a prediction elsewhere; an id of the store stays short.
    return f"{model_id}/{sha256(label.key.encode()).hexdigest()[:32]}"


def _from_document(document: dict[str, Any]) -> Label:
    return Label(**{name: document[name] for name in FIELDS})
