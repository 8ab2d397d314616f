"""Wishes for another protocol (the header `Upgrade`): which may be granted, and a request without one that is not (RFC 9110, 7.8)."""

from collections.abc import Sequence
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]
# What announces a body.
BODY: Final = frozenset({b"content-length", b"transfer-encoding"})


def may_be_granted(method: bytes, headers: Headers) -> bool:
    """Tell whether a request may begin a WebSocket: a GET without a body, as what follows is of the other protocol."""
    return method == b"GET" and all(name not in BODY for name, _ in headers)


def without_upgrade(method: bytes, url: bytes, *, version: str, headers: Headers) -> bytes:
    """Return a request's head without its wish, so that what follows is read as its body."""
    line = b"%b %b HTTP/%b" % (method, url, version.encode())
    return b"\r\n".join((line, *(b"%b: %b" % header for header in headers if header[0] != b"upgrade"), b"", b""))
