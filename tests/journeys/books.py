"""Looking into every part after a storm: is anything lost, doubled, stuck or out of balance?"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError, LeaderNotAvailableError
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from libs.chassis.liveness.outages import is_passing
from libs.contracts.topics import every_topic
from tests.waiting import until

P = ParamSpec("P")
T = TypeVar("T")
POISON = b"job_poison"
ENDS = ("training.completed", "training.failed", "training.cancelled")
DATABASES = tuple(f"modelbourse_{name}" for name in ("gateway", "training", "inference", "marketplace", "monitoring"))


def patient(ask: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Ask again while the broker is away: a moment after it was frozen Apache Kafka takes itself for fenced, and names no broker."""

    @wraps(ask)
    async def asked(*arguments: P.args, **named: P.kwargs) -> T:
        deadline = time.monotonic() + 120
        while True:
            try:
                return await ask(*arguments, **named)
            except KafkaError as error:
                if not is_passing(error) or time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    return asked


async def credit_problems(mongodb: str, *, accounts: list[str]) -> list[str]:
    """Say what is wrong with the ledger: lines that do not cancel, wallets that differ from it, hours still reserved."""
    problems: list[str] = []
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        database = client["modelbourse_marketplace"]
        for account in accounts:
            sums: Counter[str] = Counter()
            async for movement in database["movements"].find({"account_id": account}):
                for line in movement["lines"]:
                    sums[line["place"]] += line["hours"].to_decimal()  # type: ignore[assignment]  # Counter of decimals
            if sum(sums.values()) != 0:
                problems.append(f"{account}: the ledger's lines sum to {sum(sums.values())}")
            wallet = await database["wallets"].find_one({"_id": account}) or {}
            bought = sum((lot["hours"].to_decimal() for lot in wallet.get("lots", ())), Decimal(0))
            if bought != sums["purchased"]:
                problems.append(f"{account}: purchased is {bought} in the wallet and {sums['purchased']} in the ledger")
            for place in ("available", "reserved"):
                if wallet and wallet[place].to_decimal() != sums[place]:
                    problems.append(f"{account}: {place} is {wallet[place]} in the wallet and {sums[place]} in the ledger")
            if sums["reserved"] != 0:
                problems.append(f"{account}: {sums['reserved']} hours are still reserved")
    return problems


@asynccontextmanager
async def wallet_held(mongodb: str, *, account: str) -> AsyncIterator[None]:
    """Leave a transaction on an account's wallet that is never ended, as a client does that loses its connection half-way."""
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        wallets, session = client["modelbourse_marketplace"]["wallets"], client.start_session()

        async def held() -> bool:
            await session.start_transaction()
            try:
                found = await wallets.update_one({"_id": account}, {"$set": {"held": True}}, session=session)
            except OperationFailure:  # The marketplace is writing it.
                await session.abort_transaction()
                return False
            return found.matched_count == 1

        await until(held, what="the wallet held")
        yield


async def charged_hours(mongodb: str, *, job_id: str) -> Decimal | None:
    """Return the hours that a job's settled reservation was charged, or None when it is not settled."""
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        found = await client["modelbourse_marketplace"]["reservations"].find_one({"_id": job_id, "state": "closed"})
    return found["charged"].to_decimal() if found else None


async def sandbox_charges(mongodb: str, *, account: str) -> list[dict[str, Any]]:
    """Return what the payment sandbox was asked to charge an account; `charge_id` is null where it did not."""
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        return await client["modelbourse_marketplace"]["sandbox_charges"].find({"account_id": account}).to_list()


async def unpublished(mongodb: str) -> list[str]:
    """Name every document that still carries events to be published."""
    found: list[str] = []
    async with AsyncMongoClient[dict[str, Any]](mongodb) as client:
        for name in DATABASES:
            for collection in await client[name].list_collection_names():
                async for document in client[name][collection].find({"pending_events.0": {"$exists": True}}):
                    found.append(f"{name}.{collection} {document['_id']}")
    return found


async def ends_by_job(kafka: str) -> dict[str, set[str]]:
    """Return, for each job, the distinct end events on the bus (topic and event id)."""
    ends: dict[str, set[str]] = {}
    for record in await _read_all(kafka, ENDS):
        ends.setdefault(record.key.decode(), set()).add(f"{record.topic} {dict(record.headers)['ce_id'].decode()}")
    return ends


async def dead_letters(kafka: str) -> list[str]:
    """Return what was set aside, topic and error; what a test poisoned on purpose is left out."""
    dead = [topic.name for topic in every_topic() if topic.name.endswith(".dead")]
    return [f"{record.topic}: {dict(record.headers)}" for record in await _read_all(kafka, dead) if record.key != POISON]


@patient
async def lag(kafka: str, *, groups: dict[str, list[str]]) -> dict[str, int]:
    """Return how many messages each group still has before it, where that is not none."""
    behind: Counter[str] = Counter()
    partitions = await _partitions(kafka, sorted({topic for topics in groups.values() for topic in topics}))
    async with AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False) as consumer:
        ends = await consumer.end_offsets(partitions)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        for group, topics in groups.items():
            theirs = [partition for partition in partitions if partition.topic in topics]
            kept = await admin.list_consumer_group_offsets(group, partitions=theirs)
            for partition in theirs:
                # -1: it has read nothing yet.
                behind[f"{group} {partition.topic}"] += max(0, ends[partition] - max(0, kept[partition].offset))
    finally:
        await admin.close()
    return {name: count for name, count in behind.items() if count}


@patient
async def _partitions(kafka: str, topics: Sequence[str]) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        described = await admin.describe_topics(list(topics))
    finally:
        await admin.close()
    if not all(each["partitions"] for each in described):
        raise LeaderNotAvailableError(topics)
    return [TopicPartition(each["topic"], partition["partition"]) for each in described for partition in each["partitions"]]


@patient
async def _read_all(kafka: str, topics: Sequence[str]) -> list[Any]:
    """Return all messages of these topics, by one consumer: each takes half a second, and there are some sixty topics."""
    partitions = await _partitions(kafka, topics)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += batch
        return records
    finally:
        await consumer.stop()
