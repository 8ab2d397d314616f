"""Compute credits through the marketplace's front door: asks and events on the bus, the ledger in MongoDB."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.stores.mongo import from_decimal128
from libs.contracts.envelope import now
from libs.contracts.ids import new_id
from libs.contracts.jobs import JobCancelled, JobCompleted, JobFailed, JobRequested
from libs.contracts.marketplace import CreditsCharged
from libs.contracts.training import COMPUTE_LIMIT, JobError, Priority, TrainingCancelled, TrainingFailed
from services.marketplace.domain.wallet import Outcome, Wallet, confirm, reserve, settle
from services.marketplace.settings import Settings
from tests.marketplace.market import Clock, Market, requested, serving
from tests.waiting import until

# An hour later it is the same month, whose credits are counted.
MID_MONTH = datetime(2026, 1, 15, 12, tzinfo=UTC)


async def test_a_reservation_comes_out_of_the_months_grant(market: Market) -> None:
    account = new_id("account")

    reserved = await market.reserve("2.5", account=account)

    assert reserved.cost == Decimal("12.50")
    assert reserved.available_hours == Decimal("7.5")
    assert await market.balances(account) == {"platform:grants": Decimal(-10), "available": Decimal("7.5"), "reserved": Decimal("2.5")}


async def test_the_same_job_reserves_once(market: Market) -> None:
    account, job = new_id("account"), new_id("job")

    first = await market.reserve("4", account=account, job=job)
    again = await market.reserve("4", account=account, job=job)

    assert again.expires_at == first.expires_at
    assert (await market.balances(account))["reserved"] == Decimal(4)


async def test_an_account_without_enough_hours_is_told_how_many_it_has(market: Market) -> None:
    account = new_id("account")
    await market.reserve("8", account=account)

    with pytest.raises(AskRefusedError) as refused:
        await market.reserve("2.000001", account=account)

    assert refused.value.code == "insufficient_credits"
    assert "2.000001 hours, 2 are left" in refused.value.message


async def test_a_success_is_charged_by_measured_hours_and_the_rest_comes_back(market: Market) -> None:
    account = new_id("account")
    reserved = await market.reserve("3", account=account)

    settled = await market.settle(reserved.job_id, account=account, outcome="succeeded", used="1.2")
    again = await market.settle(reserved.job_id, account=account, outcome="failed", used="0")

    assert (settled.charged, settled.refund_amount) == (Decimal("6.00"), Decimal("9.00"))
    assert again == settled
    balances = await market.balances(account)
    assert (balances["available"], balances["reserved"], balances["platform:compute"]) == (Decimal("8.8"), Decimal(0), Decimal("1.2"))


@pytest.mark.parametrize("how", ["completed", "cancelled", "failed"])
async def test_a_job_of_another_kind_is_reserved_charged_and_given_back_as_a_training_is(market: Market, how: str) -> None:
    account = new_id("account")
    reserved = await market.reserve("3", account=account)
    about: dict[str, Any] = {"sequence": 2, "job_id": reserved.job_id, "account_id": account, "kind": "backtest"}
    work: dict[str, Any] = {"started_at": now(), "ended_at": now(), "compute_hours": Decimal("1.2"), "logs": ()}
    ends = {
        "completed": JobCompleted(**about, **work, spec={}, result={}),
        "cancelled": JobCancelled(**about, **work, progress=50),
        "failed": JobFailed(**about, **work, attempts=3, error=JobError(type="OSError", message="the disk hiccuped")),
    }
    request = JobRequested(
        **about | {"sequence": 1}, tier="free", job_name="a backtest", priority=Priority.LOW, spec={}, reserved_hours=Decimal(3)
    )

    for event in (request, ends[how], ends[how]):
        await market.bus.publish(event)

    async def settled() -> bool:
        return (await market.balances(account)).get("reserved") == 0

    await until(settled)
    used = Decimal(0) if how == "failed" else Decimal("1.2")
    assert (await market.balances(account))["available"] == 10 - used


async def test_never_more_is_charged_than_was_reserved(market: Market) -> None:
    account = new_id("account")
    reserved = await market.reserve("4", account=account)

    settled = await market.settle(reserved.job_id, account=account, outcome="succeeded", used="25")
    again = await market.settle(reserved.job_id, account=account, outcome="succeeded", used="25")

    assert (settled.charged_hours, again) == (Decimal(4), settled)
    assert await market.balances(account) == {
        "platform:grants": Decimal(-10), "available": Decimal(6), "reserved": Decimal(0), "platform:compute": Decimal(4),
    }  # fmt: skip

    async def heard() -> bool:
        return bool(market.told(CreditsCharged.topic, account))

    await until(heard, what="what the job was charged")
    (told,) = (CreditsCharged.model_validate_json(body) for body in market.told(CreditsCharged.topic, account))
    assert (told.job_id, told.reserved_hours, told.charged_hours) == (reserved.job_id, Decimal(4), Decimal(4))
    assert (told.charged, told.refund_amount) == (Decimal("20.00"), Decimal("0.00"))


async def test_a_job_without_a_reservation_is_charged_nothing(market: Market) -> None:
    account = new_id("account")
    await market.reserve("1", account=account)

    settled = await market.settle(new_id("job"), account=account, outcome="succeeded", used="3")

    assert settled.charged == Decimal("0.00")
    assert (await market.balances(account))["available"] == Decimal(9)


@given(
    reserved=st.decimals(min_value="0.01", max_value=10, places=6),
    used=st.decimals(min_value=0, max_value=1000, places=6),
    outcome=st.sampled_from(("succeeded", "cancelled", "limited", "failed")),
)
def test_what_is_charged_is_what_was_used_and_at_most_what_was_announced(reserved: Decimal, used: Decimal, outcome: Outcome) -> None:
    at = now()
    held = reserve(Wallet("account_1"), None, job_id="job_1", tier="free", hours=reserved, at=at, life=timedelta(hours=1))

    closed = settle(held.wallet, held.reservation, job_id="job_1", outcome=outcome, used=used, at=at)

    assert closed.reservation is not None
    assert closed.reservation.charged == (Decimal(0) if outcome == "failed" else min(used, reserved))
    assert closed.wallet.usable(at=at) == Decimal(10) - closed.reservation.charged
    assert closed.wallet.reserved == 0


async def test_what_never_began_is_charged_to_nobody_and_not_told(market: Market) -> None:
    account = new_id("account")
    first, second = await market.reserve("1", account=account), await market.reserve("1", account=account)
    await market.settle(first.job_id, account=account, outcome="released", used="0")
    await market.settle(second.job_id, account=account, outcome="failed", used="0.5")

    async def heard() -> bool:
        return bool(market.told(CreditsCharged.topic, account))

    await until(heard, what="what the failed job was charged")
    (told,) = (CreditsCharged.model_validate_json(body) for body in market.told(CreditsCharged.topic, account))
    assert (told.job_id, told.charged_hours, told.refund_amount) == (second.job_id, Decimal(0), Decimal("5.00"))


async def test_a_failed_job_costs_nothing_and_one_that_was_cancelled_or_used_up_its_hours_what_it_used(market: Market) -> None:
    account = new_id("account")
    failing, cancelled, limited = [await market.reserve("1", account=account) for _ in range(3)]
    ends = {"sequence": 9, "model_id": "model_x", "account_id": account, "started_at": None, "ended_at": now()}

    await market.bus.publish(
        TrainingFailed(
            job_id=failing.job_id, compute_hours=Decimal("0.5"), attempts=3, error=JobError(type="E", message="m"), logs=(), **ends
        )
    )
    await market.bus.publish(TrainingCancelled(job_id=cancelled.job_id, compute_hours=Decimal("0.25"), progress=10, **ends))
    used_up = JobError(type=COMPUTE_LIMIT, message="m")
    await market.bus.publish(
        TrainingFailed(job_id=limited.job_id, compute_hours=Decimal("1.01"), attempts=1, error=used_up, logs=(), **ends)
    )

    async def settled() -> bool:
        return (await market.balances(account)).get("reserved") == 0

    await until(settled)
    assert (await market.balances(account))["available"] == Decimal("8.75")


async def test_a_reservation_that_was_released_can_be_made_again(market: Market) -> None:
    account, job = new_id("account"), new_id("job")
    first = await market.reserve("0.5", account=account, job=job)
    await market.settle(job, account=account, outcome="released", used="0")

    again = await market.reserve("0.5", account=account, job=job)

    assert (again.hours, again.available_hours) == (first.hours, first.available_hours)
    assert (await market.balances(account))["reserved"] == Decimal("0.5")


async def test_a_reservation_whose_job_never_comes_expires_and_a_confirmed_one_does_not(settings: Settings) -> None:
    account, real = new_id("account"), new_id("job")
    broker = MemoryBroker()
    async with serving(settings, broker) as market:
        await market.reserve("4", account=account, job=real)
        await market.bus.publish(requested(real, account=account, hours="4"))

        async def confirmed() -> bool:
            return await market.database["reservations"].find_one({"_id": real, "state": "confirmed"}) is not None

        await until(confirmed)
        await market.database["reservations"].update_one({"_id": real}, {"$set": {"expires_at": now() - timedelta(hours=1)}})

    short = settings.model_copy(update={"reservation_life": timedelta(0), "sweep_every": timedelta(milliseconds=20)})
    async with serving(short, broker) as market:
        await market.reserve("5", account=account)

        async def given_back() -> bool:
            return (await market.balances(account))["available"] == Decimal(6)

        await until(given_back)
        assert (await market.balances(account))["reserved"] == Decimal(4)


@pytest.mark.parametrize(("how", "charged"), [("completed", "1.2"), ("failed", "0")])
async def test_a_job_whose_end_comes_before_its_request_after_its_reservation_expired_is_charged_once_and_holds_nothing(
    settings: Settings, how: str, charged: str
) -> None:
    broker, clock, account = MemoryBroker(), Clock(MID_MONTH), new_id("account")
    short = settings.model_copy(update={"sweep_every": timedelta(milliseconds=20)})
    async with serving(short, broker, clock) as market:
        job = (await market.reserve("3", account=account)).job_id
        clock.at = MID_MONTH + timedelta(hours=1)  # The bus was away for as long, and carries the job's events in any order.

        async def expired() -> bool:
            return await market.database["reservations"].find_one({"_id": job, "outcome": "expired"}) is not None

        await until(expired)
        about: dict[str, Any] = {"sequence": 2, "job_id": job, "account_id": account, "kind": "backtest"}
        work: dict[str, Any] = {"started_at": MID_MONTH, "ended_at": MID_MONTH, "compute_hours": Decimal("1.2"), "logs": ()}
        ends = {
            "completed": JobCompleted(**about, **work, spec={}, result={}),
            "failed": JobFailed(**about, **work, attempts=3, error=JobError(type="OSError", message="the disk hiccuped")),
        }

        for event in (ends[how], ends[how], requested(job, account=account, hours="3")):
            await market.bus.publish(event)
            await broker.all_heard()

        balances = await market.balances(account)
        assert (balances["reserved"], balances["available"]) == (Decimal(0), 10 - Decimal(charged))
        assert await market.wallet_problems(account) == []


async def test_a_higher_tier_within_the_month_adds_the_difference(market: Market) -> None:
    account = new_id("account")
    await market.reserve("10", account=account, tier="free")

    reserved = await market.reserve("50", account=account, tier="pro")

    assert reserved.available_hours == Decimal(40)


async def test_books_balance_when_many_jobs_come_and_go_at_once(market: Market) -> None:
    account = new_id("account")
    jobs = [new_id("job") for _ in range(30)]

    await asyncio.gather(*(market.reserve("0.3", account=account, job=job) for job in jobs))
    await asyncio.gather(*(market.settle(job, account=account, outcome="succeeded", used="0.1") for job in jobs for _ in range(2)))

    balances = await market.balances(account)
    assert sum(balances.values()) == 0
    assert balances["available"] == Decimal(7)
    wallet = await market.database["wallets"].find_one({"_id": account})
    assert wallet is not None
    assert from_decimal128(wallet["available"]) == balances["available"]


def test_a_reservation_confirmed_after_the_sweeps_look_is_not_expired() -> None:
    at = now()
    held = reserve(Wallet("account_1"), None, job_id="job_1", tier="free", hours=Decimal(4), at=at, life=timedelta(0))
    confirmed = confirm(held.wallet, held.reservation, job_id="job_1", tier="free", hours=Decimal(4), at=at)

    swept = settle(confirmed.wallet, confirmed.reservation, job_id="job_1", outcome="expired", used=Decimal(0), at=at)

    assert swept.movements == ()
    assert swept.reservation == confirmed.reservation
