"""A payment provider to try things out with: it takes no real money, and behaves as real ones do.

It lives behind the same protocol: a charge or a refund is made under a key, is remembered for ever, and is the same answer when it is asked
for again; charges are declined with a code, answers get lost, and the provider is away at times. Every account has a good card on file, and
the other methods of METHODS show what may go wrong, with a charge and with its refunds. Its memory are collections of its own, which play
the provider's and are not among our books.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.marketplace.domain.payment_errors import PaymentKeyReusedError, PaymentsAwayError, RefundRefusedError
from services.marketplace.domain.payments import ON_FILE, Charge, Decline, Refund

ANSWER_LOST: Final = "card_timeout"
AWAY: Final = "provider_away"
DECLINES: Final[Mapping[str, str]] = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "The card has insufficient funds.",
    "expired_card": "The card has expired.",
}
METHODS: Final[Mapping[str, str]] = {
    ON_FILE: "The card on file, which is good.",
    **{code: f"Is declined: {message}" for code, message in DECLINES.items()},
    ANSWER_LOST: "Is charged, but the first answer gets lost.",
    AWAY: "The provider cannot be reached the first time.",
}


@dataclass(frozen=True, slots=True)
class PaymentsSandbox:
    """Implements the port Payments."""

    database: Database

    @property
    def methods(self) -> Mapping[str, str]:
        """The payment methods that it knows, each with what it does, in words."""
        return METHODS

    def knows(self, method: str) -> bool:
        """Tell whether it is among its methods."""
        return method in METHODS

    async def prepare(self) -> None:
        """Make indexes."""
        await self.database["sandbox_charges"].create_index("charge_id", sparse=True)

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        """Play what the method says. Raise PaymentsAwayError, PaymentKeyReusedError, or TimeoutError where the answer gets lost."""
        del at_hand  # Every account has one good card, which is always on file.
        new = {"account_id": account_id, "amount": to_decimal128(amount), "method": method, "charge_id": None, "charged_at": None}
        asked = await self._note("sandbox_charges", key, new | {"refunds": []})
        if any(asked[each] != new[each] for each in ("account_id", "amount", "method")):
            raise PaymentKeyReusedError(key)
        first = asked["times"] == 1
        if method in DECLINES:
            return Decline(method, DECLINES[method])
        if method == AWAY and first:
            raise PaymentsAwayError(key)
        made = await self._make(key)
        if method == ANSWER_LOST and first:
            raise TimeoutError
        return Charge(made["charge_id"])

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        """Play what the charge's method says. Raise PaymentsAwayError, PaymentKeyReusedError, RefundRefusedError or TimeoutError."""
        new = {"charge_id": charge_id, "amount": to_decimal128(amount)}
        asked = await self._note("sandbox_refunds", key, new | {"refund_id": new_id("refund")})
        if any(asked[each] != new[each] for each in new):
            raise PaymentKeyReusedError(key)
        charge = await self.database["sandbox_charges"].find_one({"charge_id": charge_id})
        if charge is None:
            raise RefundRefusedError(charge_id, reason="there is no such charge.")
        first = asked["times"] == 1
        if charge["method"] == AWAY and first:
            raise PaymentsAwayError(key)
        await self._give_back(charge, asked)
        if charge["method"] == ANSWER_LOST and first:
            raise TimeoutError
        return Refund(asked["refund_id"])

    async def _give_back(self, charge: dict[str, Any], refund: dict[str, Any]) -> None:
        """Write the refund into its charge, once, and only while that much is left of it."""
        enough = {"$gte": ["$amount", {"$sum": [{"$sum": "$refunds.amount"}, refund["amount"]]}]}
        given = {"id": refund["refund_id"], "amount": refund["amount"]}
        charges = self.database["sandbox_charges"]
        done = await charges.update_one(
            {"_id": charge["_id"], "refunds.id": {"$ne": given["id"]}, "$expr": enough}, {"$push": {"refunds": given}}
        )
        if not done.matched_count and not await charges.find_one({"_id": charge["_id"], "refunds.id": given["id"]}):
            left = from_decimal128(charge["amount"]) - sum(from_decimal128(each["amount"]) for each in charge["refunds"])
            raise RefundRefusedError(charge["charge_id"], reason=f"{left} are left of it.")

    async def _note(self, collection: str, key: str, new: dict[str, Any]) -> dict[str, Any]:
        """Remember what was asked for under this key the first time, count, and return it."""
        while True:
            try:
                return await self._change(collection, key, {"$setOnInsert": new | {"asked_at": now()}, "$inc": {"times": 1}}, upsert=True)
            except DuplicateKeyError:
                continue  # Two that asked at once both found nothing: now there is something to find.

    async def _make(self, key: str) -> dict[str, Any]:
        """Charge, once for this key, and return the charge."""
        once = {"charge_id": {"$ifNull": ["$charge_id", new_id("charge")]}, "charged_at": {"$ifNull": ["$charged_at", now()]}}
        return await self._change("sandbox_charges", key, [{"$set": once}], upsert=False)

    async def _change(self, collection: str, key: str, change: Any, *, upsert: bool) -> dict[str, Any]:
        kept = self.database[collection]
        found = await kept.find_one_and_update({"_id": key}, change, upsert=upsert, return_document=ReturnDocument.AFTER)
        assert found is not None  # It was noted, and nobody takes it away.
        return found
