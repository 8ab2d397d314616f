"""Stripe as the payment provider, by its official library.

One key is one charge for ever, though Stripe forgets idempotency keys after a day. A charge is a PaymentIntent that is made first,
unconfirmed, which moves no money; its id is written down under the key, the first one only, and that one alone is confirmed. Stripe takes
the money of an intent once, so whoever asks again, at whatever time, asks how that intent stands. A charge that is refused ends with its
intent cancelled: what the intent says at last (succeeded, cancelled) is what everybody is told. Intents that lost the race to be written
down are never confirmed.

A refund moves money as it is made: it carries the key as Stripe's idempotency key and as metadata, and before it is asked for again it is
looked for among the refunds of its charge (a list, which unlike a search lags behind nothing).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from stripe import CardError, HTTPXClient, InvalidRequestError, PaymentIntent, StripeClient
from stripe import Refund as StripeRefund

from libs.contracts.envelope import now
from services.marketplace.domain.payment_errors import PaymentKeyReusedError, RefundRefusedError
from services.marketplace.domain.payments import ON_FILE, Charge, Decline, Refund
from services.marketplace.outbound.stripe_records_mongo import ChargeRecord, Customer, RefundRecord, StripeRecords
from services.marketplace.outbound.stripe_troubles import NOT_ITS_STATE, decline_of, told

if TYPE_CHECKING:  # Types alone, of every call there is: 7 MB that an image leaves out.
    from stripe.params import PaymentIntentConfirmParams

PAYMENT_METHOD: Final = re.compile(r"pm_[A-Za-z0-9_]{1,250}")
METHODS: Final[Mapping[str, str]] = {
    "pm_…": "A Stripe payment method's id. It is charged, and kept as the account's card.",
    ON_FILE: "The account's card: the Stripe payment method that it paid with last.",
}
NO_CARD: Final = Decline("no_card_on_file", "The account has not paid with a card yet: give a Stripe payment method's id (pm_…).")
UNSETTLED: Final = Decline("canceled", "The payment was cancelled at the payment provider.")
# From unconfirmed to confirmed, refused and cancelled are three; one more for whoever is overtaken by another on the way.
STEPS_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class PaymentsStripe:
    """Implements the port Payments. `currency` is the platform's one currency; its amounts have two decimals."""

    stripe: StripeClient
    http: HTTPXClient
    records: StripeRecords
    currency: str

    @property
    def methods(self) -> Mapping[str, str]:
        """The payment methods that it knows, each with what it does, in words."""
        return METHODS

    def knows(self, method: str) -> bool:
        """Tell whether it is the card on file or may be a payment method's id."""
        return method == ON_FILE or PAYMENT_METHOD.fullmatch(method) is not None

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        """Charge a card. Raise PaymentsAwayError, PaymentKeyReusedError, or TimeoutError when nobody knows yet."""
        record = await self.records.charge(key, account_id=account_id, amount=amount, method=method)
        if (record.account_id, record.amount, record.method) != (account_id, amount, method):
            raise PaymentKeyReusedError(key)
        if record.charge_id:
            return Charge(record.charge_id)
        if not record.ended:
            customer = await self._customer(account_id, key=key)
            record = await self._with_card(record, customer)
            record, intent = await self._intent(record, customer)
            if intent is not None:
                return await self._settle(record, customer, intent, at_hand=at_hand)
        assert record.decline is not None
        return record.decline

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        """Give money back. Raise PaymentsAwayError, PaymentKeyReusedError, RefundRefusedError, or TimeoutError when nobody knows yet."""
        record = await self.records.refund(key, charge_id=charge_id, amount=amount)
        if (record.charge_id, record.amount) != (charge_id, amount):
            raise PaymentKeyReusedError(key)
        if record.refund_id is None and record.times > 1:
            record = await self._look_for(record)
        if record.refund_id is None:
            record = await self._give_back(record)
        assert record.refund_id is not None
        return Refund(record.refund_id)

    async def close(self) -> None:
        """Close its connections."""
        await self.http.close_async()  # type: ignore[no-untyped-call]  # of the library

    async def _customer(self, account_id: str, *, key: str) -> Customer:
        """Return the account's customer; a card can be kept only for one. Two made at once are one: the other is never used."""
        if known := await self.records.customer(account_id):
            return known
        with told(key):
            made = await self.stripe.v1.customers.create_async({"metadata": {"account_id": account_id}})
        return await self.records.learn_customer(account_id, made.id)

    async def _with_card(self, record: ChargeRecord, customer: Customer) -> ChargeRecord:
        card = record.card or (customer.card if record.method == ON_FILE else record.method)
        return record if card is None or record.card else await self.records.learn_charge(record.key, card=card)

    async def _intent(self, record: ChargeRecord, customer: Customer) -> tuple[ChargeRecord, PaymentIntent | None]:
        """Return the one intent of this key, made now if there is none; none when it is declined without one."""
        if record.intent_id is None:
            if record.card is None:
                record = await self.records.refuse(record.key, NO_CARD)
            else:
                try:
                    made = await self._make_intent(record, customer, card=record.card)
                except (CardError, InvalidRequestError) as error:
                    record = await self.records.refuse(record.key, decline_of(error, key=record.key))
                else:
                    record = await self.records.learn_intent(record.key, made.id)
                    if record.intent_id == made.id:
                        return record, made
        # Whoever asked at the same time may have been faster, and has made it or declined it.
        return record, await self._look_at(record) if record.intent_id else None

    async def _make_intent(self, record: ChargeRecord, customer: Customer, *, card: str) -> PaymentIntent:
        with told(record.key, its_word=True):
            return await self.stripe.v1.payment_intents.create_async(
                {
                    "amount": _cents(record.amount),
                    "currency": self.currency,
                    "customer": customer.id,
                    "payment_method": card,
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"key": record.key, "account_id": record.account_id},
                },
                # Of this attempt alone: an attempt that failed must not be answered by Stripe's memory of its failure.
                {"idempotency_key": f"{record.key}:{record.times}"},
            )

    async def _settle(self, record: ChargeRecord, customer: Customer, intent: PaymentIntent, *, at_hand: bool) -> Charge | Decline:
        """Bring the intent to its end, and tell it. Raise TimeoutError when it has come to none."""
        for _ in range(STEPS_MOST):
            match intent.status:
                case "succeeded":
                    if at_hand and record.card and record.card != customer.card:
                        await self.records.keep_card(record.account_id, record.card, at=now())
                    await self.records.learn_charge(record.key, charge_id=intent.id)
                    return Charge(intent.id)
                case "canceled":
                    await self.records.learn_charge(record.key, ended=intent.status)
                    return (await self.records.learn_decline(record.key, UNSETTLED)).decline or UNSETTLED
                case "requires_confirmation":
                    intent = await self._confirm(record, intent, is_new=at_hand and record.card != customer.card)
                case "requires_payment_method" | "requires_action":
                    await self.records.learn_decline(record.key, decline_of(intent, key=record.key))
                    intent = await self._cancel(record, intent)
                case _:
                    break
        raise TimeoutError

    async def _confirm(self, record: ChargeRecord, intent: PaymentIntent, *, is_new: bool) -> PaymentIntent:
        """Take the money. A card that was left here is charged without its owner at hand; a new one is kept for later."""
        how: PaymentIntentConfirmParams = {"error_on_requires_action": True}
        if is_new:
            how["setup_future_usage"] = "off_session"
        else:
            how["off_session"] = True
        try:
            with told(record.key, its_word=True, may_have_happened=True):
                return await self.stripe.v1.payment_intents.confirm_async(intent.id, how)
        except CardError:
            return await self._look_at(record)
        except InvalidRequestError as error:
            if error.code == NOT_ITS_STATE:  # Somebody else has confirmed or cancelled it in between.
                return await self._look_at(record)
            await self.records.learn_decline(record.key, decline_of(error, key=record.key))
            return await self._cancel(record, intent)

    async def _cancel(self, record: ChargeRecord, intent: PaymentIntent) -> PaymentIntent:
        """See to it that nobody confirms it any more; one that was confirmed in between stays so."""
        try:
            with told(record.key, its_word=True, may_have_happened=True):
                return await self.stripe.v1.payment_intents.cancel_async(intent.id)
        except InvalidRequestError:
            return await self._look_at(record)

    async def _look_at(self, record: ChargeRecord) -> PaymentIntent:
        assert record.intent_id is not None
        with told(record.key, may_have_happened=True):
            return await self.stripe.v1.payment_intents.retrieve_async(record.intent_id)

    async def _look_for(self, record: RefundRecord) -> RefundRecord:
        """Return the record with its refund, if Stripe has made it without our hearing of it."""
        try:
            with told(record.key, its_word=True, may_have_happened=True):
                made = await self.stripe.v1.refunds.list_async({"payment_intent": record.charge_id, "limit": 100})
                async for refund in made.auto_paging_iter():
                    if _key_of(refund) == record.key:
                        return await self.records.learn_refund(record.key, refund.id)
        except InvalidRequestError as error:
            raise RefundRefusedError(record.charge_id, reason=str(error.user_message)) from error
        return record

    async def _give_back(self, record: RefundRecord) -> RefundRecord:
        try:
            with told(record.key, its_word=True, may_have_happened=True):
                made = await self.stripe.v1.refunds.create_async(
                    {"payment_intent": record.charge_id, "amount": _cents(record.amount), "metadata": {"key": record.key}},
                    {"idempotency_key": record.key},
                )
        except InvalidRequestError as error:
            raise RefundRefusedError(record.charge_id, reason=str(error.user_message)) from error
        if made.status in {"failed", "canceled"}:
            raise RefundRefusedError(record.charge_id, reason=f"the provider says {made.failure_reason or made.status}.")
        return await self.records.learn_refund(record.key, made.id)


def _key_of(refund: StripeRefund) -> str | None:
    metadata = refund.metadata
    return metadata["key"] if metadata is not None and "key" in metadata else None


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
