"""An account that does much at once: its bookings are written together, and hold up neither each other nor anybody else's."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from libs.chassis.bus.port import AskRefusedError
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.marketplace import ReserveCredits
from services.marketplace.outbound.books_mongo import BooksMongo
from services.marketplace.outbound.purchases_mongo import PurchasesMongo
from services.marketplace.usecases import bookkeeping
from services.marketplace.usecases.bookkeeping import Bookkeeper
from services.marketplace.usecases.reserve_credits import Reserve
from services.marketplace.usecases.settle_credits import Settle
from tests.marketplace.market import Market


async def test_what_waits_for_one_account_is_written_together_and_others_go_on(market: Market) -> None:
    busy, other = new_id("account"), new_id("account")
    jobs = [(await market.reserve("0.01", account=busy)).job_id for _ in range(20)]
    before = await transactions(market)

    settled = [market.settle(job, account=busy, outcome="succeeded", used="0.01") for job in jobs]
    reserved = [market.reserve("0.01", account=account) for account in [busy] * 80 + [other]]
    await asyncio.gather(*settled, *reserved)

    assert await transactions(market) - before < (20 + 81) / 2
    assert (await market.balances(busy))["reserved"] == Decimal("0.80")
    assert (await market.balances(busy))["platform:compute"] == Decimal("0.20")
    assert (await market.balances(other))["reserved"] == Decimal("0.01")
    assert await market.wallet_problems(busy) == []


async def test_what_one_process_settles_and_another_reserves_at_once_is_all_booked(market: Market) -> None:
    busy = new_id("account")
    jobs = [(await market.reserve("0.01", account=busy)).job_id for _ in range(20)]
    books = BooksMongo(market.database, purchases := PurchasesMongo(market.database, on_write=lambda: None))
    settle = Settle(Bookkeeper(books, purchases), now)

    settled = [settle(job, account_id=busy, outcome="succeeded", used=Decimal("0.01")) for job in jobs]
    reserved = [market.reserve("0.01", account=busy) for _ in range(60)]
    await asyncio.gather(*settled, *reserved)

    assert (await market.balances(busy))["reserved"] == Decimal("0.60")
    assert (await market.balances(busy))["platform:compute"] == Decimal("0.20")
    assert await market.wallet_problems(busy) == []


async def test_what_a_process_remembers_of_a_wallet_neither_lets_too_much_through_nor_refuses_what_there_is(market: Market) -> None:
    account = new_id("account")
    books = BooksMongo(market.database, purchases := PurchasesMongo(market.database, on_write=lambda: None))
    elsewhere = Bookkeeper(books, purchases)
    reserve, settle = Reserve(elsewhere, now, timedelta(minutes=15)), Settle(elsewhere, now)
    first, second = (ReserveCredits(job_id=new_id("job"), account_id=account, tier="free", hours=Decimal(6)) for _ in range(2))
    await market.reserve("1", account=account)

    await reserve(first)
    with pytest.raises(AskRefusedError):
        await market.reserve("6", account=account)
    await settle(first.job_id, account_id=account, outcome="released", used=Decimal(0))
    await market.reserve("6", account=account, job=second.job_id)
    again = await reserve(second)
    await settle(second.job_id, account_id=account, outcome="released", used=Decimal(0))

    assert again.hours == 6
    assert (await market.balances(account))["reserved"] == 1
    assert await market.wallet_problems(account) == []


async def test_processes_that_book_for_one_account_by_turns_do_not_get_into_each_others_way(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = new_id("account")
    books = BooksMongo(market.database, purchases := PurchasesMongo(market.database, on_write=lambda: None))
    one, other = (Bookkeeper(books, purchases) for _ in range(2))
    reserve, settle = Reserve(one, now, timedelta(minutes=15)), Settle(other, now)
    monkeypatch.setattr(bookkeeping, "ATTEMPTS", 1)  # Being overtaken once would be an error.
    before = await transactions(market, "totalAborted")

    for _ in range(10):
        asked = ReserveCredits(job_id=new_id("job"), account_id=account, tier="free", hours=Decimal(1))
        await reserve(asked)
        await settle(asked.job_id, account_id=account, outcome="released", used=Decimal(0))
    by_turns = await transactions(market, "totalAborted") - before
    for _ in range(3):
        await reserve(ReserveCredits(job_id=new_id("job"), account_id=account, tier="free", hours=Decimal(1)))
    await market.reserve("1", account=account)
    await reserve(ReserveCredits(job_id=new_id("job"), account_id=account, tier="free", hours=Decimal(1)))

    assert by_turns == 0
    assert await transactions(market, "totalAborted") - before <= 1
    assert (await market.balances(account))["reserved"] == 5
    assert await market.wallet_problems(account) == []


async def test_of_reservations_that_come_at_once_those_are_refused_for_which_too_little_is_left(market: Market) -> None:
    account = new_id("account")

    answers = await asyncio.gather(*(market.reserve("1", account=account) for _ in range(12)), return_exceptions=True)

    refused = [each for each in answers if isinstance(each, AskRefusedError)]
    assert [each.code for each in refused] == ["insufficient_credits"] * 2
    assert (await market.balances(account))["reserved"] == 10


async def test_the_same_job_twice_at_once_beside_others_is_one_reservation(market: Market) -> None:
    account, job = new_id("account"), new_id("job")

    await asyncio.gather(*(market.reserve("1", account=account, job=name) for name in [job, new_id("job"), job, job]))

    assert (await market.balances(account))["reserved"] == 2


async def test_a_reservation_that_cannot_be_read_fails_alone(market: Market) -> None:
    account = new_id("account")
    jobs = [(await market.reserve("1", account=account)).job_id for _ in range(6)]
    await market.database["reservations"].update_one({"_id": jobs[0]}, {"$unset": {"outcome": ""}})

    async def settle(job: str) -> None:
        await market.settle(job, account=account, outcome="succeeded", used="1")

    with pytest.raises(AskRefusedError):
        await asyncio.gather(*map(settle, jobs))

    await asyncio.gather(*map(settle, jobs[1:]))
    assert (await market.balances(account))["platform:compute"] == 5


async def transactions(market: Market, ended: str = "totalCommitted") -> int:
    """Count the transactions that have ended so on the server."""
    status = await market.database.client.admin.command("serverStatus")
    return int(status["transactions"][ended])
