"""The hash chain of a listing's record, as it is written; whoever reads it checks it by the same rule (modelbourse/record_chain.py).

The rule in words is in docs/guides/marketplace.md. The hash of a day is the SHA-256, in hexadecimal, of a text of five lines: the hash of
the day before, the date, the return, the position, and `absent` or `present`. What stands before the first day is the hash of three lines
that say whose record it is.
"""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Final

from libs.contracts.records import ChainedDay, RecordDay

TITLE: Final = "modelbourse record 1"
RETURN_DIGITS: Final = 10
POSITION_DIGITS: Final = 6


def genesis(listing_id: str, *, version: str) -> str:
    """Return what the first day of a record has as the hash of the day before."""
    return _hash(TITLE, listing_id, version)


def day_hash(day: RecordDay, *, previous: str) -> str:
    """Return the hash of a day after the one with the hash `previous`."""
    presence = "absent" if day.absent else "present"
    return _hash(previous, day.date.isoformat(), _fixed(day.day_return, RETURN_DIGITS), _fixed(day.position, POSITION_DIGITS), presence)


def chained(days: Iterable[RecordDay], *, previous: str) -> list[ChainedDay]:
    """Return the days with their hashes, as they follow the day with the hash `previous`."""
    chain = []
    for day in days:
        hashed = day_hash(day, previous=previous)
        chain.append(ChainedDay(**day.model_dump(), hash=hashed, previous=previous))
        previous = hashed
    return chain


def rounded_day(on: date, *, day_return: float, position: float, absent: bool) -> RecordDay:
    """Return a day with its figures as precise as they are hashed. No zero is negative."""
    figures = {"day_return": round(day_return, RETURN_DIGITS) + 0.0, "position": round(position, POSITION_DIGITS) + 0.0}
    return RecordDay(date=on, absent=absent, **figures)


def _hash(*lines: str) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


def _fixed(number: float, digits: int) -> str:
    return f"{number:.{digits}f}"
