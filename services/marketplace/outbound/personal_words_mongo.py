"""What accounts have said and paid with, in MongoDB: taken away when an account is erased."""

from typing import Any, Final

from pymongo import ASCENDING

from libs.chassis.logs import log
from libs.chassis.stores.mongo import Database
from services.marketplace.domain.billing import BillState
from services.marketplace.domain.purchase import PurchaseState
from services.marketplace.outbound.exports_marketplace import MANY, marketplace_exports

ERASED: Final = "erased"
# One that goes on is charged by what it says.
OVER_PURCHASES: Final = [state.value for state in PurchaseState if state not in {PurchaseState.BEGUN, PurchaseState.PAID}]
OVER_BILLS: Final = [state.value for state in BillState if state is not BillState.BEGUN]


class PersonalWordsMongo:
    """Implements the port PersonalWords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prepare(self) -> None:
        """Make indexes."""
        await self._database["ratings"].create_index([("account_id", ASCENDING)])
        await marketplace_exports(self._database).prepare(*MANY)

    async def forget(self, account_id: str) -> None:
        """Take comments, names of jobs and ways to pay away; the second time there are none."""
        whose: dict[str, Any] = {"account_id": account_id}
        await self._database["ratings"].update_many(whose, {"$set": {"comment": ""}})
        await self._database["jobs"].update_many(whose, {"$set": {"name": ERASED}})
        await self._database["purchases"].update_many(whose | {"state": {"$in": OVER_PURCHASES}}, {"$set": {"method": ERASED}})
        paid = {"subscriber_id": account_id, "state": {"$in": OVER_BILLS}}
        await self._database["bills"].update_many(paid, {"$set": {"method": ERASED}})
        customer = await self._database["stripe_customers"].find_one_and_delete({"_id": account_id})
        if customer is not None:
            log().warning("delete this customer at the payment provider, too", customer_id=customer["customer_id"], account_id=account_id)
