"""The whole platform's messages as one AsyncAPI 3 document, made from the contracts."""

from typing import Any, Final

from libs.contracts.envelope import Ask, Event, JsonObject, Message
from libs.contracts.examples import EXAMPLES
from libs.contracts.schemas_of import every_message, reply_name, schema_of
from libs.contracts.topics import ASKS, EVENTS, REPLIES, REPLY_PARTITIONS, Topic

INFO: Final = {
    "title": "Modelbourse events",
    "version": "0.1.0",
    "description": "Facts that the platform tells on Kafka, and the asks its services put to each other. Facts are CloudEvents 1.0 in "
    "binary mode with JSON values, delivered at least once: pass over an `event_id` that you have seen. Order holds within a topic and "
    "key; `sequence` orders, across topics, what one service (`ce_source`) tells of one thing. Readers pass over unknown fields.",
    "license": {"name": "Apache-2.0"},
}
TEXT: Final = {"type": "string"}
EVENT_HEADERS: Final[JsonObject] = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka protocol binding, binary mode; all values are UTF-8 text.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "ce_subject"],
    "properties": {
        "ce_specversion": {"type": "string", "enum": ["1.0"]},
        "ce_id": {**TEXT, "description": "The event's id; the same when it comes twice."},
        "ce_type": {**TEXT, "description": "The topic's name in these contracts."},
        "ce_source": {**TEXT, "description": "`/modelbourse/<service>`."},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_subject": {**TEXT, "description": "The id of the thing the event is about: the record's key."},
        "content-type": {"type": "string", "enum": ["application/json"]},
        "traceparent": {**TEXT, "description": "W3C Trace Context of the span that told it."},
        "ce_correlationid": {
            **TEXT,
            "description": "The X-Correlation-Id of the HTTP request that it goes back to, if there was one.",
        },
        "ce_jobkind": {**TEXT, "description": "`kind` of the events in `job.*`."},
    },
}
IN_PACKS: Final = "In a record that holds several asks, one a line (`ce_type` is `ask.pack`)"
ASK_HEADERS: Final[JsonObject] = {
    "type": "object",
    "required": ["ce_type", "correlation_id", "deadline", "reply_topic", "reply_partition"],
    "properties": {
        "ce_type": {**TEXT, "description": "The ask's name; `ask.pack` of a record that holds several."},
        "correlation_id": {**TEXT, "description": "Comes back as the reply's key; of several asks: the key of the record's refusal."},
        "deadline": {**TEXT, "description": "Unix milliseconds; an ask is not answered after it. Of several asks: the latest."},
        "reply_topic": TEXT,
        "reply_partition": {**TEXT, "description": "The asker's own partition of the reply topic."},
        "traceparent": TEXT,
        "ce_correlationid": TEXT,
        "reads_packs": {**TEXT, "description": "Is there when the asker reads records that hold several replies."},
        "ask": {**TEXT, "description": f"{IN_PACKS}: the asks' name."},
        "correlation_ids": {**TEXT, "description": f"{IN_PACKS}: each ask's `correlation_id`, divided by spaces, as in the next three."},
        "deadlines": {**TEXT, "description": f"{IN_PACKS}: each ask's `deadline`."},
        "traceparents": {**TEXT, "description": f"{IN_PACKS}: each ask's `traceparent`, empty where it has none."},
        "ce_correlationids": {**TEXT, "description": f"{IN_PACKS}: each ask's `ce_correlationid`, empty where it has none."},
    },
}
REPLY_HEADERS: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "refused": {**TEXT, "description": "`1` when the value is a refusal: kind, code, message, details, retry."},
        "correlation_ids": {
            **TEXT,
            "description": "In a record without a key, which holds several replies, one a line: whose each is, divided by spaces.",
        },
    },
}


def asyncapi_document() -> dict[str, Any]:
    """Return the document: a channel for each topic, an operation for each service that writes or reads it, every schema once."""
    schemas: JsonObject = {}
    messages: JsonObject = {}
    for name, message in every_message():
        schema = schema_of(name, message=message)
        schemas |= {part: _plain(inner) for part, inner in schema.get("$defs", {}).items()}
        schemas[message.__name__] = _plain({key: value for key, value in schema.items() if not key.startswith("$")})
        messages[name] = _message(name, message)
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": _event_operations() | _ask_operations(),
        "components": {
            "messages": messages,
            "schemas": schemas | {"EventHeaders": EVENT_HEADERS, "AskHeaders": ASK_HEADERS, "ReplyHeaders": REPLY_HEADERS},
        },
    }


def kept_for(topic: Topic) -> str:
    """Return how long a topic keeps its messages, in words."""
    minutes = int(topic.retention.total_seconds() // 60)
    for size, unit in ((24 * 60, "day"), (60, "hour")):
        if minutes >= size and minutes % size == 0:
            count = minutes // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{minutes} minutes"


def _message(name: str, message: type[Message]) -> JsonObject:
    kind = "Event" if issubclass(message, Event) else "Ask" if issubclass(message, Ask) else "Reply"
    return {
        "name": name,
        "title": message.__name__,
        "summary": (message.__doc__ or "").strip(),
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{kind}Headers"},
        "payload": {"$ref": f"#/components/schemas/{message.__name__}"},
        "examples": [{"name": name, "payload": EXAMPLES[message].model_dump(mode="json")}],
        "tags": [{"name": kind.lower()}],
    }


def _channels() -> JsonObject:
    channels = {topic.name: _channel(topic, [event.topic], key=event.key_field) for event, topic in EVENTS.items()}
    for topic in ASKS.values():
        asks = [ask for ask, on in ASKS.items() if on.name == topic.name]
        channels[topic.name] = _channel(topic, [ask.name for ask in asks], key=asks[0].key_field)
    any_ask = next(iter(ASKS.values()))
    replies = Topic(REPLIES, REPLY_PARTITIONS, any_ask.retention, "who is asked", ("gateway",))
    channels[REPLIES] = _channel(replies, [reply_name(ask) for ask in ASKS], key="correlation_id")
    return channels


def _channel(topic: Topic, names: list[str], *, key: str) -> JsonObject:
    return {
        "address": topic.name,
        "description": f"Key: {key}. Told by {topic.producer}. {topic.partitions} partitions, kept {kept_for(topic)}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"retention.ms": int(topic.retention.total_seconds() * 1000)},
            }
        },
    }


def _event_operations() -> JsonObject:
    operations: JsonObject = {}
    for event, topic in EVENTS.items():
        operations[f"{_slug(topic.producer)}.tells.{topic.name}"] = _operation("send", topic.name, [event.topic], who=topic.producer)
        for consumer in topic.consumers:
            operations[f"{consumer}.hears.{topic.name}"] = _operation("receive", topic.name, [event.topic], who=consumer)
    return operations


def _ask_operations() -> JsonObject:
    operations: JsonObject = {}
    for ask, topic in ASKS.items():
        reply = {
            "channel": {"$ref": f"#/channels/{REPLIES}"},
            "address": {"location": "$message.header#/reply_topic"},
            "messages": [{"$ref": f"#/channels/{REPLIES}/messages/{reply_name(ask)}"}],
        }
        for who, action, word in ((topic.producer, "send", "asks"), *((consumer, "receive", "answers") for consumer in topic.consumers)):
            operations[f"{who}.{word}.{ask.name}"] = _operation(action, topic.name, [ask.name], who=who) | {"reply": reply}
    return operations


def _operation(action: str, channel: str, names: list[str], *, who: str) -> JsonObject:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in names],
        "tags": [{"name": who}],
    }


def _plain(part: Any) -> Any:
    """Say a schema in the words of AsyncAPI's own dialect (JSON Schema draft 07), which has neither `$defs` nor `prefixItems`."""
    if isinstance(part, list):
        return [_plain(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    plain = {key: _plain(value) for key, value in part.items() if key not in {"$defs", "prefixItems"}}
    if "$ref" in plain:
        plain["$ref"] = str(plain["$ref"]).replace("#/$defs/", "#/components/schemas/")
    if "prefixItems" in part:
        plain["items"] = {"anyOf": [_plain(inner) for inner in part["prefixItems"]]}
    return plain


def _slug(who: str) -> str:
    return who.replace(" ", "-")
