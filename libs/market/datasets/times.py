"""How a column writes its times, told by its values. Pure Python: the edge makes its preview with it.

Every form is a list of rewritings into ISO 8601, which this module applies to one value and `parse_times` to whole columns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean

Rewriting = tuple[str, str]
Order = Literal["year", "day", "month"]

ISO: Final = (
    r"^(?:19|20|21)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$"
)
"""A moment as all others are rewritten to, which arrow reads as well."""
ZONED: Final = r"(?:Z|[+-]\d\d:\d\d)$"
EPOCH: Final = r"^-?\d{1,19}(?:\.\d{1,9})?$"
# Epochs from 1973 to 2100 have these magnitudes; between them there is none.
UNITS: Final = ((1e11, 10**9, "seconds"), (1e14, 10**6, "milliseconds"), (1e17, 10**3, "microseconds"), (1e20, 1, "nanoseconds"))
LONGEST_MOMENT: Final = 100
_SMALLEST_EPOCH: Final = 1e8
MISREAD: Final = (631_152_000 * 10**6, 4_102_444_800 * 10**6)
"""Moments of January 1970 that are rather those of 1990 to 2100 in a unit a thousand times as long: Binance changed its own in 2025."""
MISREAD_UNIT: Final = 10**9
"""Of seconds none is: there is no longer unit."""
_PAD: Final[tuple[Rewriting, ...]] = (
    (r"^(\d{4})-0(\d\d)-", r"\1-\2-"),
    (r"^(\d{4}-\d\d)-0(\d\d)(\D|$)", r"\1-\2\3"),
)
_CLOCK: Final[tuple[Rewriting, ...]] = (
    (r"^(\d{4}-\d\d-\d\d)[T ,;_]+(\d)", r"\1T\2"),
    (r"T(\d):", r"T0\1:"),
    (r"(:\d\d),(\d+)", r"\1.\2"),
    (r"(\.\d{9})\d+", r"\1"),
    (r"[ ]*(?:UTC|GMT|z|Z)$", "Z"),
    (r"^(.*T\d\d:[0-9:.]+?)[ ]*([+-]\d\d):?(\d\d)$", r"\1\2:\3"),
    (r"^(.*T\d\d:[0-9:.]+?)[ ]*([+-]\d\d)$", r"\1\2:00"),
)
_YEAR: Final[tuple[Rewriting, ...]] = (
    (r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3"),
    (r"^(\d{4})(\d\d)(\d\d)[ T]?(\d\d):?(\d\d)$", r"\1-\2-\3T\4:\5"),
    (r"^(\d{4})(\d\d)(\d\d)[ T]?(\d\d):?(\d\d):?(\d\d)", r"\1-\2-\3T\4:\5:\6"),
    (r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", r"\1-0\2-0\3"),
)
_DAY: Final[tuple[Rewriting, ...]] = ((r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", r"\3-0\2-0\1"),)
_MONTH: Final[tuple[Rewriting, ...]] = ((r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", r"\3-0\1-0\2"),)
_NUMERIC_DATE: Final = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{4}(?!\d)")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED: Final[tuple[Rewriting, ...]] = tuple(
    rewriting
    for number, name in enumerate(_MONTHS, 1)
    for rewriting in (
        (rf"(?i)^(\d{{1,2}})[-/., ]*{name}[a-z]*[-/., ]*(\d{{4}})", rf"\2-{number:02}-0\1"),
        (rf"(?i)^{name}[a-z]*[-/., ]*(\d{{1,2}})(?:st|nd|rd|th)?[-/., ]+(\d{{4}})", rf"\2-{number:02}-0\1"),
    )
)
_HALVES: Final = re.compile(r"(?i)\d[- ]*[ap]\.?m\.?$")
_TWELVE: Final[tuple[Rewriting, ...]] = (
    (r"(?i)T(\d\d)[- ]*([ap])\.?m\.?$", r"T\1:00 \2m"),
    (r"(?i)^(.*\d)[- ]*([ap])\.?m\.?$", r"\1 \2m"),
    (r"(?i)T12(.*) am$", r"T00\1"),
    *((rf"(?i)T{hour:02}(.*) pm$", rf"T{hour + 12}\1") for hour in range(1, 12)),
    (r"(?i) [ap]m$", ""),
)
_WIDEST: Final = 12  # months
DATE_ONLY: Final = r"^\d{4}-\d\d-\d\d$"
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimeReading:
    """How a column's times are read.

    `unit` is nanoseconds a unit of an epoch, None for text. `rewritings` make ISO 8601 of text. `zoned`: each value says its zone, else
    they are in `zone`. `dated`: they are days without a clock. `guessed`: day and month could be the other way round in every value.
    """

    unit: int | None
    rewritings: tuple[Rewriting, ...]
    zoned: bool
    dated: bool
    zone: str
    guessed: bool
    understood: str | None


def check_zone(name: str, *, field: str = "tz") -> str:
    """Return the name. Raise `InvalidError` of the field, with the nearest name, for one that is no zone of IANA's."""
    zones = available_timezones()
    if name in zones:
        return name
    message = (
        f"There is no time zone {name[:64]!r}.{did_you_mean(name, zones)} It is a name of the IANA list, such as Europe/Berlin or UTC."
    )
    raise InvalidError(message, details={field: [message]})


def tell_reading(values: Sequence[str], *, zone: str) -> TimeReading | None:
    """Return how these values are read as times; None when most of them are none."""
    values = [value for value in values if value]
    if not values:
        return None
    epoch = _epoch(values)
    if epoch is not None:
        return epoch
    order, guessed = _order(values)
    rewritings = _rewritings(values, order=order)
    written = [rewritten(value, rewritings) for value in values]
    moments = [value for value in written if re.match(ISO, value)]
    if 2 * len(moments) < len(written):
        return None
    zoned = 2 * sum(bool(re.search(ZONED, value)) for value in moments) > len(moments)
    dated = 2 * sum(bool(re.match(DATE_ONLY, value)) for value in moments) > len(moments)
    return TimeReading(
        None, rewritings, zoned, dated, zone, guessed, _understood(order, guessed=guessed, zoned=zoned, dated=dated, zone=zone)
    )


def other_order(reading: TimeReading) -> TimeReading:
    """Return a guessed reading with day and month the other way round."""
    day_first = _DAY[0] in reading.rewritings
    swapped = tuple((_MONTH if day_first else _DAY)[0] if each in {_DAY[0], _MONTH[0]} else each for each in reading.rewritings)
    return replace(reading, rewritings=swapped)


def settled(reading: TimeReading) -> TimeReading:
    """Return a guessed reading as one that is none any more: the rows that are there already decided."""
    order: Order = "day" if _DAY[0] in reading.rewritings else "month"
    told = _understood(order, guessed=False, zoned=reading.zoned, dated=reading.dated, zone=reading.zone)
    return replace(reading, guessed=False, understood=f"{told}, as the dataset goes on")


def rewritten(value: str, rewritings: Sequence[Rewriting]) -> str:
    """Return a value after all rewritings; one that is too long to be a moment is left as it is."""
    if len(value) > LONGEST_MOMENT:  # Looking at it would take a time that grows with the square of its length.
        return value
    for pattern, replacement in rewritings:
        value = re.sub(pattern, replacement, value)
    return value


def read_moment(value: str, reading: TimeReading) -> int | None:
    """Return a value's moment in nanoseconds since 1970, UTC (a day's: its midnight); None where it is none as the others are."""
    if reading.unit is not None:
        return _epoch_moment(value, unit=reading.unit)
    text = rewritten(value, reading.rewritings)
    if not re.match(ISO, text) or bool(re.search(ZONED, text)) != reading.zoned:
        return None
    clock, dot, fraction = text.partition(".")
    digits = re.match(r"\d*", fraction)
    part = digits.group() if digits else ""
    try:
        moment = datetime.fromisoformat(clock + fraction[len(part) :] if dot else clock)
    except ValueError:  # no such day
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC if reading.dated else ZoneInfo(reading.zone))
    return (moment - _EPOCH_START) // timedelta(seconds=1) * 10**9 + int(part.ljust(9, "0") or 0)


def _epoch(values: Sequence[str]) -> TimeReading | None:
    numbers = [abs(float(value)) for value in values if re.match(EPOCH, value)]
    # Eight or fourteen digits that are a day are one: 20240102, 20240102153000.
    as_days = sum(bool(re.match(ISO, rewritten(value, (*_YEAR, *_PAD)))) for value in values)
    if 2 * len(numbers) < len(values) or 2 * as_days > len(values):
        return None
    if max(numbers) < _SMALLEST_EPOCH:
        return None
    usual = sorted(numbers)[len(numbers) // 2]
    unit, name = next((unit, name) for below, unit, name in UNITS if usual < below or unit == 1)
    return TimeReading(unit, (), zoned=True, dated=False, zone="UTC", guessed=False, understood=f"epoch {name}")


def _epoch_moment(value: str, *, unit: int) -> int | None:
    if not re.match(EPOCH, value):
        return None
    whole, _, part = value.partition(".")
    sign = -1 if whole.startswith("-") else 1
    if unit < MISREAD_UNIT and MISREAD[0] <= int(whole) * unit < MISREAD[1]:
        return None
    return int(whole) * unit + sign * (int(part.ljust(9, "0")) * unit // 10**9 if part else 0)


def _order(values: Sequence[str]) -> tuple[Order, bool]:
    """Return in which order dates are, and whether it is a guess."""
    dates = [(int(found[1]), int(found[2])) for value in values if (found := _NUMERIC_DATE.match(value))]
    if 2 * len(dates) < len(values):
        return "year", False
    day_first, month_first = (sum(date[place] > _WIDEST for date in dates) for place in (0, 1))
    if day_first == month_first == 0:
        # Points are how dates are written where the day comes first.
        return ("day", False) if all("." in value[:3] for value in values) else ("month", True)
    return ("day", False) if day_first >= month_first else ("month", False)


def _rewritings(values: Sequence[str], *, order: Order) -> tuple[Rewriting, ...]:
    """Return what makes ISO 8601 of the values; nothing where they are that already."""
    if all(re.match(ISO, value) for value in values):
        return ()
    dates = {"year": _YEAR, "day": _DAY, "month": _MONTH}[order]
    if order == "year" and any(value[:1].isalpha() or re.match(r"\d{1,2}[-/., ]*[A-Za-z]{3}", value) for value in values):
        dates = _NAMED
    halves = _TWELVE if any(_HALVES.search(value) for value in values) else ()
    first, *rest = _CLOCK
    return (*dates, *_PAD, first, rest[0], *halves, *rest[1:])


def _understood(order: Order, *, guessed: bool, zoned: bool, dated: bool, zone: str) -> str | None:
    told = [] if order == "year" else [f"{order} first" + (" (guessed: no day is above 12)" if guessed else "")]
    if dated:
        told.append("days without a clock")
    elif zoned:
        told.append("with their own zone")
    elif zone != "UTC":
        told.append(zone)
    return ", ".join(told) or None
