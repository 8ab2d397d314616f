"""What the broker answers to requests about topics' configurations: fields in, fields out, for every version alike."""

from functools import partial
from typing import Final

from deploy.local.broker.batches import Code, RefusedError
from deploy.local.broker.broker import Broker, Client, Fields, attempt
from deploy.local.broker.topics import DEFAULTS, Topic

TOPIC: Final = 2
# Where a value comes from, as Kafka numbers it: set for the topic, or the broker's own.
SET_HERE: Final = 1
DEFAULT: Final = 5


def describe_configs(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Say how topics are configured: every setting, or those that are named."""

    def answer(resource: Fields) -> Fields:
        about = {"resource_type": resource["resource_type"], "resource_name": resource["resource_name"]}
        try:
            topic = _topic(broker, resource)
        except RefusedError as error:
            return about | {"error_code": error.code, "error_message": None, "config_entries": []}
        values = {**DEFAULTS, **topic.configs}
        names = values if resource["config_names"] is None else [name for name in resource["config_names"] if name in values]
        entries = [_entry(name, values[name], is_set=name in topic.configs) for name in names]
        return about | {"error_code": Code.NONE, "error_message": None, "config_entries": entries}

    return {"throttle_time_ms": 0, "resources": [answer(resource) for resource in asked["resources"]]}


def alter_configs(broker: Broker, asked: Fields, _: Client) -> Fields:
    """Configure topics anew: what is not named is the broker's own again."""

    def change(resource: Fields) -> None:
        topic = _topic(broker, resource)
        configs = {each["config_name"]: each["config_value"] or "" for each in resource["config_entries"]}
        broker.topics.configure(topic.name, configs, only_check=asked["validate_only"])

    def answer(resource: Fields) -> Fields:
        about = {"resource_type": resource["resource_type"], "resource_name": resource["resource_name"]}
        return about | attempt(partial(change, resource))

    return {"throttle_time_ms": 0, "resources": [answer(resource) for resource in asked["resources"]]}


def _topic(broker: Broker, resource: Fields) -> Topic:
    """Return the topic that a request is about. Raise RefusedError: nothing else is configured here."""
    if resource["resource_type"] != TOPIC:
        raise RefusedError(Code.INVALID_REQUEST)
    topic = broker.topics.get(resource["resource_name"])
    if topic is None:
        raise RefusedError(Code.UNKNOWN_TOPIC_OR_PARTITION)
    return topic


def _entry(name: str, value: str, *, is_set: bool) -> Fields:
    return {
        "config_names": name,
        "config_value": value,
        "read_only": False,
        "is_default": not is_set,
        "config_source": SET_HERE if is_set else DEFAULT,
        "is_sensitive": False,
        "config_synonyms": [],
    }
