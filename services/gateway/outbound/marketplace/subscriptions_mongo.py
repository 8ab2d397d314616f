"""The view of subscriptions in MongoDB, brought up to events by their sequence."""

from collections.abc import Collection as States
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.parts import Page, Part
from libs.contracts.subscriptions import SubscriptionSnapshot, SubscriptionState
from services.gateway.domain.marketplace.errors import SubscriptionNotFoundError
from services.gateway.domain.marketplace.ports import Entitlement
from services.gateway.outbound.outage import store_outages

NEWEST_FIRST: Final = (("started_at", DESCENDING), ("_id", DESCENDING))
SEARCHED: Final = ("subscriber_id", "model_id", "usable_until", "started_at", "version", "sequence")
# What the dashboard tells of (market_activities_mongo.py).
MOMENTS: Final = ("told.started_at", "told.period_began_at", "told.cancelled_at", "told.ended_at")


class SubscriptionsMongo:
    """Implements the port Subscriptions."""

    def __init__(self, collection: Collection) -> None:
        self._subscriptions = collection

    async def prepare(self) -> None:
        """Make indexes."""
        await self._subscriptions.create_indexes(
            [
                IndexModel([("subscriber_id", ASCENDING), *NEWEST_FIRST]),
                IndexModel([("subscriber_id", ASCENDING), ("state", ASCENDING), *NEWEST_FIRST]),
                IndexModel([("subscriber_id", ASCENDING), ("model_id", ASCENDING), ("usable_until", DESCENDING)]),
                IndexModel([("model_id", ASCENDING), ("version", ASCENDING), ("usable_until", ASCENDING)]),
                IndexModel([("told.seller_id", ASCENDING), ("told.started_at", DESCENDING)]),
                *(IndexModel([("subscriber_id", ASCENDING), (moment, DESCENDING), ("told.renewals", ASCENDING)]) for moment in MOMENTS),
            ]
        )

    async def get(self, subscription_id: str, *, account_id: str) -> SubscriptionSnapshot:
        """Return a subscription of this account's. Raise SubscriptionNotFoundError."""
        document = await self._subscriptions.find_one({"_id": subscription_id, "subscriber_id": account_id})
        if document is None:
            raise SubscriptionNotFoundError(subscription_id)
        return SubscriptionSnapshot.model_validate(document["told"])

    async def find(self, account_id: str, part: Part, *, states: States[SubscriptionState] | None) -> Page[SubscriptionSnapshot]:
        """Return a part of an account's subscriptions, the newest first."""
        query: dict[str, Any] = {"subscriber_id": account_id}
        query |= {"state": {"$in": [state.value for state in states]}} if states else {}
        return await read_part(self._subscriptions, query, part, order=NEWEST_FIRST, read=_told)

    async def entitlement(self, model_id: str, *, account_id: str) -> Entitlement | None:
        """Return what lasts longest of an account's subscriptions to a model, over or not. Raise UnavailableError."""
        with store_outages():
            found = await self._subscriptions.find_one(
                {"subscriber_id": account_id, "model_id": model_id},
                {"version": 1, "usable_until": 1},
                sort=[("usable_until", DESCENDING)],
            )
        return Entitlement(model_id, account_id, found["version"], found["usable_until"]) if found else None

    async def pinned(self, model_id: str, *, at: datetime) -> set[str]:
        """Return the versions of a model on which subscribers stay who may use it at this moment."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"model_id": model_id, "version": {"$gt": ""}, "usable_until": {"$gt": at}}},
            {"$group": {"_id": "$version"}},
        ]
        return {each["_id"] async for each in self._subscriptions.aggregate(pipeline)}

    async def is_used(self, model_id: str, *, at: datetime) -> bool:
        """Tell whether a subscriber may use a model at this moment."""
        with store_outages():
            return await self._subscriptions.find_one({"model_id": model_id, "usable_until": {"$gt": at}}, {"_id": 1}) is not None

    async def apply(self, told: SubscriptionSnapshot) -> bool:
        """Bring a subscription up to what is told; False when this or newer was seen before."""
        fields = {name: getattr(told, name) for name in SEARCHED} | {"state": told.state.value, "told": told.model_dump(mode="json")}
        older = {"_id": told.subscription_id, "sequence": {"$lt": told.sequence}}
        try:
            await self._subscriptions.update_one(older, {"$set": fields}, upsert=True)
        except DuplicateKeyError:
            # It is there: not older, or made by another handler just now.
            written = await self._subscriptions.update_one(older, {"$set": fields})
            return bool(written.matched_count)
        return True


def _told(document: dict[str, Any]) -> SubscriptionSnapshot:
    return SubscriptionSnapshot.model_validate(document["told"])
