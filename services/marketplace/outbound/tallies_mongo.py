"""Ratings, and the sums over a listing's subscriptions and ratings, in MongoDB."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Database, from_decimal128
from libs.chassis.stores.parts import Part
from libs.contracts.subscriptions import RatingPlace, RatingSnapshot, RatingsPage, SubscriptionState
from services.marketplace.domain.subscription_ports import Mark, Tally

USABLE: Final = [state.value for state in SubscriptionState if state.usable]
NOTHING: Final = Decimal("0.00")
NEWEST_FIRST: Final = (("at", DESCENDING), ("_id", DESCENDING))


class TalliesMongo:
    """Implements the ports Ratings and Tallies. What is written bears `uncounted` until it is in its listing's numbers."""

    def __init__(self, database: Database, *, on_write: Callable[[], None]) -> None:
        self._subscriptions, self._ratings = database["subscriptions"], database["ratings"]
        self._on_write = on_write

    async def prepare(self) -> None:
        """Make indexes."""
        await self._ratings.create_indexes(
            [
                IndexModel([("listing_id", ASCENDING), *NEWEST_FIRST]),
                IndexModel([("listing_id", ASCENDING), ("rating", ASCENDING)]),
                IndexModel([("uncounted", ASCENDING), ("listing_id", ASCENDING)], sparse=True),
            ]
        )

    async def rate(self, listing_id: str, *, account_id: str, rating: int, comment: str, at: datetime) -> None:
        """Keep an account's word on a listing; it replaces its earlier one."""
        said = {"listing_id": listing_id, "account_id": account_id, "rating": rating, "comment": comment, "at": at, "uncounted": True}
        await self._ratings.update_one({"_id": f"{listing_id}:{account_id}"}, {"$set": said, "$inc": {"version": 1}}, upsert=True)
        self._on_write()

    async def page(self, listing_id: str, part: Part) -> RatingsPage:
        """Return a part of what is said of a listing, the newest first; who said it is left out."""
        found = await read_part(self._ratings, {"listing_id": listing_id}, part, order=NEWEST_FIRST, read=_told_of)
        after = RatingPlace(rated_at=found.after[0], id=found.after[1]) if found.after else None
        return RatingsPage(count=found.count, ratings=tuple(found.items), after=after)

    async def stale(self, *, most: int, but: Collection[str] = ()) -> list[str]:
        """Return up to `most` listings, none of `but`, about which something was written that is not in their numbers yet."""
        found: set[str] = set()
        for collection in (self._subscriptions, self._ratings):
            found.update(await collection.distinct("listing_id", {"uncounted": True}))
        return sorted(found.difference(but))[:most]

    async def mark(self, listing_id: str) -> Mark:
        """Return what was written about a listing so far and is not in its numbers yet."""
        wanted, fields = {"uncounted": True, "listing_id": listing_id}, {"version": 1}
        found = await asyncio.gather(*(each.find(wanted, fields).to_list(None) for each in (self._subscriptions, self._ratings)))
        return [(document["_id"], document["version"]) for documents in found for document in documents]

    async def tally(self, listing_id: str, *, at: datetime) -> Tally:
        """Add up what is there now."""
        usable = {"$and": [{"$in": ["$state", USABLE]}, {"$gt": ["$usable_until", at]}]}
        sums: list[dict[str, Any]] = [
            {"$match": {"listing_id": listing_id}},
            {"$group": {"_id": None, "subscribers": {"$sum": {"$cond": [usable, 1, 0]}}, "revenue": {"$sum": "$earned"}}},
        ]
        means: list[dict[str, Any]] = [
            {"$match": {"listing_id": listing_id}},
            {"$group": {"_id": None, "ratings": {"$sum": 1}, "rating_sum": {"$sum": "$rating"}}},
        ]
        paid = await self._subscriptions.aggregate(sums).to_list(1)
        rated = await self._ratings.aggregate(means).to_list(1)
        return Tally(
            subscribers=paid[0]["subscribers"] if paid else 0,
            ratings=rated[0]["ratings"] if rated else 0,
            rating_sum=rated[0]["rating_sum"] if rated else 0,
            revenue=from_decimal128(paid[0]["revenue"]) if paid else NOTHING,
        )

    async def counted(self, mark: Mark) -> None:
        """Note that what is in the mark is in the listing's numbers; what was written since is not."""
        if mark:
            done = [UpdateOne({"_id": name, "version": version}, {"$unset": {"uncounted": ""}}) for name, version in mark]
            for collection in (self._subscriptions, self._ratings):
                await collection.bulk_write(done, ordered=False)


def _told_of(document: dict[str, Any]) -> RatingSnapshot:
    return RatingSnapshot(rating=document["rating"], comment=document["comment"], rated_at=document["at"])
