"""An account's payments, read from the collections `purchases` and `bills`, the newest first."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from pymongo import DESCENDING, IndexModel

from libs.chassis.stores.lists import read_part
from libs.chassis.stores.mongo import Collection, Database
from libs.chassis.stores.parts import Page, Part
from libs.contracts.payments import PaymentKind, PaymentSnapshot
from services.marketplace.domain.billing import Bill
from services.marketplace.domain.money import MoneyCause
from services.marketplace.domain.purchase import Purchase
from services.marketplace.domain.receipts import BILL_KINDS, BILL_STATES, EARNED, PURCHASE_STATES, WantedPayments, of_bill, of_purchase
from services.marketplace.outbound.purchases_mongo import purchase_of
from services.marketplace.outbound.subscription_documents import bill_of

NEWEST_FIRST: Final = (("begun_at", DESCENDING), ("_id", DESCENDING))
Paid: TypeAlias = Purchase | Bill


class ReceiptsMongo:
    """Implements the port Receipts."""

    def __init__(self, database: Database) -> None:
        self._purchases, self._bills = database["purchases"], database["bills"]
        self._subscriptions, self._money = database["subscriptions"], database["money_movements"]

    async def prepare(self) -> None:
        """Make indexes."""
        await self._purchases.create_indexes([IndexModel([("account_id", 1), *NEWEST_FIRST])])
        await self._bills.create_indexes([IndexModel([(side, 1), *NEWEST_FIRST]) for side in ("subscriber_id", "seller_id")])

    async def page(self, account_id: str, wanted: WantedPayments, part: Part) -> Page[PaymentSnapshot]:
        """Return a part of them, the newest first."""
        sources = list(self._sources(account_id, wanted))
        if part.skipped:
            count = sum(await asyncio.gather(*(collection.count_documents(query) for collection, query in sources)))
            if part.skipped >= count:
                return Page(count, [])
        # Of each collection as many as the part could take at most; which of them it takes their moments decide.
        first = Part(part.skipped + part.size, after=part.after)
        reads = (read_part(each, query, first, order=NEWEST_FIRST, read=self._read_of(each)) for each, query in sources)
        found: list[Page[Paid]] = await asyncio.gather(*reads)
        merged: list[Paid] = sorted(
            (each for page in found for each in page.items), key=lambda each: (each.begun_at, each.id), reverse=True
        )
        items = merged[part.skipped : part.skipped + part.size]
        more = len(merged) > part.skipped + part.size or any(page.after for page in found)
        after = (items[-1].begun_at, items[-1].id) if items and more else None
        return Page(sum(page.count for page in found), await self._told(items, account_id=account_id), after)

    async def get(self, payment_id: str, *, account_id: str) -> PaymentSnapshot | None:
        """Return one, if it is there and the account paid it or earned by it."""
        purchase = await self._purchases.find_one({"_id": payment_id, "account_id": account_id})
        bill = None if purchase else await self._bills.find_one({"_id": payment_id})
        if bill and not self._is_of(bill_of(bill), account_id):
            return None
        known = purchase_of(purchase) if purchase else bill_of(bill) if bill else None
        return (await self._told([known], account_id=account_id))[0] if known else None

    def _read_of(self, collection: Collection) -> Callable[[dict[str, Any]], Paid]:
        return purchase_of if collection is self._purchases else bill_of

    def _is_of(self, bill: Bill, account_id: str) -> bool:
        return bill.subscriber_id == account_id or (bill.seller_id == account_id and bill.state in EARNED)

    def _sources(self, account_id: str, wanted: WantedPayments) -> Iterator[tuple[Collection, dict[str, Any]]]:
        """Yield where payments of an account are, and the queries of those that are wanted."""
        times = {"$gte": wanted.since, "$lt": wanted.until}
        begun = {"begun_at": bounds} if (bounds := {name: at for name, at in times.items() if at}) else {}
        if wanted.kind in {None, PaymentKind.CREDITS}:
            states = {"state": {"$in": [each.value for each in PURCHASE_STATES[wanted.state]]}} if wanted.state else {}
            yield self._purchases, {"account_id": account_id} | begun | states
        state = {"state": BILL_STATES[wanted.state].value} if wanted.state else {}
        if wanted.kind is None or wanted.kind in BILL_KINDS:
            kind = {"kind": BILL_KINDS[wanted.kind].value} if wanted.kind else {}
            yield self._bills, {"subscriber_id": account_id} | begun | state | kind
        if wanted.kind in {None, PaymentKind.EARNING}:
            earned = [each.value for each in EARNED if wanted.state is None or each is BILL_STATES[wanted.state]]
            yield self._bills, {"seller_id": account_id} | begun | {"state": {"$in": earned}}

    async def _told(self, items: Sequence[Paid], *, account_id: str) -> list[PaymentSnapshot]:
        subscriptions = [each.subscription_id for each in items if isinstance(each, Bill)]
        charges = [f"{account_id}:{MoneyCause.PAYMENT}:{each.id}" for each in items if isinstance(each, Purchase)]
        titles = await self._values(self._subscriptions, subscriptions, "title")
        paid = await self._values(self._money, charges, "at")
        return [
            of_bill(each, account_id=account_id, title=titles.get(each.subscription_id))
            if isinstance(each, Bill)
            else of_purchase(each, paid_at=paid.get(f"{account_id}:{MoneyCause.PAYMENT}:{each.id}"))
            for each in items
        ]

    async def _values(self, collection: Collection, ids: Sequence[str], field: str) -> dict[str, Any]:
        if not ids:
            return {}
        return {each["_id"]: each[field] async for each in collection.find({"_id": {"$in": list(set(ids))}}, {field: 1})}
