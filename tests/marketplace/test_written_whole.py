"""A booking that nobody waits for any more: what has begun is written whole, and holds up nothing else."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.tasks import cancelled
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from services.marketplace.domain.ledger import Movement
from services.marketplace.domain.purchase import PurchaseState, begin
from services.marketplace.outbound import books_mongo
from services.marketplace.settings import Settings
from services.marketplace.usecases.finish_purchases import FinishPurchases
from tests.marketplace.market import bought, wired
from tests.waiting import until


async def test_a_purchase_ended_amid_its_credit_is_credited_whole_and_names_are_looked_up_meanwhile(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, loop = new_id("account"), asyncio.get_running_loop()
    reached, go_on, document_of = threading.Event(), threading.Event(), books_mongo._from_movement

    def held_up(movement: Movement) -> dict[str, Any]:
        reached.set()
        assert go_on.wait(60)
        return document_of(movement)

    async def is_reached() -> bool:
        return reached.is_set()

    monkeypatch.setattr(books_mongo, "_from_movement", held_up)
    loop.set_default_executor(ThreadPoolExecutor(1))
    async with wired(settings, MemoryBroker()) as market:
        (finish,) = (sweep for sweep in market.sweeps.values() if isinstance(sweep, FinishPurchases))
        purchase = await finish.purchases.begin(begin(bought("50", account=account), at=now()))
        crediting = asyncio.create_task(finish.carry_on(purchase))
        try:
            await until(is_reached)
            await asyncio.wait_for(loop.getaddrinfo("localhost", 80), 30)
            await cancelled(crediting)
        finally:
            go_on.set()

        async def is_credited() -> bool:
            return (await finish.purchases.get(purchase.id)).state is PurchaseState.CREDITED

        await until(is_credited)
        wallet = await finish.carry_on.book.books.wallet(account)
        assert [(lot.source, lot.hours) for lot in wallet.lots] == [(purchase.id, Decimal(50))]
