"""Topics that are fetched apart: no request for their records names others, and all are heard."""

import asyncio
import struct
from contextlib import AsyncExitStack

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.broker.broker import Broker
from deploy.local.broker.server import FETCH, Connection
from deploy.local.ports import free_ports
from libs.chassis.bus.consumer import Consumer

TOPICS = ("busy", "rare", "seldom")
HEAD = struct.Struct(">ih")  # length, kind of request


class Listened(Connection):
    """A connection that notes which topics each fetch names."""

    def __init__(self, broker: Broker, fetches: list[set[str]]) -> None:
        super().__init__(broker, set())
        self._fetches = fetches

    def data_received(self, data: bytes) -> None:
        if HEAD.unpack_from(data)[1] == FETCH:
            self._fetches.append({topic for topic in TOPICS if topic.encode() in data})
        super().data_received(data)


@pytest.fixture
async def fetches(opened: AsyncExitStack) -> tuple[str, list[set[str]]]:
    """A broker with these topics, and what is fetched from it."""
    (port,), found = free_ports(1), list[set[str]]()
    broker = Broker(port=port, folder=None)
    broker.restore()
    server = await asyncio.get_running_loop().create_server(lambda: Listened(broker, found), "127.0.0.1", port)
    opened.callback(server.close)
    admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1) for topic in TOPICS])
    await admin.close()
    return f"127.0.0.1:{port}", found


@pytest.mark.parametrize("group", ["sharers", None])
async def test_a_topic_apart_is_heard_by_requests_of_its_own(
    fetches: tuple[str, list[set[str]]], opened: AsyncExitStack, group: str | None
) -> None:
    # given
    bootstrap, named = fetches
    consumer = Consumer(*TOPICS, bootstrap_servers=bootstrap, group_id=group, apart={"busy"})
    await consumer.start()
    opened.push_async_callback(consumer.stop)
    producer = await opened.enter_async_context(AIOKafkaProducer(bootstrap_servers=bootstrap))

    # when records come on each
    sent = [(topic, partition) for topic in TOPICS for partition in (0, 1)] * 2
    for topic, partition in sent:
        await producer.send_and_wait(topic, b"told", partition=partition)
    heard = list[tuple[str, int]]()
    while len(heard) < len(sent):
        heard += [(record.topic, record.partition) for records in (await consumer.getmany()).values() for record in records]

    # then
    assert sorted(heard) == sorted(sent)
    assert {frozenset(topics) for topics in named} <= {frozenset({"busy"}), frozenset({"rare", "seldom"})}
    assert {"busy"} in named
