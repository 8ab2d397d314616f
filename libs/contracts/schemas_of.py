"""The JSON Schema of every message, as it travels: what `schemas/*.json` holds, made from the models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from libs.contracts.envelope import Ask, Event, Message
from libs.contracts.topics import ASKS, EVENTS

SCHEMAS: Final = Path(__file__).parent / "schemas"
RELEASED: Final = SCHEMAS / "released"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def every_message() -> Iterator[tuple[str, type[Message]]]:
    """Yield the name and model of each event (its topic), ask (its name) and reply (`<ask>.reply`)."""
    for event in EVENTS:
        yield event.topic, event
    for ask in ASKS:
        yield ask.name, ask
        yield reply_name(ask), ask.reply


def reply_name(ask: type[Ask[Any]]) -> str:
    """Return the name of the message that answers an ask."""
    return f"{ask.name}.reply"


def schema_of(name: str, *, message: type[Message]) -> dict[str, Any]:
    """Return a message's schema as it is written; `required` are the fields that every writer, old ones too, has written."""
    schema = message.model_json_schema(mode="serialization")
    if issubclass(message, Event):
        # Their defaults are for who makes an event; every event that travels has them.
        schema["required"] = ["event_id", "occurred_at", *schema["required"]]
    return {"$schema": DIALECT, "$id": f"urn:modelbourse:message:{name}", **_untitled(schema)}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the titles that pydantic makes of field names: they repeat the name."""
    out = dict(schema)
    for place in ("properties", "$defs"):
        for name, part in schema.get(place, {}).items():
            inner = _untitled(part)
            if place == "properties":
                inner.pop("title", None)
            out[place] = out[place] | {name: inner}
    return out
