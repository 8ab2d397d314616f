"""What jobs were charged, added up from the ledger's movements; names and resources of jobs are kept beside it."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.stores.erased import ERASED, ErasedAccounts
from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from libs.contracts.marketplace import DayUsage, JobUsage
from libs.contracts.money import PRICE_PER_HOUR
from libs.contracts.training import Resource
from services.marketplace.domain.ledger import Cause
from services.marketplace.domain.usage import ZERO, Charged, PurchaseUse

# A movement's second line is what its target got.
HOURS: Final = {"$arrayElemAt": ["$lines.hours", 1]}
# As libs.contracts.money.price_of: rounded up to the cent.
CENTS: Final = {"$ceil": {"$multiply": ["$hours", to_decimal128(PRICE_PER_HOUR), 100]}}
COST: Final = {"$divide": [CENTS, to_decimal128(Decimal(100))]}
SUMS: Final = {"hours": {"$sum": "$hours"}, "cost": {"$sum": "$cost"}}


class MeteringMongo:
    """Implements the port Metering. A job is charged at one moment, so it belongs to one day and its cost is rounded once."""

    def __init__(self, database: Database) -> None:
        self._movements, self._purchases = database["movements"], database["purchases"]
        self._jobs, self._erased = database["jobs"], ErasedAccounts(database["erased_accounts"])

    async def prepare(self) -> None:
        """Make indexes."""
        await self._movements.create_index([("account_id", ASCENDING), ("purchase_id", ASCENDING)])

    async def note_job(self, job_id: str, *, account_id: str, name: str | None = None, resource: Resource | None = None) -> None:
        """Remember a job's name or what it ran on; of an account that was erased meanwhile no name is kept."""
        said = {field: value for field, value in (("name", name), ("resource", resource)) if value is not None}
        await self._jobs.update_one({"_id": job_id}, {"$set": {"account_id": account_id} | said}, upsert=True)
        if name is not None and await self._erased.has(account_id):
            await self._jobs.update_one({"_id": job_id}, {"$set": {"name": ERASED}})

    async def charged(self, account_id: str, *, since: datetime, until: datetime, most: int) -> Charged:
        """Return what was charged from `since` up to and without `until`; of jobs those `most` with the most hours."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"account_id": account_id, "cause": Cause.CHARGE.value, "at": {"$gte": since, "$lt": until}}},
            {"$group": {"_id": "$job_id", "hours": {"$sum": HOURS}, "at": {"$max": "$at"}}},
            {"$set": {"cost": COST, "day": {"$dateToString": {"date": "$at", "format": "%Y-%m-%d"}}}},
            {
                "$facet": {
                    "all": [{"$group": {"_id": None, **SUMS, "count": {"$sum": 1}}}],
                    "days": [{"$group": {"_id": "$day", **SUMS}}, {"$sort": {"_id": 1}}],
                    "jobs": [
                        {"$sort": {"hours": -1, "at": -1, "_id": 1}},
                        {"$limit": most},
                        {"$lookup": {"from": self._jobs.name, "localField": "_id", "foreignField": "_id", "as": "about"}},
                    ],
                }
            },
        ]
        (found,) = await self._movements.aggregate(pipeline).to_list(1)
        whole: dict[str, Any] = found["all"][0] if found["all"] else {"hours": ZERO, "cost": Decimal("0.00"), "count": 0}
        return Charged(
            hours=from_decimal128(whole["hours"]),
            cost=from_decimal128(whole["cost"]),
            jobs_count=whole["count"],
            jobs=tuple(_job_usage(each) for each in found["jobs"]),
            days=tuple(DayUsage(day=date.fromisoformat(each["_id"]), **_amounts(each)) for each in found["days"]),
        )

    async def granted(self, account_id: str, *, since: datetime, until: datetime) -> Decimal:
        """Return the hours that monthly grants brought in this time."""
        pipeline: list[dict[str, Any]] = [
            {"$match": {"account_id": account_id, "cause": Cause.MONTHLY_ALLOWANCE.value, "at": {"$gte": since, "$lt": until}}},
            {"$group": {"_id": None, "hours": {"$sum": HOURS}}},
        ]
        found = await self._movements.aggregate(pipeline).to_list(1)
        return from_decimal128(found[0]["hours"]) if found else ZERO

    async def purchases(self, account_id: str, *, since: datetime, until: datetime) -> Sequence[PurchaseUse]:
        """Return what was credited before `until`, and how much of each was charged before `since` and before `until`."""
        charges: dict[str, Any] = {
            "account_id": account_id,
            "purchase_id": {"$ne": None},
            "cause": Cause.CHARGE.value,
            "at": {"$lt": until},
        }
        before = {"$cond": [{"$lt": ["$at", since]}, HOURS, to_decimal128(ZERO)]}
        grouped = {"$group": {"_id": "$purchase_id", "charged": {"$sum": HOURS}, "before": {"$sum": before}}}
        by_id = {each["_id"]: each for each in await self._movements.aggregate([{"$match": charges}, grouped]).to_list(None)}
        uses = []
        async for purchase in self._purchases.find({"account_id": account_id, "credited_at": {"$lt": until}}):
            charged = by_id.get(purchase["_id"], {"charged": ZERO, "before": ZERO})
            hours, expires_at = from_decimal128(purchase["hours"]), purchase["expires_at"]
            uses.append(PurchaseUse(hours, expires_at, from_decimal128(charged["before"]), from_decimal128(charged["charged"])))
        return uses


def _job_usage(found: dict[str, Any]) -> JobUsage:
    about = found["about"][0] if found["about"] else {}
    return JobUsage(job_id=found["_id"], job_name=about.get("name"), resource=about.get("resource"), **_amounts(found))


def _amounts(found: dict[str, Any]) -> dict[str, Decimal]:
    return {"hours": from_decimal128(found["hours"]), "cost": from_decimal128(found["cost"])}
