"""What jobs have used, by period, job and day, read from the ledger."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from libs.chassis.bus.memory import MemoryBroker
from libs.contracts.ids import new_id
from libs.contracts.money import price_of
from libs.contracts.training import JobError, TrainingCancelled, TrainingFailed
from services.marketplace.settings import Settings
from tests.marketplace.market import Clock, Market, requested, serving
from tests.waiting import until

JANUARY = date(2026, 1, 1), date(2026, 1, 31)
FEBRUARY = date(2026, 2, 1), date(2026, 2, 28)


async def run(market: Market, *, account: str, at: datetime, used: str, name: str = "a job", reserved: str = "1", **ends: Any) -> str:
    """Let a job run and be settled at this moment."""
    market.clock.at = at
    job = (await market.reserve(reserved, account=account)).job_id
    await market.bus.publish(requested(job, account=account, hours=reserved, name=name))
    told = {"sequence": 9, "job_id": job, "model_id": new_id("model"), "account_id": account, "started_at": None, "ended_at": at}
    hours = Decimal(used)
    if ends.pop("fails", False):
        error = JobError(type="E", message="m")
        await market.bus.publish(TrainingFailed(**told, compute_hours=hours, attempts=1, error=error, logs=(), **ends))
    else:
        await market.bus.publish(TrainingCancelled(**told, compute_hours=hours, progress=50, **ends))

    async def settled() -> bool:
        closed = await market.database["reservations"].find_one({"_id": job, "state": "closed"})
        named = await market.database["jobs"].find_one({"_id": job, "name": name, "resource": {"$exists": True}})
        return bool(closed and named)

    await until(settled)
    return job


async def test_usage_is_what_settled_jobs_were_charged_by_job_and_day(settings: Settings) -> None:
    account, other = new_id("account"), new_id("account")
    async with serving(settings, MemoryBroker(), Clock()) as market:
        late = datetime(2026, 1, 5, 23, 59, 59, 999000, tzinfo=UTC)
        first = await run(market, account=account, at=late, used="0.000001", name="one")
        second = await run(market, account=account, at=late + timedelta(milliseconds=1), used="0.75", name="two", resource="gpu")
        await run(market, account=account, at=late + timedelta(hours=1), used="0.5", name="failed", fails=True)
        await run(market, account=other, at=late, used="0.25")

        usage = await market.usage(account=account, first=JANUARY[0], last=JANUARY[1])

        assert (usage.hours_used, usage.cost, usage.jobs_count) == (Decimal("0.750001"), Decimal("3.76"), 2)
        assert [(job.job_id, job.job_name, job.hours, job.cost, job.resource) for job in usage.jobs] == [
            (second, "two", Decimal("0.75"), Decimal("3.75"), "gpu"),
            (first, "one", Decimal("0.000001"), Decimal("0.01"), "cpu"),
        ]
        assert [(day.day, day.hours, day.cost) for day in usage.days] == [
            (date(2026, 1, 5), Decimal("0.000001"), Decimal("0.01")),
            (date(2026, 1, 6), Decimal("0.75"), Decimal("3.75")),
        ]
        assert (usage.hours_limit, usage.available_hours) == (Decimal(10), Decimal("9.249999"))


async def test_a_day_begins_and_ends_at_midnight_utc(settings: Settings) -> None:
    account = new_id("account")
    async with serving(settings, MemoryBroker(), Clock()) as market:
        for at in (
            datetime(2026, 1, 5, tzinfo=UTC),
            datetime(2026, 1, 5, 23, 59, 59, 999000, tzinfo=UTC),
            datetime(2026, 1, 6, tzinfo=UTC),
        ):
            await run(market, account=account, at=at, used="0.1")

        usage = await market.usage(account=account, first=date(2026, 1, 5), last=date(2026, 1, 5))

        assert (usage.hours_used, usage.jobs_count) == (Decimal("0.2"), 2)


async def test_hours_beyond_the_reservation_are_no_usage_that_is_charged(settings: Settings) -> None:
    account, at = new_id("account"), datetime(2026, 1, 5, tzinfo=UTC)
    async with serving(settings, MemoryBroker(), Clock()) as market:
        await run(market, account=account, at=at, used="1.5", reserved="1")

        usage = await market.usage(account=account, first=JANUARY[0], last=JANUARY[1])

        assert [(job.hours, job.cost) for job in usage.jobs] == [(Decimal(1), Decimal("5.00"))]


async def test_costs_are_rounded_job_by_job_as_they_were_charged_and_add_up(settings: Settings) -> None:
    account, at = new_id("account"), datetime(2026, 1, 5, tzinfo=UTC)
    async with serving(settings, MemoryBroker(), Clock()) as market:
        for used in ("0.001", "0.003", "0.005"):  # 0.005, 0.015 and 0.025: up to the cent
            await run(market, account=account, at=at, used=used)

        usage = await market.usage(account=account, first=JANUARY[0], last=JANUARY[1])

        assert [job.cost for job in usage.jobs] == [Decimal("0.03"), Decimal("0.02"), Decimal("0.01")]
        assert [job.cost for job in usage.jobs] == [price_of(job.hours) for job in usage.jobs]
        assert usage.cost == usage.days[0].cost == Decimal("0.06")


async def test_the_limit_is_the_months_grant_and_bought_hours_as_far_as_they_could_be_used(settings: Settings) -> None:
    account = new_id("account")
    async with serving(settings, MemoryBroker(), Clock(datetime(2026, 1, 20, tzinfo=UTC))) as market:
        await market.buy("50", account=account)
        await run(market, account=account, at=datetime(2026, 1, 21, tzinfo=UTC), used="15", reserved="15")  # 5 of those bought
        market.clock.at = datetime(2026, 2, 2, tzinfo=UTC)
        alive = await market.usage(account=account, first=FEBRUARY[0], last=FEBRUARY[1])
        await run(market, account=account, at=datetime(2026, 2, 3, tzinfo=UTC), used="12", reserved="12")  # bought: they end first
        market.clock.at = datetime(2026, 2, 21, tzinfo=UTC)
        over = await market.usage(account=account, first=FEBRUARY[0], last=FEBRUARY[1])
        before = await market.usage(account=account, first=JANUARY[0], last=JANUARY[1])

        assert (before.hours_limit, before.hours_used) == (Decimal(60), Decimal(15))
        assert (alive.hours_limit, alive.hours_used, alive.available_hours) == (Decimal(55), Decimal(0), Decimal(55))
        assert (over.hours_limit, over.hours_used, over.available_hours) == (Decimal(22), Decimal(12), Decimal(10))


async def test_looking_books_nothing_and_counts_the_grant_of_a_month_that_nobody_opened(settings: Settings) -> None:
    account = new_id("account")
    async with serving(settings, MemoryBroker(), Clock(datetime(2026, 1, 20, tzinfo=UTC))) as market:
        now = await market.usage(account=account, first=JANUARY[0], last=JANUARY[1], tier="pro")
        then = await market.usage(account=account, first=date(2025, 1, 1), last=date(2025, 1, 31), tier="pro")

        assert (now.hours_limit, now.available_hours, now.jobs, now.days) == (Decimal(100), Decimal(100), (), ())
        assert then.hours_limit == Decimal(0)
        assert await market.balances(account) == {}


async def test_a_job_whose_request_is_not_known_has_no_name(settings: Settings) -> None:
    account = new_id("account")
    async with serving(settings, MemoryBroker(), Clock(datetime(2026, 1, 20, tzinfo=UTC))) as market:
        job = (await market.reserve("1", account=account)).job_id
        await market.settle(job, account=account, outcome="cancelled", used="0.5")

        (used,) = (await market.usage(account=account, first=JANUARY[0], last=JANUARY[1])).jobs

        assert (used.job_id, used.job_name, used.resource) == (job, None, None)
