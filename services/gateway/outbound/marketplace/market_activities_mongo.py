"""What the dashboard tells of the marketplace: an account's listings, what it subscribed to, and who subscribed to its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pymongo import DESCENDING

from libs.chassis.stores.mongo import Collection
from libs.chassis.stores.set_aside import IN_USE, readable
from services.gateway.domain.dashboards.dashboard import Activity, ActivityKind
from services.gateway.outbound.outage import store_outages

# What happened when: by the moments that are told of a listing or a subscription, each of which has an index.
OF_LISTINGS: Final = {
    "told.submitted_at": ActivityKind.LISTING_SUBMITTED,
    "told.published_at": ActivityKind.MODEL_PUBLISHED,
}
STARTED: Final = "told.started_at"
RENEWED: Final = "told.period_began_at"
OF_SUBSCRIPTIONS: Final = {
    STARTED: ActivityKind.SUBSCRIBED,
    RENEWED: ActivityKind.SUBSCRIPTION_RENEWED,
    "told.cancelled_at": ActivityKind.SUBSCRIPTION_CANCELLED,
    "told.ended_at": ActivityKind.SUBSCRIPTION_ENDED,
}
# A first period begins with the subscription; each later one is a renewal.
IS_RENEWED: Final = {"told.renewals": {"$gt": 0}}


@dataclass(frozen=True, slots=True)
class ListingActivities:
    """Implements the port Activities: listings are submitted and published."""

    listings: Collection

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return the account's listings that were submitted or published last."""
        own = {"seller_id": account_id}
        wanted = (_latest(self.listings, own, moment=moment, kind=kind, most=most) for moment, kind in OF_LISTINGS.items())
        return [activity for part in await asyncio.gather(*wanted) for activity in part]


@dataclass(frozen=True, slots=True)
class SubscriptionActivities:
    """Implements the port Activities: an account subscribes, and others subscribe to its listings."""

    subscriptions: Collection

    async def latest(self, account_id: str, *, most: int) -> Sequence[Activity]:
        """Return what happened last to the account's subscriptions, and who was the last to subscribe to its listings."""
        own, sold = {"subscriber_id": account_id}, {"told.seller_id": account_id}
        queries: list[tuple[dict[str, Any], str, ActivityKind]] = [
            (own | (IS_RENEWED if moment is RENEWED else {}), moment, kind) for moment, kind in OF_SUBSCRIPTIONS.items()
        ]
        queries.append((sold, STARTED, ActivityKind.NEW_SUBSCRIBER))
        wanted = (_latest(self.subscriptions, query, moment=moment, kind=kind, most=most) for query, moment, kind in queries)
        return [activity for part in await asyncio.gather(*wanted) for activity in part]


async def _latest(collection: Collection, query: dict[str, Any], *, moment: str, kind: ActivityKind, most: int) -> list[Activity]:
    with store_outages():
        found = collection.find(query | IN_USE | {moment: {"$ne": None}}, {"told": 1}).sort(moment, DESCENDING).limit(most)
        return await readable(found, lambda document: _activity(kind, document["told"], moment=moment), of=collection)


def _activity(kind: ActivityKind, told: dict[str, Any], *, moment: str) -> Activity:
    return Activity(kind, _title(told), datetime.fromisoformat(told[moment.removeprefix("told.")]))


def _title(told: dict[str, Any]) -> str:
    """Return the title of a subscription's listing, or of a listing."""
    return str(told["title"] if "title" in told else told["offer"]["title"])
