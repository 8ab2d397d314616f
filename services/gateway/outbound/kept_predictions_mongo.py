"""Predictions that are kept, in MongoDB: a document each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, expire
from libs.chassis.stores.parts import Page, Part
from services.gateway.domain.predictions.kept import Came, KeptPrediction, PredictionFilter, PredictionNotFoundError
from services.gateway.outbound.outage import store_outages

NEWEST: Final = [("created_at", DESCENDING), ("_id", DESCENDING)]
WAITING: Final = {"state": "waiting"}
KNOWN: Final = {"state": "known"}


class KeptPredictionsMongo:
    """Implements the port KeptPredictions."""

    def __init__(self, collection: Collection, *, life: timedelta) -> None:
        self._predictions, self._life = collection, life

    async def prepare(self) -> None:
        """Make an index for each way of looking them up, and have old ones forgotten."""
        make = self._predictions.create_index
        await make([("account_id", ASCENDING), *NEWEST])
        await make([("account_id", ASCENDING), ("model_id", ASCENDING), *NEWEST])
        await make([("account_id", ASCENDING), ("_id", ASCENDING)])
        await make([("due_at", ASCENDING)], partialFilterExpression=WAITING, name="due")
        known = [("account_id", ASCENDING), ("model_id", ASCENDING), ("outcome.known_at", DESCENDING)]
        await make(known, partialFilterExpression=KNOWN, name="known")
        await expire(self._predictions, "created_at", after=self._life)

    async def add(self, prediction: KeptPrediction) -> KeptPrediction:
        """Keep one; the one that is there under its id already is returned in its place."""
        document = asdict(prediction)
        document["_id"] = document.pop("id")
        try:
            with store_outages():
                await self._predictions.insert_one(document)
        except DuplicateKeyError:
            return await self.get(prediction.id, account_id=prediction.account_id)
        return prediction

    async def get(self, prediction_id: str, *, account_id: str) -> KeptPrediction:
        """Return one. Raise PredictionNotFoundError."""
        with store_outages():
            found = await self._predictions.find_one({"_id": prediction_id, "account_id": account_id})
        if found is None:
            raise PredictionNotFoundError(prediction_id)
        return _prediction_of(found)

    async def find(self, wanted: PredictionFilter, part: Part) -> Page[KeptPrediction]:
        """Return a part of a list, the newest first."""
        query: dict[str, Any] = {"account_id": wanted.account_id}
        if wanted.model_id is not None:
            query["model_id"] = wanted.model_id
        if wanted.since or wanted.until:
            query["created_at"] = {way: at for way, at in (("$gte", wanted.since), ("$lte", wanted.until)) if at}
        with store_outages():
            return await read_part(self._predictions, query, part, order=NEWEST, read=_prediction_of)

    async def known(self, model_id: str, *, account_id: str, most: int) -> Sequence[tuple[datetime, Came]]:
        """Return the newest outcomes of a model, the newest first, and when each prediction was made."""
        query = {"account_id": account_id, "model_id": model_id} | KNOWN
        with store_outages():
            found = self._predictions.find(query, {"outcome": 1, "created_at": 1}).sort("outcome.known_at", DESCENDING).limit(most)
            return [(each["created_at"], Came(**each["outcome"])) async for each in found]

    async def held(self, model_id: str, *, account_id: str, version: str, level: float, most: int) -> Sequence[bool]:
        """Return whether the newest truths lay inside intervals of a level, the oldest first."""
        query = {"account_id": account_id, "model_id": model_id} | KNOWN
        shown = {"outcome.inside": 1, "level": 1, "version": 1}
        with store_outages():
            found = self._predictions.find(query, shown).sort("outcome.known_at", DESCENDING).limit(most)
            rows = [each async for each in found]
        same = [each["outcome"]["inside"] for each in rows if each["version"] == version and each["level"] == level]
        return [inside for inside in reversed(same) if inside is not None]

    async def moments(self, prediction_ids: Sequence[str], *, model_id: str, account_id: str) -> Mapping[str, tuple[datetime, str | None]]:
        """Return, of those of these predictions that are a model's, the moment and the symbol that each was made at, by its id."""
        query = {"_id": {"$in": list(prediction_ids)}, "account_id": account_id, "model_id": model_id}
        with store_outages():
            return {each["_id"]: (each["at"], each["symbol"]) async for each in self._predictions.find(query, {"at": 1, "symbol": 1})}

    async def take(self, *, at: datetime, until: datetime) -> KeptPrediction | None:
        """Take one that is due, for oneself until then; None where none is."""
        with store_outages():
            found = await self._predictions.find_one_and_update(
                WAITING | {"due_at": {"$lte": at}}, {"$set": {"due_at": until}}, sort=[("due_at", ASCENDING)]
            )
        return None if found is None else _prediction_of(found)

    async def judge(self, prediction_id: str, came: Came) -> None:
        """Keep what came of one."""
        change = {"$set": {"state": "known", "outcome": asdict(came), "untold": None}}
        with store_outages():
            await self._predictions.update_one({"_id": prediction_id}, change)

    async def put_back(self, prediction_id: str, *, until: datetime, why: str, final: bool) -> None:
        """Look for its outcome again then, or, if it is `final`, never; and say why it is not known."""
        change = {"$set": {"state": "untold" if final else "waiting", "due_at": until, "untold": why}}
        with store_outages():
            await self._predictions.update_one({"_id": prediction_id} | WAITING, change)

    async def forget(self, account_id: str) -> None:
        """Remove an account's."""
        with store_outages():
            await self._predictions.delete_many({"account_id": account_id})


def _prediction_of(document: Mapping[str, Any]) -> KeptPrediction:
    fields = {name: document[name] for name in KeptPrediction.__slots__ if name in document}
    fields |= {name: tuple(fields[name]) for name in ("interval", "classes", "ignored") if fields.get(name) is not None}
    outcome = fields.get("outcome")
    return KeptPrediction(**fields | {"id": document["_id"], "outcome": Came(**outcome) if outcome else None})
