"""Whose turn it is to retrain a model, in the model's own document: the lease of who sees to it, beside `schedule.next_at`."""

from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, ReturnDocument

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, first_readable
from libs.contracts.training import MARKET
from services.gateway.domain.models.model import Model
from services.gateway.outbound.models.models_mongo import IN_USE as MODEL_IN_USE
from services.gateway.outbound.models.models_mongo import model_of, of_kind
from services.gateway.outbound.outage import store_outages

# What the index has: an archived model keeps its turn, and stands before none that can have one.
HAS_TURNS: Final = {"$type": "date"}


class RetrainTurnsMongo:
    """Implements the port RetrainTurns. Writes `retrain_lease` of a document and no other field."""

    def __init__(self, collection: Collection) -> None:
        self._models = collection

    async def prepare(self) -> None:
        """Make the index by which what is due is found: models without a schedule, or archived, are not in it."""
        only = {"schedule.next_at": HAS_TURNS, "stage": MODEL_IN_USE}
        await self._models.create_index([("schedule.next_at", ASCENDING)], partialFilterExpression=only)

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Model | None:
        """Take the model that has been due longest and that nobody holds, until then; None when there is none."""
        due: dict[str, Any] = (
            IN_USE
            | of_kind(MARKET)
            | {
                "schedule.next_at": {"$lte": at} | HAS_TURNS,
                "deleted_at": None,
                "active_job": None,
                "stage": MODEL_IN_USE,
                "$or": [{"retrain_lease": None}, {"retrain_lease.until": {"$lte": at}}],
            }
        )
        lease = {"$set": {"retrain_lease": {"holder": holder, "until": until}}}
        first = [("schedule.next_at", ASCENDING)]

        async def look() -> dict[str, Any] | None:
            return await self._models.find_one_and_update(due, lease, sort=first, return_document=ReturnDocument.AFTER)

        with store_outages():
            return await first_readable(look, model_of, of=self._models)

    async def end(self, model_id: str, *, holder: str) -> None:
        """Give the turn back; one that another has taken meanwhile stays theirs."""
        with store_outages():
            await self._models.update_one({"_id": model_id, "retrain_lease.holder": holder}, {"$set": {"retrain_lease": None}})
