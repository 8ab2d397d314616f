"""The drill of docs/guides/backup.md: the books are restored to an earlier point and hear again what was told since; nothing counts twice."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.bus.handlers import Facts
from libs.chassis.bus.kafka import KafkaBus
from libs.chassis.bus.rewind import StillRunningError, rewind
from libs.chassis.process import Chassis, open_chassis
from libs.chassis.stores.mongo import Database, from_decimal128
from libs.contracts.access import access_of
from libs.contracts.envelope import now
from libs.contracts.examples import EXAMPLES
from libs.contracts.marketplace import CreditsPurchased, PurchaseCredits, ReserveCredits
from libs.contracts.training import TrainingCompleted, TrainingFailed
from services.marketplace.app import running
from services.marketplace.domain.ledger import Cause
from services.marketplace.settings import Settings
from tests.conftest import Kafka
from tests.marketplace.market import requested
from tests.waiting import until

ACCOUNT = "account_drill"
JOBS = ("job_1", "job_2", "job_3", "job_4")
TOPICS = access_of("marketplace").topics


@asynccontextmanager
async def marketplace(settings: Settings) -> AsyncIterator[Chassis]:
    """Run the service on the broker until the block ends."""
    bus = KafkaBus(settings, service="marketplace", instance="marketplace-1", topics=TOPICS)
    async with open_chassis("marketplace", settings=settings, bus=bus) as chassis, running(settings, chassis):
        yield chassis


async def start(teller: KafkaBus, job: str) -> None:
    """Reserve an hour for a job and request it, as the gateway does."""
    await teller.ask(ReserveCredits(job_id=job, account_id=ACCOUNT, tier="free", hours=Decimal(1)), within=30)
    await teller.publish(requested(job, account=ACCOUNT, hours="1"))


def ended(job: str, event: type[TrainingCompleted | TrainingFailed]) -> Any:
    return EXAMPLES[event].model_copy(update={"job_id": job, "account_id": ACCOUNT, "compute_hours": Decimal("0.5")})


async def settled(database: Database, *jobs: str) -> None:
    async def all_are() -> bool:
        return await database["reservations"].count_documents({"_id": {"$in": list(jobs)}, "state": "closed"}) == len(jobs)

    await until(all_are, what=f"{jobs} settled")


async def books(database: Database) -> tuple[dict[str, Decimal], Counter[tuple[str, str]], dict[str, Decimal]]:
    """Return the sums of the ledger by place, how often each thing was booked, and what the wallet says."""
    sums, booked = dict[str, Decimal](), Counter[tuple[str, str]]()
    async for movement in database["movements"].find({"account_id": ACCOUNT}):
        booked[movement["cause"], movement["job_id"] or movement["purchase_id"] or ""] += 1
        for line in movement["lines"]:
            sums[line["place"]] = sums.get(line["place"], Decimal(0)) + from_decimal128(line["hours"])
    wallet = await database["wallets"].find_one({"_id": ACCOUNT}) or {}
    return sums, booked, {place: from_decimal128(wallet[place]) for place in ("available", "reserved")}


async def dumped(database: Database) -> dict[str, list[dict[str, Any]]]:
    return {name: await database[name].find().to_list(None) for name in await database.list_collection_names()}


async def restore(database: Database, dump: dict[str, list[dict[str, Any]]]) -> None:
    await database.client.drop_database(database.name)
    for name, documents in dump.items():
        if documents:
            await database[name].insert_many(documents)


async def story_until_the_backup(settings: Settings, teller: KafkaBus) -> tuple[dict[str, list[dict[str, Any]]], datetime]:
    """Begin three jobs, end one, stop, and take the backup; return it and the moment."""
    async with marketplace(settings) as chassis:
        for job in ("job_1", "job_2", "job_3"):
            await start(teller, job)
        await teller.publish(ended("job_1", TrainingCompleted))
        await settled(chassis.database, "job_1")
    async with open_chassis("marketplace", settings=settings) as stopped:
        return await dumped(stopped.database), now()


async def test_restored_books_hear_again_what_was_told_since_and_nothing_counts_twice(settings: Settings, embedded_broker: Kafka) -> None:
    settings = settings.model_copy(update={"kafka_bootstrap": embedded_broker.bootstrap})
    teller, sold = KafkaBus(settings, service="gateway", instance="gateway-1", topics=TOPICS), list[str]()
    facts = Facts()

    @facts.on(CreditsPurchased)
    async def on_purchase(event: CreditsPurchased) -> None:
        sold.append(event.transaction_id)

    async def is_published() -> bool:
        return bool(sold)

    async with teller.running(facts=facts, asks=True):
        dump, moment = await story_until_the_backup(settings, teller)
        async with marketplace(settings) as chassis:
            await start(teller, "job_4")
            for job, event in (("job_2", TrainingCompleted), ("job_3", TrainingFailed), ("job_4", TrainingCompleted)):
                await teller.publish(ended(job, event))
            await settled(chassis.database, "job_2", "job_3", "job_4")
            with pytest.raises(StillRunningError, match="stop all of them first"):
                await rewind(settings, "marketplace", to=moment)
            before = await books(chassis.database)
            paid = PurchaseCredits(transaction_id="txn_1", account_id=ACCOUNT, tier="free", hours=Decimal(5), payment_method="credit_card")
            await teller.ask(paid, within=30)
            # What no relay has published yet would go with the books.
            await until(is_published, what="the purchase on the bus")
        async with open_chassis("marketplace", settings=settings) as stopped:
            await restore(stopped.database, dump)

        again = await rewind(settings, "marketplace", to=moment)
        async with marketplace(settings) as chassis:
            await settled(chassis.database, "job_1", "job_2", "job_3", "job_4")
            after, missing = await books(chassis.database), await chassis.database["purchases"].find_one({"_id": "txn_1"})

    assert again == 4
    (sums, booked, wallet), (_, booked_before, _) = after, before
    assert (sums, wallet) == (before[0], before[2])
    # The end of a job that was reserved after the backup may be heard before its request: its hours are taken when they are charged.
    assert [(booked[Cause.CHARGE, job], booked_before[Cause.CHARGE, job]) for job in JOBS] == [(1, 1), (1, 1), (0, 0), (1, 1)]
    assert max(booked[Cause.RESERVATION, job] for job in JOBS) == 1
    assert sum(sums.values()) == 0
    assert wallet["reserved"] == 0
    # What was decided by an ask after the backup is gone from the books; the bus tells of it, and the provider knows it.
    assert missing is None
    assert sold == ["txn_1"]
