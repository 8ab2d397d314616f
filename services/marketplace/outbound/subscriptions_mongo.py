"""Subscriptions in MongoDB: one document each, with the events that tell of it; payments and movements of money beside them."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, Final

from pymongo import ASCENDING, IndexModel

from libs.chassis.stores.mongo import Database
from libs.chassis.stores.outbox import HAS_ROOM, write_with_events
from libs.chassis.stores.set_aside import in_use, put_aside, readable
from libs.chassis.stores.snapshots import Snapshots, snapshots
from libs.contracts.envelope import Event
from libs.contracts.subscriptions import SubscriptionSnapshot
from services.marketplace.domain.billing import Bill, BillState
from services.marketplace.domain.errors import BooksChangedError
from services.marketplace.domain.money import MoneyMovement
from services.marketplace.domain.subscription import Subscription
from services.marketplace.domain.subscription_errors import SubscriptionNotFoundError
from services.marketplace.outbound.money_mongo import movement_document
from services.marketplace.outbound.subscription_documents import (
    bill_document,
    bill_of,
    subscription_document,
    subscription_of,
)
from services.marketplace.outbound.transactions_mongo import make_collections, transaction

UNFINISHED: Final = [BillState.BEGUN.value, BillState.REFUNDING.value]
KEPT: Final = [BillState.PAID.value]
# What a payment under way has come to is written down however many events wait; another one is begun only where there is room to tell.
ROOM: Final[dict[str, Any]] = {"$or": [{"bill_id": {"$ne": None}}, HAS_ROOM]}


class SubscriptionsMongo:
    """Implements the port Subscriptions. `on_write` is called after every write.

    A unique index over the open ones lets an account have one of a listing, however many ask at once.
    """

    def __init__(self, database: Database, *, on_write: Callable[[], None]) -> None:
        self._database, self._on_write = database, on_write
        self._subscriptions, self._bills, self._money = database["subscriptions"], database["bills"], database["money_movements"]

    async def prepare(self) -> None:
        """Make collections and indexes."""
        await make_collections(self._database, "subscriptions", "bills", "money_movements")
        one_open = [("listing_id", ASCENDING), ("subscriber_id", ASCENDING)]
        await self._subscriptions.create_indexes(
            [
                IndexModel(one_open, unique=True, partialFilterExpression={"open": True}),
                IndexModel([("due_at", ASCENDING)], partialFilterExpression={"open": True}),
                IndexModel([("uncounted", ASCENDING), ("listing_id", ASCENDING)], sparse=True),
                # All that a listing's numbers are added up from (tallies_mongo.py), so that no document is read.
                IndexModel([("listing_id", ASCENDING), ("state", ASCENDING), ("usable_until", ASCENDING), ("earned", ASCENDING)]),
                IndexModel([("seller_id", ASCENDING)]),
                IndexModel([("subscriber_id", ASCENDING)]),
            ]
        )
        await self._bills.create_indexes(
            [
                IndexModel([("state", ASCENDING), ("go_on_at", ASCENDING)]),
                IndexModel([("listing_id", ASCENDING), ("subscriber_id", ASCENDING)]),
                IndexModel([("subscriber_id", ASCENDING)]),
            ]
        )
        await self._money.create_index([("seller_id", ASCENDING), ("at", ASCENDING)], sparse=True)

    async def begin(self, subscription: Subscription, bill: Bill) -> None:
        """Keep a new subscription with its first payment. Raise BooksChangedError when its subscriber has an open one of this listing."""
        async with transaction(self._database, about=subscription.subscriber_id) as session:
            await self._subscriptions.insert_one(
                {"_id": subscription.id, "version": 1} | subscription_document(subscription), session=session
            )
            await self._bills.insert_one(bill_document(bill), session=session)

    async def get(self, subscription_id: str) -> Subscription:
        """Return a subscription. Raise SubscriptionNotFoundError."""
        document = await self._subscriptions.find_one({"_id": subscription_id})
        if document is None:
            raise SubscriptionNotFoundError(subscription_id)
        return subscription_of(document)

    async def open(self, listing_id: str, *, subscriber_id: str) -> Subscription | None:
        """Return the account's subscription to a listing that is neither over nor declined."""
        document = await self._subscriptions.find_one({"listing_id": listing_id, "subscriber_id": subscriber_id, "open": True})
        return subscription_of(document) if document else None

    async def bill(self, bill_id: str) -> Bill | None:
        """Return a payment."""
        document = await self._bills.find_one({"_id": bill_id})
        return bill_of(document) if document else None

    async def note(
        self, subscription: Subscription, bill: Bill | None = None, *, money: Sequence[MoneyMovement] = (), event: Event | None = None
    ) -> None:
        """Write a subscription, a payment of it, what moved and what tells of it, as a whole.

        Raise BooksChangedError for a lost race, or OutboxFullError; what has come of a payment under way is always written.
        """
        change = {"$set": subscription_document(subscription) | {"uncounted": True}, "$inc": {"version": 1}}
        unchanged = {"_id": subscription.id, "version": subscription.version}
        room = ROOM if event or subscription.bill_id else {}
        async with transaction(self._database, about=subscription.subscriber_id) as session:
            if not await write_with_events(self._subscriptions, unchanged, change, [event] if event else [], room=room, session=session):
                msg = f"the subscription {subscription.id} changed"
                raise BooksChangedError(msg)
            if bill:
                await self._bills.replace_one({"_id": bill.id}, bill_document(bill), upsert=True, session=session)
            if money:
                await self._money.insert_many([movement_document(each) for each in money], session=session)
        self._on_write()

    async def unfinished(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Bill]:
        """Return up to `most` payments and refunds, none of `but`, that are under way and due to go on, the longest due first."""
        due = {"state": {"$in": UNFINISHED}, "go_on_at": {"$lte": at}} | in_use(but=but)
        return await readable(self._bills.find(due).sort("go_on_at", ASCENDING).limit(most), bill_of, of=self._bills)

    async def due(self, *, at: datetime, most: int, but: Collection[str] = ()) -> list[Subscription]:
        """Return up to `most` subscriptions, none of `but`, that are over or to be renewed (again), the longest due first."""
        due = {"open": True, "due_at": {"$lte": at}} | in_use(but=but)
        found = self._subscriptions.find(due).sort("due_at", ASCENDING).limit(most)
        return await readable(found, subscription_of, of=self._subscriptions)

    async def page(self, *, after: str, most: int) -> Snapshots[SubscriptionSnapshot]:
        """Return a page of the subscriptions that were ever paid, in the order of their ids."""
        paid = {"started_at": {"$ne": None}}
        return await snapshots(
            self._subscriptions,
            after=after,
            most=most,
            read=lambda each: subscription_of(each).told(),
            only=paid,
            but={"pending_events": 0},
        )

    async def set_aside(self, thing: Subscription | Bill, error: Exception) -> None:
        """Leave a subscription or a payment alone that cannot be worked on, until people have looked at it."""
        await put_aside(self._bills if isinstance(thing, Bill) else self._subscriptions, thing.id, error)

    async def has_paid(self, listing_id: str, *, account_id: str) -> bool:
        """Tell whether the account has ever paid for a listing and has not got it all back."""
        paid = {"listing_id": listing_id, "subscriber_id": account_id, "state": {"$in": KEPT}}
        return await self._bills.find_one(paid, {"_id": 1}) is not None
