"""Topics are created from `libs/contracts/topics.py`, with their partitions and retention, and never by accident."""

from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.contracts.access import group_name
from libs.contracts.topics import Topic

TOPIC_EXISTS: Final = 36
# The usual limit is 1 MiB; a message of that size must fit with the headers that say why it was set aside.
DEAD_BYTES: Final = 2 * 1024 * 1024
LARGEST_DEAD_BODY: Final = DEAD_BYTES - 128 * 1024


def topic_name(name: str, *, namespace: str) -> str:
    """Return the topic's name on the broker: `[<namespace>.]name`."""
    return f"{namespace}.{name}" if namespace else name


def contract_name(name: str, *, namespace: str) -> str:
    """Return the topic's name in the contracts."""
    return name.removeprefix(f"{namespace}.") if namespace else name


def group_of(service: str, *, namespace: str, traffic: str = "") -> str:
    """Return the consumer group of a service: `[<namespace>.]modelbourse.<service>[.<traffic>]`."""
    return topic_name(".".join(filter(None, (group_name(service), traffic))), namespace=namespace)


def retention_ms(topic: Topic) -> int:
    """Return how long a topic's records are kept, in milliseconds."""
    return int(topic.retention.total_seconds() * 1000)


async def create_missing_topics(bootstrap: str, topics: Sequence[Topic], *, namespace: str, replication: int = 1) -> list[str]:
    """Create those of these topics that are not there and return their names. Raise KafkaError when the broker is away or refuses."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=10_000)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic_name(topic.name, namespace=namespace) not in there]
        if not missing:
            return []
        answer = await admin.create_topics([_new(topic, namespace=namespace, replication=replication) for topic in missing])
        for name, code, *message in answer.topic_errors:
            if code not in {0, TOPIC_EXISTS}:  # Another process of ours may have been faster.
                msg = f"topic {name} was not created: error {code} {message}"
                raise TopicError(msg)
    finally:
        await admin.close()
    await _until_led(bootstrap, missing, namespace=namespace)
    return [topic.name for topic in missing]


async def _until_led(bootstrap: str, topics: Sequence[Topic], *, namespace: str) -> None:
    """Wait until every partition has its leader at work: a busy broker says that a topic is made before anything can be sent there."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    try:
        await consumer.start()
        places = [
            TopicPartition(topic_name(topic.name, namespace=namespace), number) for topic in topics for number in range(topic.partitions)
        ]
        consumer.assign(places)  # So that it looks for all of them at once; asked for one it does not know, it looks for that one alone.
        consumer.pause(*places)
        await consumer.end_offsets(places)  # It asks again for as long as a partition has no leader.
    finally:
        await consumer.stop()


class TopicError(Exception):
    """The broker refused to create a topic."""


def configuration_of(topic: Topic) -> dict[str, str]:
    """Return what a topic is made with, in Kafka's own words."""
    configuration = {"retention.ms": str(retention_ms(topic)), "cleanup.policy": "delete"}
    if topic.name.endswith(".dead"):
        configuration["max.message.bytes"] = str(DEAD_BYTES)
    return configuration


def _new(topic: Topic, *, namespace: str, replication: int) -> NewTopic:
    name = topic_name(topic.name, namespace=namespace)
    return NewTopic(name, topic.partitions, replication, topic_configs=configuration_of(topic))
