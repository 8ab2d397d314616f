"""Payment providers for their one contract: each adapter with methods that play the same things, and a count of what was really moved."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from libs.chassis.mongo import Database, connect, from_decimal128
from services.marketplace.domain.payments import Payments
from services.marketplace.outbound.payments_sandbox_mongo import PaymentsSandbox
from services.marketplace.settings import Settings


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
