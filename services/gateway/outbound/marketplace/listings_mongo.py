"""The view of the marketplace's listings in MongoDB: what is filtered and sorted by beside what is told."""

from collections.abc import Collection as Ids
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, to_decimal128
from libs.chassis.stores.parts import Page, Part
from libs.chassis.stores.set_aside import IN_USE, readable
from libs.contracts.listings import ListingSnapshot, ListingState
from services.gateway.domain.marketplace.errors import ListingNotFoundError
from services.gateway.domain.marketplace.ports import ListingFilter, ListingOrder, Seller
from services.gateway.outbound.outage import store_outages
from services.gateway.outbound.substrings import containing

# What decides among equals: the newest first.
NEWEST: Final = (("listed_at", DESCENDING), ("_id", DESCENDING))
# MongoDB sorts null below every value, so that descending it comes last.
ORDERS: Final[Mapping[ListingOrder, tuple[tuple[str, int], ...]]] = {
    ListingOrder.FEATURED: (("is_featured", DESCENDING), *NEWEST),
    ListingOrder.NEWEST: NEWEST,
    ListingOrder.CHEAPEST: (("monthly_price", ASCENDING), *NEWEST),
    ListingOrder.SHARPE: (("ranking_sharpe_ratio", DESCENDING), *NEWEST),
    ListingOrder.RATING: (("average_rating", DESCENDING), *NEWEST),
    ListingOrder.SUBSCRIBERS: (("subscribers", DESCENDING), *NEWEST),
}
OFFERED: Final = [ListingState.IN_REVIEW.value, ListingState.LISTED.value]
FILTERED: Final = ("seller_id", "category", "monthly_price", "ranking_sharpe_ratio", "asset_classes")
# What the dashboard tells of (market_activities_mongo.py).
MOMENTS: Final = ("told.submitted_at", "told.published_at")


class ListingsMongo:
    """Implements the port ListingViews."""

    def __init__(self, collection: Collection) -> None:
        self._listings = collection

    async def prepare(self) -> None:
        """Make indexes."""
        await self._listings.create_indexes(
            [
                # One for each order, of all that are on sale and of a seller's own. What is filtered by stands behind the order, so that
                # only what is shown is read.
                *(IndexModel([("state", ASCENDING), *order, *_filtered_behind(order)]) for order in ORDERS.values()),
                *(IndexModel([("seller_id", ASCENDING), *order, ("state", ASCENDING)]) for order in ORDERS.values()),
                IndexModel([("model_id", ASCENDING), ("submitted_at", DESCENDING), ("_id", DESCENDING)]),
                *(IndexModel([("seller_id", ASCENDING), (moment, DESCENDING)]) for moment in MOMENTS),
            ]
        )

    async def apply(self, listing: ListingSnapshot) -> None:
        """Keep what is told of a listing, unless something newer is known."""
        older = {"_id": listing.listing_id, "sequence": {"$lt": listing.sequence}}
        try:
            await self._listings.replace_one(older, _to_document(listing), upsert=True)
        except DuplicateKeyError:
            # It is there: not older, or made by another handler just now.
            await self._listings.replace_one(older, _to_document(listing))

    async def get(self, listing_id: str) -> ListingSnapshot:
        """Return a listing in any state. Raise ListingNotFoundError."""
        with store_outages():
            document = await self._listings.find_one({"_id": listing_id})
        if document is None:
            raise ListingNotFoundError(listing_id)
        return ListingSnapshot.model_validate(document["told"])

    async def of_model(self, model_id: str) -> Sequence[ListingSnapshot]:
        """Return a model's listings, the latest submitted first."""
        found = self._listings.find({"model_id": model_id} | IN_USE).sort([("submitted_at", DESCENDING), ("_id", DESCENDING)])
        return await readable(found, _told, of=self._listings)

    async def offered_versions(self, model_id: str) -> set[str]:
        """Return which of a model's versions are in review or on sale, also by listings that cannot be read in whole."""
        found = self._listings.find({"model_id": model_id, "state": {"$in": OFFERED}}, {"told.version": 1})
        return {each["told"]["version"] async for each in found}

    async def find(self, wanted: ListingFilter, part: Part, *, order: ListingOrder) -> Page[ListingSnapshot]:
        """Return a part of listings."""
        fields = ORDERS[order]
        with store_outages():
            shown = {"told": 1} | {name: 1 for name, _ in fields}
            return await read_part(self._listings, _query(wanted), part, order=fields, read=_told, shown=shown)

    async def sellers(self, account_ids: Ids[str]) -> Mapping[str, Seller]:
        """Return how these sellers stand."""
        listed = {"$cond": [{"$eq": ["$state", ListingState.LISTED.value]}, 1, 0]}
        stars = {"$multiply": [{"$ifNull": ["$average_rating", 0]}, "$ratings"]}
        sums = {"models": {"$sum": listed}, "ratings": {"$sum": "$ratings"}, "stars": {"$sum": stars}}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"seller_id": {"$in": sorted(account_ids)}}},
            {"$group": {"_id": "$seller_id", **sums}},
        ]
        with store_outages():
            found = await self._listings.aggregate(pipeline).to_list(None)
        return {each["_id"]: Seller(each["models"], _mean(each)) for each in found}


def _told(document: dict[str, Any]) -> ListingSnapshot:
    return ListingSnapshot.model_validate(document["told"])


def _filtered_behind(order: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    return [(field, ASCENDING) for field in FILTERED if field not in dict(order)]


def _mean(sums: Mapping[str, Any]) -> float | None:
    return round(sums["stars"] / sums["ratings"], 2) if sums["ratings"] else None


def _query(wanted: ListingFilter) -> dict[str, Any]:
    query: dict[str, Any] = {}
    plain = {"state": wanted.state, "category": wanted.category}
    query |= {name: word.value for name, word in plain.items() if word is not None}
    if wanted.seller_id is not None:
        query["seller_id"] = wanted.seller_id
    if wanted.not_of:
        query["$nor"] = [{"seller_id": {"$in": list(wanted.not_of)}}]
    if wanted.asset_classes:
        query["asset_classes"] = {"$in": [each.value for each in wanted.asset_classes]}
    if wanted.min_sharpe_ratio is not None:
        query["ranking_sharpe_ratio"] = {"$gte": wanted.min_sharpe_ratio}
    if wanted.max_price is not None:
        query["monthly_price"] = {"$lte": to_decimal128(wanted.max_price)}
    if wanted.words:
        query["$and"] = [{"text": containing(word)} for word in wanted.words]
    return query


def _to_document(listing: ListingSnapshot) -> dict[str, Any]:
    offer = listing.offer
    return {
        "_id": listing.listing_id,
        "sequence": listing.sequence,
        "model_id": listing.model_id,
        "seller_id": listing.seller_id,
        "state": listing.state.value,
        "category": offer.category.value,
        "asset_classes": [each.value for each in offer.asset_classes],
        "monthly_price": to_decimal128(offer.monthly_price),
        # Null for what the marketplace does not rank. What was written before it said so has no such field, and is not ranked either.
        "ranking_sharpe_ratio": listing.standing.sharpe_ratio if listing.standing else None,
        "average_rating": listing.average_rating,
        "ratings": listing.ratings,
        "subscribers": listing.subscribers,
        "is_featured": listing.is_featured,
        "submitted_at": listing.submitted_at,
        "listed_at": listing.published_at or listing.submitted_at,
        "text": f"{offer.title}\n{offer.description}".casefold(),
        "told": listing.model_dump(mode="json"),
    }
