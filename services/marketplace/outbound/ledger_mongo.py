"""The books of the marketplace in MongoDB, read to be checked: an account's, all of one moment."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from pymongo.read_concern import ReadConcern

from libs.chassis.stores.mongo import Collection, Database, from_decimal128
from libs.chassis.stores.set_aside import is_hopeless
from services.marketplace.domain.ledger import Cause
from services.marketplace.domain.ledger_check import AccountBooks
from services.marketplace.domain.wallet import ReservationState, Wallet
from services.marketplace.outbound.books_mongo import reservation_of, wallet_of
from services.marketplace.outbound.purchases_mongo import purchase_of
from services.marketplace.outbound.subscription_documents import bill_of, subscription_of

T = TypeVar("T")
OPEN: Final = [ReservationState.HELD.value, ReservationState.CONFIRMED.value]
# Why hours leave a reservation when its job has ended.
CLOSING: Final = [Cause.CHARGE.value, Cause.REFUND.value]
# The key in which each collection names the account whose books it is of.
ACCOUNTS: Final = {
    "wallets": "_id",
    "reservations": "account_id",
    "movements": "account_id",
    "purchases": "account_id",
    "money_movements": "account_id",
    "bills": "subscriber_id",
    "subscriptions": "subscriber_id",
}
HOURS: Final[list[dict[str, Any]]] = [
    {"$unwind": "$lines"},
    {"$group": {"_id": "$lines.place", "sum": {"$sum": "$lines.hours"}}},
]
MONEY: Final[list[dict[str, Any]]] = [
    {"$unwind": "$lines"},
    {
        "$group": {
            "_id": {"subject": {"$ifNull": ["$bill_id", "$purchase_id"]}, "place": "$lines.place"},
            "sum": {"$sum": "$lines.amount"},
        }
    },
]


class LedgerMongo:
    """Implements the port LedgerBooks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_account(self, after: str) -> str | None:
        """Return the first account behind an id that anything is booked of; None when there is none."""
        found = [await self._first(self._database[name], field, after) for name, field in ACCOUNTS.items()]
        return min((each for each in found if each is not None), default=None)

    async def _first(self, collection: Collection, field: str, after: str) -> str | None:
        document = await collection.find_one({field: {"$gt": after}}, {field: 1}, sort=[(field, 1)])
        return None if document is None else str(document[field])

    async def of(self, account_id: str) -> AccountBooks:
        """Return an account's books, all of the same moment; what cannot be read is named in them, and the rest is read."""
        client = self._database.client
        async with await client.start_session() as session, session.start_transaction(read_concern=ReadConcern("snapshot")):
            return await self._read(account_id, session)

    async def _read(self, account_id: str, session: Any) -> AccountBooks:
        async def read(name: str, **more: Any) -> list[dict[str, Any]]:
            return await self._database[name].find({ACCOUNTS[name]: account_id} | more, session=session).to_list(None)

        async def sums(name: str, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
            pipeline = [{"$match": {"account_id": account_id}}, *steps]
            return await (self._database[name].aggregate(pipeline, session=session)).to_list(None)

        unreadable: list[str] = []

        async def known(name: str, of: Callable[[dict[str, Any]], T], **more: Any) -> list[T]:
            things = []
            for document in await read(name, **more):
                try:
                    things.append(of(document))
                except Exception as error:
                    if not is_hopeless(error):
                        raise
                    unreadable.append(f"{name}/{document['_id']}")
            return things

        wallets = await known("wallets", wallet_of)
        money: dict[str, dict[str, Any]] = defaultdict(dict)
        for each in await sums("money_movements", MONEY):
            money[each["_id"]["subject"]][each["_id"]["place"]] = from_decimal128(each["sum"])
        return AccountBooks(
            account_id=account_id,
            wallet=wallets[0] if wallets else Wallet(account_id),
            hours={each["_id"]: from_decimal128(each["sum"]) for each in await sums("movements", HOURS)},
            money=money,
            reservations=await known("reservations", reservation_of, state={"$in": OPEN}),
            purchases=await known("purchases", purchase_of),
            bills=await known("bills", bill_of),
            subscriptions=await known("subscriptions", subscription_of),
            unreadable=unreadable,
        )

    async def settled(self, account_id: str, *, since: datetime) -> Sequence[str]:
        """Return the account's jobs that were charged or given back since then."""
        lately = {"account_id": account_id, "cause": {"$in": CLOSING}, "at": {"$gt": since}}
        return sorted({each["job_id"] async for each in self._database["movements"].find(lately, {"job_id": 1}) if each["job_id"]})

    async def count(self) -> int:
        """Return how many accounts have a wallet, about."""
        return await self._database["wallets"].estimated_document_count()
