"""What accounts have said and paid with, in MongoDB: taken away when an account is erased."""

from collections.abc import Sequence
from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.logs import log
from libs.chassis.stores.erased import ERASED, ErasedAccounts
from libs.chassis.stores.mongo import Database
from libs.contracts.envelope import now
from services.marketplace.domain.billing import BillState
from services.marketplace.domain.purchase import PurchaseState
from services.marketplace.outbound.exports_marketplace import MANY, marketplace_exports

# One that goes on is charged by what it says.
OVER_PURCHASES: Final = [state.value for state in PurchaseState if state not in {PurchaseState.BEGUN, PurchaseState.PAID}]
OVER_BILLS: Final = [state.value for state in BillState if state is not BillState.BEGUN]
# Whose account it is, and when it is paid no more by what it says.
PAID_BY: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "purchases": ("account_id", {"state": {"$in": OVER_PURCHASES}}),
    "bills": ("subscriber_id", {"state": {"$in": OVER_BILLS}}),
    "subscriptions": ("subscriber_id", {"bill_id": None, "$or": [{"open": False}, {"auto_renew": False}]}),
}
UNFINISHED: Final[dict[str, Any]] = {"unfinished": True}
AT_ONCE: Final = 20


class PersonalWordsMongo:
    """Implements the port PersonalWords."""

    def __init__(self, database: Database) -> None:
        self._database, self._erased = database, database["erased_accounts"]

    async def prepare(self) -> None:
        """Make indexes."""
        await self._database["ratings"].create_index([("account_id", ASCENDING)])
        await self._database["stripe_charges"].create_index([("account_id", ASCENDING)])
        await self._erased.create_index([("tried_at", ASCENDING)], partialFilterExpression=UNFINISHED)
        await marketplace_exports(self._database).prepare(*MANY)

    async def forget(self, account_id: str) -> bool:
        """Take comments, names of jobs and ways to pay away, but for those of payments under way; return whether none were left."""
        await ErasedAccounts(self._erased).note(account_id)
        await self._erased.update_one({"_id": account_id}, {"$set": UNFINISHED | {"tried_at": now()}})
        whose: dict[str, Any] = {"account_id": account_id}
        await self._database["ratings"].update_many(whose, {"$set": {"comment": ""}})
        await self._database["jobs"].update_many(whose, {"$set": {"name": ERASED}})
        is_clean = await self._forget_methods(account_id)
        if is_clean:
            await self._erased.update_one({"_id": account_id}, {"$set": {"unfinished": False}})
        return is_clean

    async def unfinished(self) -> Sequence[str]:
        """Return erased accounts of which something was left when they were looked at last, the longest ago first."""
        found = self._erased.find(UNFINISHED, {"_id": 1}).sort("tried_at", ASCENDING).limit(AT_ONCE)
        return [each["_id"] async for each in found]

    async def _forget_methods(self, account_id: str) -> bool:
        """Take ways to pay away; return whether there were none. A writer who has read one before may write it again: look once more."""
        found = 0
        for name, (whose, over) in PAID_BY.items():
            kept = {whose: account_id, "method": {"$ne": ERASED}}
            found += await self._database[name].find_one(kept, {"_id": 1}) is not None
            await self._database[name].update_many(kept | over, {"$set": {"method": ERASED}})
        if found:
            return False
        # Of all payments what came of them is written down: the provider's side is asked by their cards no more.
        await self._database["stripe_charges"].update_many({"account_id": account_id}, {"$set": {"method": ERASED, "card": ERASED}})
        customer = await self._database["stripe_customers"].find_one_and_delete({"_id": account_id})
        if customer is not None:
            log().warning("delete this customer at the payment provider, too", customer_id=customer["customer_id"], account_id=account_id)
        return True
