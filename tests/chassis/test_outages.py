"""Servers that are away or frozen are told from mistakes, and are found again without a restart."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError, NodeNotReadyError, NotLeaderForPartitionError, UnknownTopicOrPartitionError
from bson.decimal128 import Decimal128
from pymongo.errors import AutoReconnect, DuplicateKeyError, NetworkTimeout, OperationFailure, PyMongoError, ServerSelectionTimeoutError
from redis.exceptions import BusyLoadingError, NoPermissionError, OutOfMemoryError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError

from deploy.local.ports import free_ports
from deploy.local.program import running
from deploy.local.ready import mongo_ready
from deploy.local.servers import mongod
from libs.chassis.errors import InvalidError, UnavailableError
from libs.chassis.settings import SharedSettings
from libs.chassis.stores.mongo import as_platform_error, connect, from_decimal128, is_passing, to_decimal128
from tests.freezing import frozen
from tests.waiting import until

AWAY = [
    AutoReconnect("reset"),
    NetworkTimeout("timed out"),
    ServerSelectionTimeoutError("nobody"),
    RedisConnectionError("refused"),
    BusyLoadingError("loading"),
    OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
    NoPermissionError("this user has no permissions to run the 'set' command"),
    ResponseError("MISCONF Valkey is configured to save RDB snapshots, but it is currently unable to persist to disk."),
    OperationFailure("out of disk space", 14031),
    KafkaConnectionError("refused"),
    NodeNotReadyError("starting"),
    NotLeaderForPartitionError("moved"),
    ConnectionRefusedError("refused"),
    TimeoutError(),
    UnavailableError("away"),
]
MISTAKES = [
    DuplicateKeyError("twice"),
    OperationFailure("no such command"),
    ResponseError("wrong type"),
    ValueError("x"),
    KeyError("x"),
    InvalidError("x"),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: type(error).__name__)
def test_a_server_that_is_away_is_worth_another_attempt(error: Exception) -> None:
    told = as_platform_error(error)

    assert is_passing(error)
    assert isinstance(told, UnavailableError)


@pytest.mark.parametrize("error", MISTAKES, ids=lambda error: type(error).__name__)
def test_a_mistake_is_not(error: Exception) -> None:
    assert not is_passing(error)
    assert as_platform_error(error) is None


def test_an_unknown_topic_is_passing_as_metadata_lags() -> None:
    assert is_passing(UnknownTopicOrPartitionError())


@pytest.mark.parametrize("amount", ["0.00", "-1234567890123456.78", "0.000001", "5"])
def test_decimals_are_kept_to_the_last_digit(amount: str) -> None:
    stored = to_decimal128(Decimal(amount))

    assert isinstance(stored, Decimal128)
    assert str(from_decimal128(stored)) == amount


async def test_a_frozen_store_is_an_error_within_seconds_and_recovers_by_itself(tmp_path: Path, namespace: str) -> None:
    (port,) = free_ports(1)
    with running(mongod(port=port, data=tmp_path / "data", log=tmp_path / "log", mark=f"tests-{namespace}:mongodb")) as server:
        await mongo_ready(port)
        url = f"mongodb://127.0.0.1:{port}/?replicaSet=rs0"
        settings = SharedSettings(kafka_bootstrap="x", mongo_url=url, redis_url="redis://x", artifacts_url="x", namespace=namespace)
        jobs = connect(settings, "test", socket_ms=500)["jobs"]

        async def written(number: int) -> bool:
            try:
                await jobs.replace_one({"_id": number}, {"_id": number}, upsert=True)
            except PyMongoError:
                return False
            return True

        await until(lambda: written(1), what="the first write")

        with frozen(server.pid):
            with pytest.raises(Exception) as failed:  # noqa: PT011  # which of the driver's errors it is does not matter
                async with asyncio.timeout(90):
                    await jobs.insert_one({"_id": 2})
            assert is_passing(failed.value)

        await until(lambda: written(2), what="a write after")
        assert await jobs.count_documents({}) == 2
        jobs.database.client.close()
