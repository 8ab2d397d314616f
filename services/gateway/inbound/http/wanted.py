"""The few request headers that the gate reads, found in one pass."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libs.chassis.bus.wire import plain_id

LENGTH: Final = re.compile(r"[0-9]{1,30}")


@dataclass(slots=True)
class Wanted:
    """What the gate wants to know. Ids that are not plain are passed over: they would end in logs and headers."""

    authorization: str | None = None
    request_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    content_length: int | None = None
    content_encoding: str | None = None
    content_type: str | None = None
    hosts: int = 0
    header_bytes: int = 0


def read_wanted(headers: Sequence[tuple[bytes, bytes]]) -> Wanted:
    """Read them from ASGI's headers (names in lower case); of a header that comes twice the first one counts, as it does for Starlette."""
    by_name = dict(reversed(headers))
    hosts = size = 0
    for name, value in headers:
        size += len(name) + len(value)
        hosts += name == b"host"
    authorization, content_type = by_name.get(b"authorization"), by_name.get(b"content-type")
    return Wanted(
        authorization.decode("latin-1").strip() if authorization is not None else None,
        _plain(by_name[b"x-request-id"]) if b"x-request-id" in by_name else None,
        _plain(by_name[b"x-correlation-id"]) if b"x-correlation-id" in by_name else None,
        _plain(by_name[b"traceparent"]) if b"traceparent" in by_name else None,
        _length(by_name[b"content-length"]) if b"content-length" in by_name else None,
        _coding(by_name) if b"content-encoding" in by_name else None,
        content_type.decode("latin-1") if content_type is not None else None,
        hosts,
        size,
    )


def _plain(value: bytes) -> str | None:
    return plain_id(value.decode("latin-1").strip())


def _coding(headers: Mapping[bytes, bytes]) -> str | None:
    """Return how the body is encoded; None where there is no body, and for `identity`, which is not encoded."""
    has_body = headers.get(b"content-length", b"0").strip() != b"0" or b"transfer-encoding" in headers
    coding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
    return coding if has_body and coding not in {"", "identity"} else None


def _length(value: bytes) -> int | None:
    text = value.decode("latin-1").strip()
    return int(text) if LENGTH.fullmatch(text) else None
