"""Lots of hours that end at a moment: what is left of the month's grant, and of each purchase. The earliest to end is used first."""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

ZERO: Final = Decimal(0)
ALLOWANCE: Final = "grant"
# Before hours were bought, all that was set aside came from the grant of an open month.
LATER_THAN_ALL: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lot:
    """Hours of one source: ALLOWANCE, or a purchase's id. They can be used up to and at `expires_at`."""

    source: str
    hours: Decimal
    expires_at: datetime

    def lives(self, at: datetime) -> bool:
        """Tell whether the hours can be used at this moment."""
        return at <= self.expires_at


def end_of_month(period: str) -> datetime:
    """Return the last second of a month (`2026-01`), UTC, without fractions; a month that is not said never ends."""
    if not period:
        return LATER_THAN_ALL
    year, month = (int(part) for part in period.split("-"))
    return datetime(year, month, calendar.monthrange(year, month)[1], 23, 59, 59, tzinfo=UTC)


def month_after(at: datetime) -> datetime:
    """Return 23:59:59Z of the day a calendar month after this one; a day that the next month lacks becomes its last."""
    day = at.astimezone(UTC)
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)  # noqa: PLR2004  # months of a year
    last = calendar.monthrange(year, month)[1]
    return datetime(year, month, min(day.day, last), 23, 59, 59, tzinfo=UTC)


def total(lots: Iterable[Lot]) -> Decimal:
    """Return how many hours lots have together."""
    return sum((lot.hours for lot in lots), ZERO)


def in_order(lots: Iterable[Lot]) -> tuple[Lot, ...]:
    """Return lots in the order in which they are used: the earliest to end first."""
    return tuple(sorted(lots, key=lambda lot: (lot.expires_at, lot.source)))


def split(lots: Sequence[Lot], hours: Decimal) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Return the first so many hours of lots, part by part, and what is left of them; fewer when there are not so many."""
    taken, left = [], []
    for lot in lots:
        part = min(lot.hours, hours)
        hours -= part
        taken.append(replace(lot, hours=part))
        left.append(replace(lot, hours=lot.hours - part))
    return tuple(lot for lot in taken if lot.hours), tuple(lot for lot in left if lot.hours)


def added(lots: Sequence[Lot], parts: Iterable[Lot]) -> tuple[Lot, ...]:
    """Return lots with these parts put back, each to what is left of its source."""
    by_source = {lot.source: lot for lot in lots}
    for part in parts:
        known = by_source.get(part.source)
        by_source[part.source] = replace(part, hours=part.hours + known.hours) if known else part
    return in_order(by_source.values())


def taken_from(lots: Sequence[Lot], parts: Iterable[Lot]) -> tuple[Lot, ...]:
    """Return lots without these parts, which lie in them."""
    gone = {part.source: part.hours for part in parts}
    left = (replace(lot, hours=lot.hours - gone.get(lot.source, ZERO)) for lot in lots)
    return tuple(lot for lot in left if lot.hours)
