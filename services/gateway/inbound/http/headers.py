"""Headers that every answer of the gate has, and headers as lines."""

from collections.abc import Iterable
from typing import Final

SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return them as HTTP/1.1 writes them."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


SECURITY_LINES: Final = lines_of(SECURITY_HEADERS)
