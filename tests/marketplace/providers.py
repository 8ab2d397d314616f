"""Payment providers for their one contract: each adapter with methods that play the same things, and a count of what was really moved."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.mongo import Database, connect, from_decimal128
from services.marketplace.domain.payments import Charge, Decline, Payments, Refund
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.outbound.payments_stripe import PaymentsStripe
from services.marketplace.paying import make_payments
from services.marketplace.settings import Settings
from tests.marketplace.stripe_double import KEY, StripeDouble, Trouble, stripe_double
from tests.waiting import until

LOST, AWAY = "pm_card_visa_answerLost", "pm_card_visa_away"


@dataclass(frozen=True)
class Provider:
    """An adapter with what a story needs of the provider behind it.

    `answer_lost` moves the money, but the first answer does not come; with `away` nothing arrives the first time. `taken` and `given` tell
    what one account was charged and given back in truth.
    """

    payments: Payments
    good: str
    declined: str
    answer_lost: str
    away: str
    unknown: str
    taken: Callable[[str], Awaitable[list[Decimal]]]
    given: Callable[[str], Awaitable[list[Decimal]]]


@asynccontextmanager
async def sandbox(settings: Settings) -> AsyncIterator[Provider]:
    """The sandbox."""
    database = connect(settings, "marketplace")

    async def taken(account: str) -> list[Decimal]:
        return [from_decimal128(each["amount"]) for each in await _charges(database, account)]

    async def given(account: str) -> list[Decimal]:
        return [from_decimal128(refund["amount"]) for each in await _charges(database, account) for refund in each["refunds"]]

    try:
        yield Provider(PaymentsSandbox(database), "credit_card", "card_declined", "card_timeout", "provider_away", "card", taken, given)
    finally:
        database.client.close()


async def _charges(database: Database, account: str) -> list[dict[str, object]]:
    return await database["sandbox_charges"].find({"account_id": account, "charge_id": {"$ne": None}}).to_list(None)


@asynccontextmanager
async def stripe(settings: Settings) -> AsyncIterator[Provider]:
    """Stripe's adapter, and its side of the wire."""
    database = connect(settings, "marketplace")
    async with stripe_double() as double:
        payments = make_payments(Settings.model_validate(settings.model_dump() | stripe_settings(double)), database)
        troubled = _Troubled(double, payments)

        async def taken(account: str) -> list[Decimal]:
            return [Decimal(each["amount"]) / 100 for each in double.objects.taken(account)]

        async def given(account: str) -> list[Decimal]:
            charges = {each["id"] for each in double.objects.taken(account)}
            return [Decimal(each["amount"]) / 100 for each in double.objects.refunds.values() if each["payment_intent"] in charges]

        try:
            yield Provider(troubled, "pm_card_visa", "pm_card_chargeDeclined", LOST, AWAY, "pm-card", taken, given)
        finally:
            await payments.close()
            database.client.close()


async def given_up(asking: Coroutine[Any, Any, object], *, when: Callable[[], Awaitable[object]]) -> None:
    """Ask for something whose answer never comes, and give up as soon as `when` is true, or when it is said to be lost."""
    asked = asyncio.create_task(asking)
    await until(when, what="what is asked for", within=120)
    asked.cancel()
    with pytest.raises((asyncio.CancelledError, TimeoutError)):
        await asked


def stripe_settings(double: StripeDouble) -> dict[str, str]:
    """Return what tells the marketplace to pay by this double; production takes no key of Stripe's test mode."""
    return {"profile": "development", "payments": "stripe", "stripe_key": KEY, "stripe_url": double.url}


@dataclass
class _Troubled:
    """The adapter, with troubles on the wire by the card's name, as the sandbox has them: the first time with each key."""

    double: StripeDouble
    payments: PaymentsStripe
    seen: set[str] = field(default_factory=set)
    charges: dict[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> Mapping[str, str]:
        return self.payments.methods

    def knows(self, method: str) -> bool:
        return self.payments.knows(method)

    async def charge(self, *, key: str, account_id: str, amount: Decimal, method: str, at_hand: bool = True) -> Charge | Decline:
        if key not in self.seen and method == LOST:
            self.double.troubles.append(Trouble("POST", r"/v1/payment_intents/\w+/confirm", before=False))
        if key not in self.seen and method == AWAY:
            self.double.troubles.append(Trouble("POST", "/v1/payment_intents", status=429))
        self.seen.add(key)
        said = await self.payments.charge(key=key, account_id=account_id, amount=amount, method=method, at_hand=at_hand)
        if isinstance(said, Charge):
            self.charges[said.id] = method
        return said

    async def refund(self, *, key: str, charge_id: str, amount: Decimal) -> Refund:
        if key not in self.seen and self.charges.get(charge_id) == LOST:
            self.double.troubles.append(Trouble("POST", "/v1/refunds", before=False))
        if key not in self.seen and self.charges.get(charge_id) == AWAY:
            self.double.troubles.append(Trouble("POST", "/v1/refunds", status=429))
        self.seen.add(key)
        return await self.payments.refund(key=key, charge_id=charge_id, amount=amount)
