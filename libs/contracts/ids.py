"""Ids: one opaque id per thing, with a typed prefix, sortable by time (TypeID over UUIDv7)."""

import re
import secrets
import time
from typing import Final

# Crockford base32 without i, l, o, u: the alphabet of the TypeID specification (v0.3).
ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
# Two characters for ten bits: thirteen look-ups an id.
PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
SUFFIX: Final = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")
RANDOM_BYTES: Final = 10
# Version (4 bits) and variant (2 bits) as RFC 9562 has them, and the bits beside these.
VERSION_7: Final = 0x7 << 76 | 0x2 << 62
UNMARKED: Final = ~(0xF << 76 | 0x3 << 62)


def new_id(prefix: str) -> str:
    """Return a fresh `prefix_…` id; ids made later in time sort later.

    The suffix is a UUIDv7 (RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits).
    """
    return _written(prefix, (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80))


def new_ids(prefix: str, count: int) -> list[str]:
    """Return so many fresh ids of one moment; the operating system is asked for random bits once, which takes longer than the rest."""
    moment, drawn = (time.time_ns() // 1_000_000) << 80, secrets.token_bytes(RANDOM_BYTES * count)
    parts = [drawn[first : first + RANDOM_BYTES] for first in range(0, len(drawn), RANDOM_BYTES)]
    return [_written(prefix, moment | int.from_bytes(part, "big")) for part in parts]


def _written(prefix: str, number: int) -> str:
    number = number & UNMARKED | VERSION_7
    return f"{prefix}_{''.join([PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])}"


def is_id(text: str, *, prefix: str) -> bool:
    """Tell whether `text` has the form of an id with this prefix."""
    head, _, tail = text.rpartition("_")
    return head == prefix and SUFFIX.fullmatch(tail) is not None
