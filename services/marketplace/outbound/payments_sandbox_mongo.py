"""A payment provider to try things out with: it takes no real money, and behaves as real ones do.

It lives behind the same protocol: a charge is made under a key, is remembered for ever, and is the same answer when it is asked for again;
charges are declined with a code, answers get lost, and the provider is away at times. Every account has a good card on file, and the other
methods of METHODS show what may go wrong. Its memory is a collection of its own, which plays the provider's and is not among our books.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.mongo import Database, from_decimal128, to_decimal128
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.marketplace.domain.payment_errors import PaymentKeyReusedError, PaymentsAwayError
from services.marketplace.domain.payments import Charge, Decline

GOOD: Final = "credit_card"
ANSWER_LOST: Final = "card_timeout"
AWAY: Final = "provider_away"
DECLINES: Final[Mapping[str, str]] = {
    "card_declined": "The card was declined.",
    "insufficient_funds": "The card has insufficient funds.",
    "expired_card": "The card has expired.",
}
METHODS: Final[Mapping[str, str]] = {
    GOOD: "The card on file, which is good.",
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

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str) -> Charge | Decline:
        """Play what the method says. Raise PaymentsAwayError or PaymentKeyReusedError."""
        asked = await self._note(key, account_id=account_id, amount=amount, method=method)
        if (asked["account_id"], from_decimal128(asked["amount"]), asked["method"]) != (account_id, amount, method):
            raise PaymentKeyReusedError(key)
        first = asked["times"] == 1
        if method in DECLINES:
            return Decline(method, DECLINES[method])
        if method == AWAY and first:
            raise PaymentsAwayError(key)
        made = await self._make(key)
        if method == ANSWER_LOST and first:
            await asyncio.Event().wait()  # Until whoever asks gives up, or dies.
        return Charge(made["charge_id"])

    async def _note(self, key: str, **given: Any) -> dict[str, Any]:
        """Remember what was asked for under this key the first time, count, and return it."""
        new = given | {"amount": to_decimal128(given["amount"]), "asked_at": now(), "charge_id": None, "charged_at": None}
        while True:
            try:
                return await self._change(key, {"$setOnInsert": new, "$inc": {"times": 1}}, upsert=True)
            except DuplicateKeyError:
                continue  # Two that asked at once both found nothing: now there is something to find.

    async def _make(self, key: str) -> dict[str, Any]:
        """Charge, once for this key, and return the charge."""
        once = {"charge_id": {"$ifNull": ["$charge_id", new_id("charge")]}, "charged_at": {"$ifNull": ["$charged_at", now()]}}
        return await self._change(key, [{"$set": once}], upsert=False)

    async def _change(self, key: str, change: Any, *, upsert: bool) -> dict[str, Any]:
        charges = self.database["sandbox_charges"]
        found = await charges.find_one_and_update({"_id": key}, change, upsert=upsert, return_document=ReturnDocument.AFTER)
        assert found is not None  # It was noted, and nobody takes it away.
        return found
