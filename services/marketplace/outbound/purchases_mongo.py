"""Purchases in MongoDB: one document each, with the events that tell of it, and the ledger of money beside them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from libs.chassis.stores.outbox import telling
from libs.chassis.stores.set_aside import in_use, put_aside, readable
from libs.chassis.stores.versioned import fields_of, stamped
from libs.contracts.envelope import Event
from services.marketplace.domain.errors import BooksChangedError, PurchaseNotFoundError
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.payments import Decline
from services.marketplace.domain.purchase import Purchase, PurchaseState
from services.marketplace.outbound.money_mongo import movement_document
from services.marketplace.outbound.transactions_mongo import make_collections, transact

UNFINISHED: Final = (PurchaseState.BEGUN.value, PurchaseState.PAID.value)
PLAIN: Final = ("account_id", "tier", "method", "begun_at", "go_on_at", "attempts", "charge_id", "credited_at", "expires_at")


class PurchasesMongo:
    """Implements the port Purchases. `on_write` is called after writes that have events to be published."""

    def __init__(self, database: Database, *, on_write: Callable[[], None]) -> None:
        self._database, self.on_write = database, on_write
        self._purchases, self._money = database["purchases"], database["money_movements"]

    async def prepare(self) -> None:
        """Make collections and indexes."""
        await make_collections(self._database, "purchases", "money_movements")
        await self._purchases.create_indexes(
            [
                IndexModel([("state", ASCENDING), ("go_on_at", ASCENDING)]),
                IndexModel([("state", ASCENDING), ("expires_at", ASCENDING)]),
                IndexModel([("account_id", ASCENDING), ("credited_at", ASCENDING)]),
            ]
        )
        await self._money.create_index([("account_id", ASCENDING), ("at", ASCENDING)])

    async def begin(self, purchase: Purchase) -> Purchase:
        """Keep a new purchase and return it; one that is known under its id is returned as it stands."""
        try:
            await self._purchases.insert_one(_to_document(purchase) | {"_id": purchase.id, "version": 1})
        except DuplicateKeyError:
            return await self.get(purchase.id)
        return replace(purchase, version=1)

    async def get(self, purchase_id: str) -> Purchase:
        """Return a purchase. Raise PurchaseNotFoundError."""
        document = await self._purchases.find_one({"_id": purchase_id})
        if document is None:
            raise PurchaseNotFoundError(purchase_id)
        return purchase_of(document)

    async def note(self, purchase: Purchase, *money: MoneyMovement) -> None:
        """Write a purchase and what it moved, as a whole. Raise BooksChangedError when another writer was faster."""
        await transact(self._database, partial(self.write, purchase, money=money, events=()), about=purchase.account_id)

    def write(self, purchase: Purchase, session: Any, *, money: Sequence[MoneyMovement], events: Sequence[Event]) -> None:
        """Write it by a blocking session within its transaction. Raise BooksChangedError when another writer was faster."""
        # No room is asked for in the outbox: it tells that it was credited, and that it has expired.
        change = telling({"$set": _to_document(purchase), "$inc": {"version": 1}}, events)
        unchanged = {"_id": purchase.id, "version": purchase.version}
        books = self._database.delegate
        if not books["purchases"].update_one(unchanged, change, session=session).matched_count:
            msg = f"the purchase {purchase.id} changed"
            raise BooksChangedError(msg)
        if money:
            books["money_movements"].insert_many([stamped(movement_document(each), of=self._money) for each in money], session=session)

    async def unfinished(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Purchase]:
        """Return up to `most` purchases, none of `but`, that are neither credited nor declined and due to go on, the longest due first."""
        due = {"state": {"$in": UNFINISHED}, "go_on_at": {"$lte": at}} | in_use(but=but)
        found = self._purchases.find(due).sort("go_on_at", ASCENDING).limit(most)
        return await readable(found, purchase_of, of=self._purchases)

    async def over(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Purchase]:
        """Return up to `most` credited purchases, none of `but`, whose time was over before this moment, the earliest first."""
        due = {"state": PurchaseState.CREDITED.value, "expires_at": {"$lt": at}} | in_use(but=but)
        found = self._purchases.find(due).sort("expires_at", ASCENDING).limit(most)
        return await readable(found, purchase_of, of=self._purchases)

    async def set_aside(self, purchase: Purchase, error: Exception) -> None:
        """Leave a purchase alone that cannot be worked on, until people have looked at it."""
        await put_aside(self._purchases, purchase.id, error)


def _to_document(purchase: Purchase) -> dict[str, Any]:
    decline, available = purchase.decline, purchase.available_hours
    return {name: getattr(purchase, name) for name in PLAIN} | {
        "state": purchase.state.value,
        "hours": to_decimal128(purchase.hours),
        "amount": to_decimal128(purchase.amount),
        "decline": {"code": decline.code, "message": decline.message} if decline else None,
        "available_hours": None if available is None else to_decimal128(available),
    }


def purchase_of(document: dict[str, Any]) -> Purchase:
    """Return the purchase of a document."""
    decline, available = document["decline"], document["available_hours"]
    return Purchase(
        id=document["_id"],
        version=document["version"],
        state=PurchaseState(document["state"]),
        hours=from_decimal128(document["hours"]),
        amount=from_decimal128(document["amount"]),
        decline=Decline(**fields_of(Decline, decline)) if decline else None,
        available_hours=None if available is None else from_decimal128(available),
        **{name: document[name] for name in PLAIN},
    )
