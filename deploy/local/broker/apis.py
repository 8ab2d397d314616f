"""What the broker answers to each kind of request besides produce and fetch: fields in, fields out, for every version alike."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.broker import NODE, NONE_FOUND, Broker, Client, Fields, attempt
from deploy.local.broker.config_apis import alter_configs, describe_configs
from deploy.local.broker.group_apis import (
    commit_offsets,
    describe_groups,
    fetch_offsets,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    sync_group,
)
from deploy.local.broker.topics import Topic

CLUSTER: Final = "modelbourse-embedded"
LATEST: Final = -1
EARLIEST: Final = -2


def metadata(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Tell the one broker, and what topics there are; no topic is made by being asked for."""
    names = asked["topics"]
    found = [(topic.name, topic) for topic in broker.topics] if names is None else [(name, broker.topics.get(name)) for name in names]
    return {
        "throttle_time_ms": 0,
        "brokers": [{"node_id": NODE, "host": "127.0.0.1", "port": broker.port, "rack": None}],
        "cluster_id": CLUSTER,
        "controller_id": NODE,
        "topics": [_described(name, topic) for name, topic in found],
    }


def _described(name: str, topic: Topic | None) -> Fields:
    partition = {"error_code": Code.NONE, "leader": NODE, "replicas": [NODE], "isr": [NODE], "offline_replicas": []}
    return {
        "error_code": Code.NONE if topic else Code.UNKNOWN_TOPIC_OR_PARTITION,
        "topic": name,
        "is_internal": False,
        "partitions": [partition | {"partition": number} for number in range(len(topic.partitions))] if topic else [],
    }


def create_topics(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Make topics."""
    only_check = asked.get("validate_only", False)

    def make(wanted: Fields) -> Fields:
        partitions, replication = wanted["num_partitions"], wanted["replication_factor"]
        if wanted["replica_assignment"]:
            partitions, replication = len(wanted["replica_assignment"]), 1
        configs = {each["config_key"]: each["config_value"] or "" for each in wanted["configs"]}
        about = {"partitions": partitions, "replication": replication, "configs": configs, "only_check": only_check}
        return {"topic": wanted["topic"], **attempt(partial(broker.topics.create, wanted["topic"], **about))}

    return {"throttle_time_ms": 0, "topic_errors": [make(each) for each in asked["create_topic_requests"]]}


def delete_topics(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Delete topics, and what groups have committed of them."""
    errors = [{"topic": name, **attempt(partial(broker.delete_topic, name))} for name in asked["topics"]]
    return {"throttle_time_ms": 0, "topic_error_codes": errors}


def list_offsets(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Tell where partitions begin, where they end, or which offset a time has."""

    def find(name: str, number: int, timestamp: int) -> Fields:
        log = broker.topics.partition(name, number)
        if log is None:
            return {"error_code": Code.UNKNOWN_TOPIC_OR_PARTITION, "offset": NONE_FOUND, "timestamp": NONE_FOUND}
        if timestamp in {EARLIEST, LATEST}:
            return {"error_code": Code.NONE, "offset": log.start if timestamp == EARLIEST else log.end, "timestamp": NONE_FOUND}
        offset, at = log.find(timestamp) or (NONE_FOUND, NONE_FOUND)
        return {"error_code": Code.NONE, "offset": offset, "timestamp": at}

    def answer(topic: Fields) -> Fields:
        name, partitions = topic["topic"], topic["partitions"]
        found = [{"partition": each["partition"], **find(name, each["partition"], each["timestamp"])} for each in partitions]
        return {"topic": name, "partitions": found}

    return {"throttle_time_ms": 0, "topics": [answer(topic) for topic in asked["topics"]]}


def delete_records(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Drop what lies below an offset (-1: everything)."""

    def drop(name: str, number: int, offset: int) -> Fields:
        try:
            return {"error_code": Code.NONE, "low_watermark": broker.topics.forget_below(name, number, offset).start}
        except RefusedError as error:
            return {"error_code": error.code, "low_watermark": NONE_FOUND}

    def answer(topic: Fields) -> Fields:
        dropped = [
            {"partition_index": each["partition_index"], **drop(topic["name"], each["partition_index"], each["offset"])}
            for each in topic["partitions"]
        ]
        return {"name": topic["name"], "partitions": dropped}

    return {"throttle_time_ms": 0, "topics": [answer(topic) for topic in asked["topics"]]}


def init_producer_id(broker: Broker, _: Fields, __: Client) -> Fields:
    """Give an idempotent producer its id."""
    return {"throttle_time_ms": 0, "error_code": Code.NONE, "producer_id": broker.new_producer(), "producer_epoch": 0}


Answer = Callable[[Broker, Fields, Client], Fields | Awaitable[Fields]]
# By API key: the lowest and highest version, and who answers.
APIS: Final[dict[int, tuple[int, int, Answer]]] = {
    2: (1, 3, list_offsets),
    3: (1, 5, metadata),
    8: (2, 3, commit_offsets),
    9: (1, 3, fetch_offsets),
    10: (0, 1, find_coordinator),
    11: (1, 2, join_group),
    12: (0, 1, heartbeat),
    13: (0, 1, leave_group),
    14: (0, 1, sync_group),
    15: (0, 1, describe_groups),
    16: (0, 1, list_groups),
    19: (0, 3, create_topics),
    20: (0, 3, delete_topics),
    21: (0, 1, delete_records),
    22: (0, 0, init_producer_id),
    32: (0, 2, describe_configs),
    33: (0, 1, alter_configs),
}
