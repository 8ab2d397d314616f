"""What the dashboard tells of the marketplace: an account's listings, what it subscribed to, and who subscribed to its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import DESCENDING

from libs.chassis.mongo import Collection
from libs.chassis.set_aside import IN_USE, readable
from services.gateway.domain.dashboard import Activity, ActivityKind
from services.gateway.outbound.outage import outage_told

# What happened when: by the moments that are told of a listing or a subscription.
OF_LISTINGS: Final = {
    "submitted_at": ActivityKind.LISTING_SUBMITTED,
    "published_at": ActivityKind.MODEL_PUBLISHED,
}
OF_SUBSCRIPTIONS: Final = {
    "started_at": ActivityKind.SUBSCRIBED,
    "renewed_at": ActivityKind.SUBSCRIPTION_RENEWED,
    "cancelled_at": ActivityKind.SUBSCRIPTION_CANCELLED,
    "ended_at": ActivityKind.SUBSCRIPTION_ENDED,
}
TITLE_OF_LISTING: Final = "$told.offer.title"
TITLE_OF_SUBSCRIPTION: Final = "$told.title"
# A first period begins with the subscription; each later one is a renewal.
RENEWED_AT: Final = {"$cond": [{"$gt": ["$told.renewals", 0]}, "$told.period_began_at", None]}


@dataclass(frozen=True, slots=True)
class ListingActivities:
    """Implements the port Activities: listings are submitted and published."""

    listings: Collection

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return the account's listings that were submitted or published last."""
        moments = {name: f"$told.{name}" for name in OF_LISTINGS}
        parts = await asyncio.gather(
            *(
                _latest(self.listings, {"seller_id": account_id}, moment=moments[name], title=TITLE_OF_LISTING, kind=kind, most=most)
                for name, kind in OF_LISTINGS.items()
            )
        )
        return [activity for part in parts for activity in part]


@dataclass(frozen=True, slots=True)
class SubscriptionActivities:
    """Implements the port Activities: an account subscribes, and others subscribe to its listings."""

    subscriptions: Collection

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return what happened last to the account's subscriptions, and who was the last to subscribe to its listings."""
        moments: dict[str, Any] = {name: f"$told.{name}" for name in OF_SUBSCRIPTIONS} | {"renewed_at": RENEWED_AT}
        own, sold = {"subscriber_id": account_id}, {"told.seller_id": account_id}
        wanted = [(own, moments[name], kind) for name, kind in OF_SUBSCRIPTIONS.items()]
        wanted.append((sold, moments["started_at"], ActivityKind.NEW_SUBSCRIBER))
        parts = await asyncio.gather(
            *(
                _latest(self.subscriptions, query, moment=moment, title=TITLE_OF_SUBSCRIPTION, kind=kind, most=most)
                for query, moment, kind in wanted
            )
        )
        return [activity for part in parts for activity in part]


async def _latest(
    collection: Collection, query: dict[str, Any], *, moment: Any, title: str, kind: ActivityKind, most: int
) -> list[Activity]:
    steps: list[dict[str, Any]] = [
        {"$match": query | IN_USE},
        {"$project": {"at": moment, "title": title}},
        {"$match": {"at": {"$ne": None}}},
        {"$sort": {"at": DESCENDING}},
        {"$limit": most},
    ]
    with outage_told():
        return await readable(
            collection.aggregate(steps), lambda each: Activity(kind, each["title"], datetime.fromisoformat(each["at"])), of=collection
        )
