"""A process waits for Kafka until something listens at one of its addresses."""

import asyncio
import socket

import pytest
import structlog

from libs.chassis.bus import connection
from libs.chassis.bus.connection import until_reachable
from libs.chassis.store_addresses import broker_addresses
from libs.chassis.tasks import cancelled
from tests.chassis.buses import bus_settings
from tests.waiting import until


def test_brokers_are_read_with_and_without_a_port() -> None:
    read = broker_addresses("kafka, kafka-1.example:9093,[::1],[::1]:9094")

    assert [*map(str, read)] == ["kafka:9092", "kafka-1.example:9093", "[::1]:9092", "[::1]:9094"]


async def test_one_broker_of_several_that_listens_is_enough_and_a_long_wait_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TELL_AFTER_S", 0.0)
    with socket.socket() as later, structlog.testing.capture_logs() as told:
        later.bind(("127.0.0.1", 0))
        places = f"127.0.0.1:1,127.0.0.1:{later.getsockname()[1]}"
        waiting = asyncio.create_task(until_reachable(bus_settings(places, namespace="")))
        stopped = asyncio.create_task(until_reachable(bus_settings("127.0.0.1:1", namespace="")))

        await until(lambda: asyncio.sleep(0, len(told) == 2))
        assert not waiting.done()
        later.listen()
        await waiting
        await cancelled(stopped)

    assert stopped.cancelled()
    assert sorted(each["at"] for each in told) == sorted(["127.0.0.1:1", places])
