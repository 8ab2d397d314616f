"""Topics are created from `libs/contracts/topics.py`, with their partitions and retention, and never by accident."""

from collections.abc import Sequence
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from libs.chassis.bus.connection import PAGE, client_arguments, refusals_told
from libs.chassis.refusals import RefusedError
from libs.chassis.settings import SharedSettings
from libs.contracts.access import group_name
from libs.contracts.names import listed
from libs.contracts.topics import DEAD_BYTES, Topic

TOPIC_EXISTS: Final = 36
# What a broker answers to a user who may not make topics: of this name, or any.
NOT_ALLOWED: Final = frozenset({29, 31})
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


async def create_missing_topics(settings: SharedSettings, topics: Sequence[Topic]) -> list[str]:
    """Create those of these topics that are not there and return their names.

    Nothing is asked of the broker where all are there, so that whoever administers it may make them, and need not allow it to others.
    Raise RefusedError where this user may not make what is missing, KafkaError when the broker is away, TopicError when it refuses.
    """
    admin = AIOKafkaAdminClient(**client_arguments(settings), request_timeout_ms=10_000)
    try:
        async with refusals_told(settings):
            await admin.start()
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic_name(topic.name, namespace=settings.namespace) not in there]
        if not missing:
            return []
        answer = await admin.create_topics([_new(topic, settings=settings) for topic in missing])
        _check(answer.topic_errors, user=settings.kafka_username)
    finally:
        await admin.close()
    await _until_led(settings, missing)
    return [topic.name for topic in missing]


def _check(answers: Sequence[Any], *, user: str | None) -> None:
    refused = [name for name, code, *_ in answers if code in NOT_ALLOWED]
    if refused:
        whom = f"the user '{user}'" if user else "this service"
        msg = f"Kafka does not allow {whom} to make topics that are missing: {listed(sorted(refused))}; {PAGE} says how they are made"
        raise RefusedError(msg)
    for name, code, *message in answers:
        if code not in {0, TOPIC_EXISTS}:  # Another process of ours may have been faster.
            msg = f"topic {name} was not created: error {code} {message}"
            raise TopicError(msg)


async def _until_led(settings: SharedSettings, topics: Sequence[Topic]) -> None:
    """Wait until every partition has its leader at work: a busy broker says that a topic is made before anything can be sent there."""
    consumer = AIOKafkaConsumer(**client_arguments(settings), enable_auto_commit=False)
    try:
        await consumer.start()
        places = [
            TopicPartition(topic_name(topic.name, namespace=settings.namespace), number)
            for topic in topics
            for number in range(topic.partitions)
        ]
        consumer.assign(places)  # So that it looks for all of them at once; asked for one it does not know, it looks for that one alone.
        consumer.pause(*places)
        await consumer.end_offsets(places)  # It asks again for as long as a partition has no leader.
    finally:
        await consumer.stop()


class TopicError(Exception):
    """The broker refused to create a topic."""


def _new(topic: Topic, *, settings: SharedSettings) -> NewTopic:
    name = topic_name(topic.name, namespace=settings.namespace)
    return NewTopic(name, topic.partitions, settings.kafka_replication, topic_configs=topic.configuration)
