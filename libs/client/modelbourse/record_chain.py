"""The check of a record's hash chain, computed here by the published rule, and by none of the gateway's own code.

The rule in words is in docs/guides/marketplace.md. The hash of a day is the SHA-256, in hexadecimal, of a text of five lines: the hash of
the day before, the date, the return, the position, and `absent` or `present`. What stands before the first day is the hash of three lines
that say whose record it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, Protocol

TITLE: Final = "modelbourse record 1"
RETURN_DIGITS: Final = 10
POSITION_DIGITS: Final = 6


class Day(Protocol):
    """A day of a record, as RecordDay has it."""

    @property
    def date(self) -> date:
        """UTC."""

    @property
    def day_return(self) -> float:
        """As a fraction."""

    @property
    def position(self) -> float:
        """Between -1 and 1."""

    @property
    def absent(self) -> bool:
        """Whether there was no prediction."""

    @property
    def hash(self) -> str:
        """Its own hash."""

    @property
    def previous(self) -> str:
        """The hash of the day before."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the day, and in words what is wrong with it."""

    date: date
    problem: str


def first_break(days: Iterable[Day], *, listing_id: str, version: str) -> Break | None:
    """Return the first day at which the chain of a listing does not hold, or None. The days are all there are, the oldest first."""
    previous, before = _hash(TITLE, listing_id, version), None
    for day in days:
        if before is not None and day.date <= before:
            return Break(day.date, f"It does not come after {before}.")
        if day.previous != previous:
            return Break(day.date, f"The hash of the day before is {previous}, and {day.previous} is said.")
        if day.hash != (right := _day_hash(day, previous=previous)):
            return Break(day.date, f"Its figures have the hash {right}, and {day.hash} is said.")
        previous, before = day.hash, day.date
    return None


def _day_hash(day: Day, *, previous: str) -> str:
    presence = "absent" if day.absent else "present"
    return _hash(previous, day.date.isoformat(), _fixed(day.day_return, RETURN_DIGITS), _fixed(day.position, POSITION_DIGITS), presence)


def _hash(*lines: str) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


def _fixed(number: float, digits: int) -> str:
    return f"{number:.{digits}f}"
