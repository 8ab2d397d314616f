"""Brings the retention of topics that are there already in step with the contracts, when a service starts."""

from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code

from libs.chassis.bus.connection import client_arguments
from libs.chassis.bus.topics import topic_name
from libs.chassis.logs import log
from libs.chassis.settings import SharedSettings
from libs.contracts.topics import Topic

Rule: TypeAlias = Literal["at_least", "exact", "leave"]
RETENTION: Final = "retention.ms"
# Kafka's number for a setting of the topic itself, against defaults of the broker or the cluster.
SET_FOR_TOPIC: Final = 1


async def keep_retention(settings: SharedSettings, topics: Sequence[Topic]) -> list[str]:
    """Change `retention.ms` of these topics where KAFKA_RETENTION says so, and nothing else of them; return the names of those changed.

    What the broker refuses (its administrators may forbid it) is logged and left. Raise KafkaError while the broker is away.
    """
    rule: Rule = settings.kafka_retention
    if rule == "leave":
        return []
    wanted = {topic_name(topic.name, namespace=settings.namespace): topic.retention_ms for topic in topics}
    admin = AIOKafkaAdminClient(**client_arguments(settings), request_timeout_ms=10_000)
    await admin.start()
    try:
        there = await _configurations(admin, list(wanted), only=RETENTION)
        wrong = [name for name, configs in there.items() if due(int(configs[RETENTION]["config_value"]), wanted[name], rule=rule)]
        return await _change(admin, {name: wanted[name] for name in wrong})
    except KafkaError as error:
        if error.retriable:
            raise
        log().warning("the retention of topics is left as it is", error=repr(error)[:200])
        return []
    finally:
        await admin.close()


def due(current_ms: int, wanted_ms: int, *, rule: Rule) -> bool:
    """Return whether a topic's retention is to be changed; a negative one is for ever."""
    if rule == "exact":
        return current_ms != wanted_ms
    return rule == "at_least" and 0 <= current_ms < wanted_ms


async def _configurations(admin: AIOKafkaAdminClient, names: Sequence[str], *, only: str | None = None) -> dict[str, dict[str, Any]]:
    """Return the entries of each topic that is there, by topic and setting."""
    filtered = {only: None} if only else None
    answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name, filtered) for name in names])
    resources = [resource for answer in answers for resource in answer.to_object()["resources"]]
    for refused in (resource for resource in resources if resource["error_code"]):
        log().info("a topic does not show its retention", topic=refused["resource_name"], error=for_code(refused["error_code"]).__name__)
    return {
        resource["resource_name"]: {entry["config_names"]: entry for entry in resource["config_entries"]}
        for resource in resources
        if not resource["error_code"]
    }


async def _change(admin: AIOKafkaAdminClient, wanted: dict[str, int]) -> list[str]:
    """Set the retention of topics. The request replaces all that is set for a topic, so the rest of it is sent along."""
    if not wanted:
        return []
    resources = []
    for name, entries in (await _configurations(admin, list(wanted))).items():
        kept = {setting: entry["config_value"] for setting, entry in entries.items() if entry.get("config_source") == SET_FOR_TOPIC}
        resources.append(ConfigResource(ConfigResourceType.TOPIC, name, kept | {RETENTION: str(wanted[name])}))
    changed = []
    for answer in await admin.alter_configs(resources):
        for code, message, _, name in answer.resources:
            if code:
                log().warning("a topic's retention is left as it is", topic=name, error=for_code(code).__name__, message=message)
            else:
                changed.append(name)
    return changed
