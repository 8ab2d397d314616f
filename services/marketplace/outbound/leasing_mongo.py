"""A seller's figures, added up by MongoDB from the ledger of money and from subscriptions."""

from datetime import datetime
from typing import Any, Final

from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from services.marketplace.domain.money import MoneyCause
from services.marketplace.domain.subscription_ports import Coming, Takings
from services.marketplace.outbound.tallies_mongo import NOTHING, USABLE

# A movement's second line is what its target got.
AMOUNT: Final = {"$arrayElemAt": ["$lines.amount", 1]}
ZERO: Final = to_decimal128(NOTHING)


def _net(more: MoneyCause, less: MoneyCause) -> dict[str, Any]:
    """Sum the amounts of one cause less those of another."""
    cases = [
        {"case": {"$eq": ["$cause", more.value]}, "then": AMOUNT},
        {"case": {"$eq": ["$cause", less.value]}, "then": {"$multiply": [AMOUNT, -1]}},
    ]
    return {"$sum": {"$switch": {"branches": cases, "default": ZERO}}}


class LeasingMongo:
    """Implements the port LeasingFigures."""

    def __init__(self, database: Database) -> None:
        self._money, self._subscriptions = database["money_movements"], database["subscriptions"]

    async def takings(self, seller_id: str) -> list[Takings]:
        """Return what was paid, by listing and month, in order of months."""
        by = {"listing_id": "$listing_id", "month": {"$dateToString": {"date": "$at", "format": "%Y-%m"}}}
        revenue = _net(MoneyCause.EARNING, MoneyCause.EARNING_REVERSAL)
        fees = _net(MoneyCause.FEE, MoneyCause.FEE_REVERSAL)
        pipeline: list[dict[str, Any]] = [
            {"$match": {"seller_id": seller_id}},
            {"$group": {"_id": by, "revenue": revenue, "fees": fees}},
            {"$sort": {"_id.month": 1, "_id.listing_id": 1}},
        ]
        found = await self._money.aggregate(pipeline).to_list(None)
        return [Takings(**each["_id"], revenue=from_decimal128(each["revenue"]), fees=from_decimal128(each["fees"])) for each in found]

    async def comings(self, seller_id: str, *, month_began: datetime, at: datetime) -> list[Coming]:
        """Return the numbers of subscriptions by listing."""
        usable = {"$and": [{"$in": ["$state", USABLE]}, {"$gt": ["$usable_until", at]}]}
        at_first = {"$and": [{"$lt": ["$started_at", month_began]}, {"$gt": ["$usable_until", month_began]}]}
        # `usable_until` is the end of one that has ended, however late the scheduler found it.
        gone = {"$and": [at_first, {"$lte": ["$usable_until", at]}]}
        counts = {name: {"$sum": {"$cond": [test, 1, 0]}} for name, test in (("usable", usable), ("at_first", at_first), ("gone", gone))}
        pipeline: list[dict[str, Any]] = [
            {"$match": {"seller_id": seller_id, "started_at": {"$ne": None}}},
            {"$group": {"_id": "$listing_id", **counts}},
        ]
        found = await self._subscriptions.aggregate(pipeline).to_list(None)
        return [Coming(each["_id"], each["usable"], each["at_first"], each["gone"]) for each in found]
