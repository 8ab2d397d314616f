"""The marketplace as its stories meet it: the running service, a bus to speak to it, a clock to turn, and its database to look into."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from libs.chassis.bus.memory import MemoryBroker, MemoryBus
from libs.chassis.bus.port import AskRefusedError
from libs.chassis.process import open_chassis
from libs.chassis.stores.mongo import Database, from_decimal128
from libs.contracts.envelope import Ask, Reply, now
from libs.contracts.ids import new_id
from libs.contracts.marketplace import (
    CreditsBought,
    CreditsReserved,
    CreditsSettled,
    PurchaseCredits,
    ReadUsage,
    ReserveCredits,
    SettleCredits,
    Usage,
)
from libs.contracts.training import ModelType, Priority, TrainingRequested, TrainingSpec
from services.marketplace.app import Marketplace, build, running
from services.marketplace.settings import Settings
from tests.waiting import until

SPEC = TrainingSpec(
    model_type=ModelType.CLASSIFICATION,
    algorithm="RANDOM_FOREST",
    target_variable="signal_type",
    features=("rsi_14",),
    hyperparameters={},
    training_config={"symbols": ["AAPL"]},
)


# The card whose first answer gets lost: nobody asks again, unless the story does.
LOST = "card_timeout"
# A caller of the platform waits for 2 s: too few for a crowd of asks on a machine that does other things.
PATIENCE_S = 60.0


class Clock:
    """Shows the time that a story says, or the real one."""

    def __init__(self, at: datetime | None = None) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at or now()


def bought(hours: str, *, account: str, transaction: str | None = None, method: str = "credit_card", tier: str = "free") -> PurchaseCredits:
    """What somebody asks for who buys hours."""
    return PurchaseCredits(
        transaction_id=transaction or new_id("txn"), account_id=account, tier=tier, hours=Decimal(hours), payment_method=method
    )


async def answered(market: "Market", said: Ask, *, again: bool = False) -> Reply:
    """Ask, and ask again while nobody knows yet how the payment went: on a busy machine a good card's answer may be late, too."""
    deadline = time.monotonic() + 120
    while True:
        try:
            return await market.bus.ask(said, within=30)
        except AskRefusedError as refusal:
            is_lost = not again and getattr(said, "payment_method", None) == LOST
            if refusal.code != "payment_pending" or is_lost or time.monotonic() > deadline:
                raise


@dataclass(repr=False)
class Market:
    """The running service, a bus to speak to it, and its database to look into."""

    bus: MemoryBus
    database: Database
    broker: MemoryBroker
    clock: Clock

    async def reserve(self, hours: str, *, account: str, job: str | None = None, tier: str = "free") -> CreditsReserved:
        ask = ReserveCredits(job_id=job or new_id("job"), account_id=account, tier=tier, hours=Decimal(hours))
        answer = await self.bus.ask(ask, within=PATIENCE_S)
        assert isinstance(answer, CreditsReserved)
        return answer

    async def start(self, hours: str, *, account: str) -> str:
        """Reserve for a job that is real, and return its id."""
        job = (await self.reserve(hours, account=account)).job_id
        await self.bus.publish(requested(job, account=account, hours=hours))

        async def confirmed() -> bool:
            return await self.database["reservations"].find_one({"_id": job, "state": "confirmed"}) is not None

        await until(confirmed)
        return job

    async def settle(self, job: str, *, account: str, outcome: str, used: str) -> CreditsSettled:
        ask = SettleCredits(job_id=job, account_id=account, outcome=outcome, used_hours=Decimal(used))
        answer = await self.bus.ask(ask, within=PATIENCE_S)
        assert isinstance(answer, CreditsSettled)
        return answer

    async def buy(self, hours: str, *, account: str, again: bool = False, **more: str) -> CreditsBought:
        """Buy hours; `again` asks once more for what got no answer."""
        answer = await answered(self, bought(hours, account=account, **more), again=again)
        assert isinstance(answer, CreditsBought)
        return answer

    async def usage(self, *, account: str, first: date, last: date, tier: str = "free") -> Usage:
        ask = ReadUsage(account_id=account, tier=tier, first_day=first, last_day=last)
        answer = await self.bus.ask(ask, within=PATIENCE_S)
        assert isinstance(answer, Usage)
        return answer

    async def balances(self, account: str) -> dict[str, Decimal]:
        """Sum the ledger's lines by place: what the movements say, not what the wallet says."""
        return await self._sums("movements", "hours", account)

    async def money(self, account: str) -> dict[str, Decimal]:
        """Sum the ledger of money by place."""
        return await self._sums("money_movements", "amount", account)

    async def _sums(self, collection: str, unit: str, account: str) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        async for movement in self.database[collection].find({"account_id": account}):
            for line in movement["lines"]:
                sums[line["place"]] = sums.get(line["place"], Decimal(0)) + from_decimal128(line[unit])
        return sums

    async def purchase(self, transaction: str) -> dict[str, Any]:
        found = await self.database["purchases"].find_one({"_id": transaction})
        assert found is not None
        return found

    async def charges(self, account: str) -> int:
        """Count what the provider has charged."""
        return await self.database["sandbox_charges"].count_documents({"account_id": account, "charge_id": {"$ne": None}})

    def told(self, topic: str, account: str) -> list[str]:
        """Return the bodies of what was told about an account."""
        return [each["body"] for each in self.broker.events if each["topic"] == topic and account in each["body"]]

    async def pass_pauses(self) -> None:
        """Turn the clock to when the first payment that was put off is due again, if there is one."""
        put_off = {"state": {"$in": ["begun", "paid", "refunding"]}, "attempts": {"$gt": 0}, "go_on_at": {"$gt": self.clock()}}
        for name in ("bills", "purchases"):
            first = await self.database[name].find_one(put_off, sort=[("go_on_at", 1)])
            if first is not None and self.clock.at is not None:
                self.clock.at = max(self.clock.at, first["go_on_at"])

    async def wallet_problems(self, account: str) -> list[str]:
        """Say where the wallet is not what the ledger says, or where there is less than nothing."""
        sums, money = await self.balances(account), await self.money(account)
        wallet = await self.database["wallets"].find_one({"_id": account}) or {"available": 0, "reserved": 0, "lots": []}
        said = {name: from_decimal128(wallet[name]) for name in ("available", "reserved")}
        said["purchased"] = sum((from_decimal128(lot["hours"]) for lot in wallet["lots"]), Decimal(0))
        wrong = [
            f"{place}: {hours} in the wallet, {sums.get(place, 0)} in the ledger"
            for place, hours in said.items()
            if hours != sums.get(place, 0)
        ]
        wrong += [f"{place}: {hours}" for place, hours in said.items() if hours < 0]
        return wrong + [f"lines sum to {total}" for total in (sum(sums.values()), sum(money.values())) if total]


@asynccontextmanager
async def serving(settings: Settings, broker: MemoryBroker, clock: Clock | None = None) -> AsyncIterator[Market]:
    """Run the service and somebody who asks."""
    bus = MemoryBus(broker, service="marketplace", instance=new_id("marketplace"))
    asker, clock = MemoryBus(broker, service="gateway", instance=new_id("gateway")), clock or Clock()
    async with (
        open_chassis("marketplace", settings=settings, bus=bus) as chassis,
        running(settings, chassis, clock=clock),
        asker.running(asks=True),
    ):
        yield Market(asker, chassis.database, broker, clock)


@asynccontextmanager
async def wired(settings: Settings, broker: MemoryBroker) -> AsyncIterator[Marketplace]:
    """Wire the service without running it: nothing happens that a story does not do."""
    bus = MemoryBus(broker, service="marketplace", instance=new_id("marketplace"))
    async with open_chassis("marketplace", settings=settings, bus=bus) as chassis:
        market = build(settings, chassis)
        await market.prepare()
        yield market


def requested(job: str, *, account: str, hours: str, name: str = "a job") -> TrainingRequested:
    """The event that tells of a job."""
    return TrainingRequested(
        sequence=1,
        job_id=job,
        model_id=new_id("model"),
        account_id=account,
        tier="free",
        job_name=name,
        priority=Priority.NORMAL,
        version="1.0",
        spec=SPEC,
        reserved_hours=Decimal(hours),
    )
