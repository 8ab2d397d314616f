"""A marketplace's process is killed in the middle of a payment: the next one ends it, once."""

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from libs.chassis.bus.memory import MemoryBroker
from libs.chassis.stores.mongo import database_name
from libs.contracts.ids import new_id
from libs.contracts.subscriptions import ModelSubscribed, RefundSubscription, SubscriptionRenewed
from services.marketplace.settings import Settings
from tests.chassis.processes import started
from tests.marketplace.audit import problems
from tests.marketplace.leasing import ask, becomes, on_sale, subscribe, wanted
from tests.marketplace.market import Clock, Market, serving
from tests.waiting import until

JANUARY = datetime(2026, 1, 31, 12, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 28, 12, tzinfo=UTC)
PROGRAM = str(Path(__file__).with_name("dying_subscriber.py"))
DYING = pytest.mark.parametrize("dies", ["before", "after"])


@pytest.fixture
def quick(settings: Settings) -> Settings:
    return settings.model_copy(update={"sweep_every": timedelta(milliseconds=40)})


async def killed(settings: Settings, folder: Path, *, dies: str, at: datetime, what: tuple[str, str]) -> None:
    """Let a process do something, and be killed by it."""
    environment = {
        "MONGO_URL": settings.mongo_url,
        "DATABASE": database_name(settings, "marketplace"),
        "DIES": dies,
        "AT": at.isoformat(),
    }
    async with started(PROGRAM, *what, environment=environment, folder=folder) as running:
        code = await running.process.wait()
        assert code == -signal.SIGKILL, running.lines


async def all_adds_up(market: Market) -> None:
    async def it_does() -> bool:
        return await problems_but_events(market) == []

    await until(it_does, what="the books to balance", within=120)


async def problems_but_events(market: Market) -> list[str]:
    """Events have been published here, so they are not in the documents any more."""
    return [problem for problem in await problems(market.database) if "events" not in problem]


@DYING
async def test_a_subscription_whose_process_died_is_one_charge(quick: Settings, tmp_path: Path, dies: str) -> None:
    clock, broker, buyer = Clock(JANUARY), MemoryBroker(), new_id("account")
    async with serving(quick, broker, clock) as market:
        listing = await on_sale(market, seller=new_id("account"))
    said = wanted(listing, account=buyer)
    await killed(quick, tmp_path, dies=dies, at=JANUARY, what=("subscribe", said.model_dump_json()))

    clock.at = JANUARY + timedelta(minutes=1)
    async with serving(quick, broker, clock) as market, serving(quick, broker, clock):
        told = await ask(market, said)
        await becomes(market, told, state="active", bill_id=None)
        await all_adds_up(market)

        assert await market.charges(buyer) == 1

        async def heard() -> bool:
            return bool(market.told(ModelSubscribed.topic, buyer))

        await until(heard)
        assert len({ModelSubscribed.model_validate_json(body).event_id for body in market.told(ModelSubscribed.topic, buyer)}) == 1


@DYING
async def test_a_renewal_whose_process_died_is_one_charge(quick: Settings, tmp_path: Path, dies: str) -> None:
    clock, broker, buyer = Clock(JANUARY), MemoryBroker(), new_id("account")
    async with serving(quick, broker, clock) as market:
        told = await subscribe(market, await on_sale(market, seller=new_id("account")), account=buyer)
    await killed(quick, tmp_path, dies=dies, at=FEBRUARY, what=("renew", ""))

    clock.at = FEBRUARY + timedelta(minutes=1)
    async with serving(quick, broker, clock) as market, serving(quick, broker, clock):
        after = await becomes(market, told, renewals=1, bill_id=None)
        await all_adds_up(market)

        assert (after["run"]["began"], await market.charges(buyer)) == (FEBRUARY, 2)

        async def heard() -> bool:
            return bool(market.told(SubscriptionRenewed.topic, buyer))

        await until(heard)


@DYING
async def test_a_refund_whose_process_died_is_given_once(quick: Settings, tmp_path: Path, dies: str) -> None:
    clock, broker, buyer = Clock(JANUARY), MemoryBroker(), new_id("account")
    async with serving(quick, broker, clock) as market:
        told = await subscribe(market, await on_sale(market, seller=new_id("account")), account=buyer)
    said = RefundSubscription(subscription_id=told.subscription_id, admin_id=new_id("account"), reason="Charged by mistake.")
    await killed(quick, tmp_path, dies=dies, at=JANUARY, what=("refund", said.model_dump_json()))

    clock.at = JANUARY + timedelta(minutes=1)
    async with serving(quick, broker, clock) as market:

        async def given() -> bool:
            await market.pass_pauses()
            return await market.database["bills"].find_one({"subscription_id": told.subscription_id, "state": "refunded"}) is not None

        await until(given)
        await all_adds_up(market)

        assert await market.database["sandbox_refunds"].count_documents({}) == 1


async def test_replicas_that_start_side_by_side_on_an_empty_database_all_come_up(settings: Settings, namespace: str) -> None:
    empty, broker = settings.model_copy(update={"namespace": f"{namespace}e"}), MemoryBroker()

    async with AsyncExitStack() as stack:
        markets = await asyncio.gather(*(stack.enter_async_context(serving(empty, broker)) for _ in range(4)))

        assert len(markets) == 4
        await markets[0].database.client.drop_database(markets[0].database.name)
