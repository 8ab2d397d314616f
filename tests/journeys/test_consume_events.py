"""The guide's example consumer, outside of the platform, against a running one."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.journeys.customer import Customer
from tests.journeys.platform import ROOT, Platform
from tests.waiting import until

pytestmark = pytest.mark.journey
PROGRAM = ROOT / "docs/guides/consume_events.py"
UNREADABLE = "credits.purchased"


@contextmanager
def consuming(platform: Platform, database: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, str(PROGRAM), "--bootstrap", platform.status()["kafka"], "--database", str(database)]
    # From another folder: nothing of ours is to be found there.
    with subprocess.Popen(command, cwd=database.parent, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)


def kept(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        return connection.execute(query).fetchall()


async def buy_hours(customer: Customer, hours: int) -> str:
    body = {"hours": hours, "payment_method": "credit_card"}
    answer = await customer.persist("POST", "/api/ai-studio/compute/purchase-credits/", body=body, accept={200, 201})
    return str(answer.json()["transaction_id"])


async def test_a_consumer_that_is_killed_misses_nothing_and_has_nothing_twice(platform: Platform, tmp_path: Path) -> None:
    database = tmp_path / "events.sqlite"
    customer = await Customer(platform.gateway).sign_up()

    async def has_heard(purchase: str) -> bool:
        has_tables = database.exists() and kept(database, "SELECT 1 FROM sqlite_master WHERE name = 'things'")
        return bool(has_tables) and (purchase,) in kept(database, "SELECT id FROM things")

    async def has_put_aside() -> bool:
        return (b"not json",) in kept(database, "SELECT value FROM refused")

    with consuming(platform, database) as process:
        first = await buy_hours(customer, 1)
        await until(lambda: has_heard(first), what="the first purchase in the consumer's table")
        process.kill()

    missed = await buy_hours(customer, 2)
    await say_something_unreadable(platform)

    with consuming(platform, database) as process:
        await until(lambda: has_heard(missed), what="the purchase that was made while the consumer was dead")
        last = await buy_hours(customer, 3)
        await until(lambda: has_heard(last), what="the purchase after the unreadable message")
        # It lies in another partition: between the two there is no order.
        await until(has_put_aside, what="the unreadable message to be put aside")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0

    counts = kept(database, "SELECT id, count(*) FROM things GROUP BY id HAVING count(*) > 1")
    assert counts == []


async def say_something_unreadable(platform: Platform) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=platform.status()["kafka"])
    await producer.start()
    try:
        await producer.send_and_wait(UNREADABLE, b"not json", key=b"nobody")
    finally:
        await producer.stop()
