"""The books balance: hundreds of random operations at once (ten thousand in the soak), a provider that stumbles, schedulers side by side, and an audit."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pytest

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.process import open_chassis
from services.marketplace.settings import Settings
from tests.marketplace.audit import problems
from tests.marketplace.bourse import Bourse, bourse

# A shorter storm than this lasts as many months.
LONG: Final = 10_000
AT_ONCE: Final = 32
SEED: Final = 20_260_131
OUTCOMES: Final = {"done", "payment_declined", "payment_pending", "payments_away", "already_subscribed", "not_a_subscriber"}


@pytest.mark.timeout(900)  # Half a minute alone; ten times that on a machine that does much else.
@pytest.mark.parametrize("operations", [500, *(pytest.param(most, marks=pytest.mark.soak) for most in (1_000, LONG))])
async def test_the_books_balance_under_thousands_of_operations_at_once(settings: Settings, operations: int) -> None:
    bus = MemoryBus(MemoryBroker(), service="marketplace", instance="bourse")
    async with open_chassis("marketplace", settings=settings, bus=bus) as chassis:
        market = await bourse(chassis.database, seed=SEED, pace=LONG // operations)
        outcomes: Counter[str] = Counter()
        await _storms(market, operations, outcomes)
        # Side by side they come in another order each time: what happens rarely may want more of them.
        while not await _has_seen_all(market, outcomes):
            await _storms(market, operations // 5, outcomes)
        await _ends(market)

        assert await problems(market.database) == []
        paid = await market.database["bills"].count_documents({"state": "paid"})
        assert paid > operations / 20, outcomes


async def _storms(market: Bourse, operations: int, outcomes: Counter[str]) -> None:
    left = iter(range(operations))
    await asyncio.gather(*(_works(market, left, outcomes) for _ in range(AT_ONCE)))


async def _has_seen_all(market: Bourse, outcomes: Counter[str]) -> bool:
    """Return whether each thing that can happen has happened."""
    bills = market.database["bills"]
    kinds = set(await bills.distinct("kind", {"state": "paid"}))
    refunds = await bills.count_documents({"state": {"$in": ["refunding", "refunded"]}})
    return kinds == {"first", "upgrade", "renewal"} and refunds > 0 and outcomes.keys() >= OUTCOMES


async def _works(market: Bourse, left: Iterator[int], outcomes: Counter[str]) -> None:
    for _ in left:
        try:
            await market.do_something()
        except PlatformError as refusal:
            if refusal.kind is ErrorKind.INTERNAL:
                raise
            outcomes[refusal.code] += 1
        else:
            outcomes["done"] += 1


async def _ends(market: Bourse) -> None:
    """Let the provider be well and everything that is under way come to its end."""
    market.provider.is_well = True
    unfinished = {"state": {"$in": ["begun", "refunding"]}}
    for _ in range(50):
        market.passes(timedelta(hours=1))
        await market.processes[0].finish()
        if not await market.database["bills"].count_documents(unfinished):
            break
    while await market.processes[0].recount():
        pass
