"""Messages as Kafka records: CloudEvents 1.0 binary mode headers, `traceparent`, and JSON as the value."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Final

import orjson

from libs.chassis.logs import correlation_id
from libs.chassis.telemetry import traceparent
from libs.contracts.envelope import Event
from libs.contracts.topics import EVENTS

Headers = Sequence[tuple[str, bytes | None]]
PLAIN_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# Told of an ask, under its own number, by who does not wait for its answer any more.
ABANDONED: Final = "ask.abandoned"
# The type of a record that holds several asks (packs.py).
PACK: Final = "ask.pack"
# An extension of CloudEvents' attributes: the `X-Correlation-Id` of the HTTP request that a message goes back to, if there was one.
CORRELATION: Final = "ce_correlationid"


def event_headers(event: Event, *, source: str) -> dict[str, str]:
    """Return an event's CloudEvents headers (Kafka protocol binding, section 3.2) and the current trace."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event.event_id,
        "ce_type": event.topic,
        "ce_source": f"/modelbourse/{source}",
        "ce_time": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": event.key,
        "content-type": "application/json",
    }
    headers |= {f"ce_{name}": str(getattr(event, field)) for name, field in event.header_fields.items()}
    if parent := traceparent():
        headers["traceparent"] = parent
    if correlation := correlation_id():
        headers[CORRELATION] = correlation
    return headers


def encode_headers(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Turn headers into what Kafka carries."""
    return [(name, value.encode()) for name, value in headers.items()]


def decode_headers(headers: Headers) -> dict[str, str]:
    """Turn a record's headers back, whoever made them: bytes that are not UTF-8 are shown, not lost; a null is empty; no name has a NUL."""
    return {name.replace("\0", "\\0"): (value or b"").decode(errors="backslashreplace") for name, value in headers}


def plain_id(given: str | None) -> str | None:
    """Return an id that came with a message, None when it is none of ours: it would end in logs and headers."""
    return given if given and PLAIN_ID.fullmatch(given) else None


def account_of(body: bytes | None) -> str | None:
    """Return whose message this is by its `account_id`, None where there is none or the body is no JSON object."""
    try:
        content = orjson.loads(body or b"null")
    except orjson.JSONDecodeError:
        return None
    account = content.get("account_id") if isinstance(content, dict) else None
    return account if isinstance(account, str) else None


def entry_of(event: Event, *, source: str | None = None) -> dict[str, Any]:
    """Return what a document keeps in `pending_events` until the relay has published it.

    `source` is the service that publishes it; by default the topic's producer.
    """
    source = source or EVENTS[type(event)].producer
    return {
        "event_id": event.event_id,
        "topic": event.topic,
        "key": event.key,
        "headers": event_headers(event, source=source),
        "body": event.model_dump_json(),
    }
