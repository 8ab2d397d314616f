"""The ledgers added up in MongoDB, by one snapshot, so that a booking that is made meanwhile is no difference."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from libs.chassis.stores.mongo import Collection, Database, from_decimal128
from services.marketplace.domain.ledger import Place
from services.marketplace.domain.ports import Added

ZERO: Final = Decimal(0)


class LedgerMongo:
    """Implements the port Ledger."""

    def __init__(self, database: Database) -> None:
        self._client, self._wallets = database.client, database["wallets"]
        self._movements, self._money = database["movements"], database["money_movements"]

    async def wallets(self, *, after: str, most: int, also: Sequence[str]) -> Added:
        """Add up the movements of accounts and compare them with their wallets, in hours."""
        async with await self._client.start_session(snapshot=True) as session:
            found, last = await _part(self._wallets, after=after, most=most, also=also, session=session)
            sums = await self._hours_of([wallet["_id"] for wallet in found], session)
        off = {wallet["_id"]: _difference(wallet, sums[wallet["_id"]]) for wallet in found}
        return _added(off, last=last)

    async def _hours_of(self, accounts: Sequence[str], session: Any) -> Mapping[str, dict[str, Decimal]]:
        steps: list[dict[str, Any]] = [
            {"$match": {"account_id": {"$in": list(accounts)}}},
            {"$unwind": "$lines"},
            {"$group": {"_id": {"account": "$account_id", "place": "$lines.place"}, "hours": {"$sum": "$lines.hours"}}},
        ]
        sums: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
        async for each in self._movements.aggregate(steps, session=session):
            sums[each["_id"]["account"]][each["_id"]["place"]] = from_decimal128(each["hours"])
        return sums

    async def money(self, *, after: str, most: int, also: Sequence[str]) -> Added:
        """Add up the lines of movements of money, which cancel."""
        async with await self._client.start_session(snapshot=True) as session:
            found, last = await _part(self._money, after=after, most=most, also=also, session=session)
        off = {each["_id"]: abs(sum((from_decimal128(line["amount"]) for line in each["lines"]), ZERO)) for each in found}
        return _added(off, last=last)


async def _part(collection: Collection, *, after: str, most: int, also: Sequence[str], session: Any) -> tuple[list[dict[str, Any]], str]:
    """Return documents in the order of their ids from the one after, so many, with these too, and the last one's id; at the end ""."""
    part = await collection.find({"_id": {"$gt": after}}, session=session).sort("_id", 1).limit(most).to_list(None)
    again = await collection.find({"_id": {"$in": list(also)}}, session=session).to_list(None) if also else []
    return [*part, *again], part[-1]["_id"] if len(part) == most else ""


def _difference(wallet: Mapping[str, Any], sums: Mapping[str, Decimal]) -> Decimal:
    """Return by how many hours a wallet and its movements differ, and the movements' lines do not cancel."""
    lots = sum((from_decimal128(lot["hours"]) for lot in wallet.get("lots", ())), ZERO)
    shown = {
        Place.AVAILABLE: from_decimal128(wallet["available"]),
        Place.RESERVED: from_decimal128(wallet["reserved"]),
        Place.PURCHASED: lots,
    }
    differences = (hours - sums.get(place, ZERO) for place, hours in shown.items())
    return abs(sum(sums.values(), ZERO)) + sum((abs(each) for each in differences), ZERO)


def _added(off: Mapping[str, Decimal], *, last: str) -> Added:
    return Added(last=last, off={name: by for name, by in off.items() if by})
