"""What we remember of Stripe's side, for ever: which PaymentIntent a key has, which refund, and which customer an account is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.chassis.stores.mongo import Database, from_decimal128, to_decimal128
from libs.contracts.envelope import now
from services.marketplace.domain.payments import Decline


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """A charge that was asked for. `card` is the Stripe payment method that is charged, fixed when it is first known.

    It has ended when its intent was cancelled, or when it was declined without one.
    """

    key: str
    account_id: str
    amount: Decimal
    method: str
    times: int
    card: str | None = None
    intent_id: str | None = None
    charge_id: str | None = None
    decline: Decline | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class RefundRecord:
    """A refund that was asked for."""

    key: str
    charge_id: str
    amount: Decimal
    times: int
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """The Stripe customer that an account is, and the card that it has left there."""

    id: str
    card: str | None


@dataclass(frozen=True, slots=True)
class StripeRecords:
    """Each field of a record is written once: whoever comes second finds what the first has written."""

    database: Database

    async def charge(self, key: str, *, account_id: str, amount: Decimal, method: str) -> ChargeRecord:
        """Return the record of this key, made now if it is new; it counts how often it was asked for."""
        new = {"account_id": account_id, "amount": to_decimal128(amount), "method": method}
        return _charge(await self._noted("stripe_charges", key, new))

    async def refund(self, key: str, *, charge_id: str, amount: Decimal) -> RefundRecord:
        """Return the record of this key, made now if it is new; it counts how often it was asked for."""
        return _refund(await self._noted("stripe_refunds", key, {"charge_id": charge_id, "amount": to_decimal128(amount)}))

    async def learn_charge(self, key: str, **learnt: str) -> ChargeRecord:
        """Write down what is not known yet of `card`, `charge_id` and `ended`, and return what is known now."""
        return _charge(await self._learnt("stripe_charges", key, learnt))

    async def learn_intent(self, key: str, intent_id: str) -> ChargeRecord:
        """Write down the intent, unless there is one or it was declined without one."""
        return _charge(await self._learnt("stripe_charges", key, {"intent_id": intent_id}, unless="decline"))

    async def refuse(self, key: str, decline: Decline) -> ChargeRecord:
        """Write down that it is declined without an intent, unless there is one by now."""
        return _charge(await self._learnt("stripe_charges", key, {"decline": _words(decline)}, unless="intent_id"))

    async def learn_decline(self, key: str, decline: Decline) -> ChargeRecord:
        """Write down why its intent was refused, if nothing is written yet."""
        return _charge(await self._learnt("stripe_charges", key, {"decline": _words(decline)}))

    async def learn_refund(self, key: str, refund_id: str) -> RefundRecord:
        """Write down the refund that was made."""
        return _refund(await self._learnt("stripe_refunds", key, {"refund_id": refund_id}))

    async def customer(self, account_id: str) -> Customer | None:
        """Return the account's customer, if it has one."""
        found = await self.database["stripe_customers"].find_one({"_id": account_id})
        return Customer(found["customer_id"], found.get("card")) if found else None

    async def learn_customer(self, account_id: str, customer_id: str) -> Customer:
        """Write down the account's customer, if there is none yet, and return the one that it has."""
        found = await self._change("stripe_customers", account_id, {"$setOnInsert": {"customer_id": customer_id, "made_at": now()}})
        return Customer(found["customer_id"], found.get("card"))

    async def keep_card(self, account_id: str, card: str, *, at: datetime) -> None:
        """Write down the card that the account paid with last."""
        await self.database["stripe_customers"].update_one({"_id": account_id}, {"$set": {"card": card, "card_at": at}})

    async def _noted(self, collection: str, key: str, new: dict[str, Any]) -> dict[str, Any]:
        return await self._change(collection, key, {"$setOnInsert": new | {"asked_at": now()}, "$inc": {"times": 1}})

    async def _learnt(self, collection: str, key: str, learnt: dict[str, Any], *, unless: str | None = None) -> dict[str, Any]:
        once: dict[str, Any] = {name: {"$ifNull": [f"${name}", {"$literal": value}]} for name, value in learnt.items()}
        if unless:
            once = {name: {"$cond": [{"$ifNull": [f"${unless}", False]}, f"${name}", value]} for name, value in once.items()}
        return await self._change(collection, key, [{"$set": once}])

    async def _change(self, collection: str, key: str, change: Any) -> dict[str, Any]:
        kept = self.database[collection]
        while True:
            try:
                found = await kept.find_one_and_update({"_id": key}, change, upsert=True, return_document=ReturnDocument.AFTER)
            except DuplicateKeyError:
                continue  # Two that asked at once both found nothing: now there is something to find.
            assert found is not None  # It is made where there was none.
            return found


def _words(decline: Decline) -> dict[str, str]:
    return {"code": decline.code, "message": decline.message}


def _charge(document: dict[str, Any]) -> ChargeRecord:
    decline = document.get("decline")
    return ChargeRecord(
        key=document["_id"],
        account_id=document["account_id"],
        amount=from_decimal128(document["amount"]),
        method=document["method"],
        times=document["times"],
        card=document.get("card"),
        intent_id=document.get("intent_id"),
        charge_id=document.get("charge_id"),
        decline=Decline(decline["code"], decline["message"]) if decline else None,
        ended=document.get("ended") is not None or (decline is not None and document.get("intent_id") is None),
    )


def _refund(document: dict[str, Any]) -> RefundRecord:
    amount = from_decimal128(document["amount"])
    return RefundRecord(document["_id"], document["charge_id"], amount, document["times"], document.get("refund_id"))
