"""Topics that are there already are kept as long as the contracts say, unless somebody wants it otherwise."""

from datetime import timedelta

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from libs.chassis.bus.retention import Rule, due, keep_retention
from libs.contracts.topics import Topic
from tests.chassis.buses import bus_settings, few_topics, kafka_bus
from tests.conftest import Kafka
from tests.waiting import until

HOUR_MS = 3_600_000
FOR_EVER = -1


@pytest.mark.parametrize(
    ("rule", "current", "is_due"),
    [
        ("at_least", HOUR_MS, True),
        ("at_least", 2 * HOUR_MS, False),
        ("at_least", 3 * HOUR_MS, False),
        ("at_least", FOR_EVER, False),
        ("exact", HOUR_MS, True),
        ("exact", 2 * HOUR_MS, False),
        ("exact", 3 * HOUR_MS, True),
        ("exact", FOR_EVER, True),
        ("leave", HOUR_MS, False),
    ],
)
def test_what_the_rule_says_of_two_hours(rule: Rule, current: int, *, is_due: bool) -> None:
    assert due(current, 2 * HOUR_MS, rule=rule) is is_due


async def made(kafka: Kafka, name: str, configs: dict[str, str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs=configs)])
    await admin.close()


async def configured(kafka: Kafka, name: str) -> dict[str, str]:
    """Return what is set for a topic itself."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    await admin.start()
    (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    await admin.close()
    (resource,) = answer.to_object()["resources"]
    return {entry["config_names"]: entry["config_value"] for entry in resource["config_entries"] if entry["config_source"] == 1}


async def test_a_start_lengthens_what_is_too_short_and_leaves_the_rest_as_it_is(embedded_broker: Kafka, namespace: str) -> None:
    short, long, *_ = few_topics()
    contract = str(int(short.retention.total_seconds() * 1000))
    own = {"max.message.bytes": "500000"}
    await made(embedded_broker, f"{namespace}.{short.name}", {"retention.ms": str(HOUR_MS)} | own)
    await made(embedded_broker, f"{namespace}.{long.name}", {"retention.ms": str(FOR_EVER)} | own)

    async def is_lengthened() -> bool:
        return await configured(embedded_broker, f"{namespace}.{short.name}") == {"retention.ms": contract} | own

    settings = bus_settings(embedded_broker.bootstrap, namespace=namespace)
    async with kafka_bus(settings, service="training", instance="training-1").running():
        await until(is_lengthened, what="a longer retention")

    assert await configured(embedded_broker, f"{namespace}.{long.name}") == {"retention.ms": str(FOR_EVER)} | own


async def test_of_topics_that_are_there_those_that_differ_are_changed_and_nothing_else_of_them(kafka: Kafka, namespace: str) -> None:
    exact = bus_settings(kafka.bootstrap, namespace=namespace).model_copy(update={"kafka_retention": "exact"})
    topics = [Topic(name, 1, timedelta(hours=2), "gateway", ()) for name in ("right", "shorter", "longer", "missing")]
    own = {"max.message.bytes": "500000"}
    for name, hours in (("right", 2), ("shorter", 1), ("longer", 3)):
        await made(kafka, f"{namespace}.{name}", {"retention.ms": str(hours * HOUR_MS)} | own)

    changed = await keep_retention(exact, topics)

    assert sorted(changed) == [f"{namespace}.longer", f"{namespace}.shorter"]
    for name in ("right", "shorter", "longer"):
        assert await configured(kafka, f"{namespace}.{name}") == {"retention.ms": str(2 * HOUR_MS)} | own
    assert await keep_retention(exact, topics) == []
