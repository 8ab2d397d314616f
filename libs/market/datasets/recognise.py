"""What the columns of a file are: by their names, by what the user calls them, and by their first values. Pure Python."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, cast

from libs.contracts.datasets import COLUMNS_MOST, Column, DatasetKind, Finding, FindingCode
from libs.contracts.names import did_you_mean
from libs.market.datasets.column_names import KNOWN_AT, LEFT_OUT, NEEDED, RESERVED, ROLES, SYNONYMS, plain, role_of, snake
from libs.market.datasets.findings import found, quoted
from libs.market.datasets.times import TimeReading, other_order, read_moment, settled, tell_reading

NUMBER: Final = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"
COMMA_NUMBER: Final = r"^[+-]?(?:\d+,\d+|\d+|\d{1,3}(?:\.\d{3})+(?:,\d+)?)$"
THOUSANDS: Final = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
NOTHING: Final = frozenset({"", "null", "NULL", "None", "none", "NA", "N/A", "n/a", "#N/A", "nan", "NaN", "NAN", "-", "<NA>", "NaT"})
"""Cells that say that there is no value."""
_LONGEST_NAME: Final = 100
_CLOCK: Final = re.compile(r"^\d{1,2}:?\d{2}(?::?\d{2})?(?:[.,]\d+)?(?: ?[apAP][mM])?$")
Role = Literal["time", "open", "high", "low", "close", "volume", "feature", "known_at", "text", "label", "symbol", "value"]
ColumnType = Literal["time", "number", "integer", "boolean", "text"]


@dataclass(frozen=True, slots=True)
class Read:
    """A column and how it is read: `places` are its cells in a row (a date and a clock are two); what is not `kept` is left out."""

    column: Column
    places: tuple[int, ...]
    reading: TimeReading | None = None
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file's columns are, in its order, and what is wrong with them. `comma`: numbers have a decimal comma."""

    reads: tuple[Read, ...]
    comma: bool
    findings: tuple[Finding, ...] = field(default=())

    @property
    def columns(self) -> tuple[Column, ...]:
        """Return the columns as they were understood."""
        return tuple(read.column for read in self.reads)

    @property
    def places(self) -> frozenset[int]:
        """Return the places of the cells that are read: those that are kept, and the symbol's."""
        return frozenset(place for read in self.reads if read.kept or read.column.role == "symbol" for place in read.places)

    def named(self, role: str) -> Read | None:
        """Return the column that plays a role; None where none does."""
        return next((read for read in self.reads if read.kept and read.column.role == role), None)


def recognise(
    header: Sequence[str],
    *,
    rows: Sequence[Sequence[str]],
    kind: DatasetKind,
    columns: Mapping[str, str],
    tz: str | None,
    delimiter: str = ",",
) -> Layout:
    """Return what the columns of a file are, by its header and its first rows (each as long as the header).

    `columns` says what the file calls a column, by what it is called here; it goes before the names that are known.
    """
    if len(header) > COLUMNS_MOST:
        message = f"The file has {len(header):,} columns; a dataset has {COLUMNS_MOST} at most. Leave some out."
        return Layout((), comma=False, findings=(found(FindingCode.UNREADABLE, message, count=len(header)),))
    longest = max(header, key=len)
    if len(longest) > _LONGEST_NAME:
        message = f"A column's name has {len(longest):,} letters: {quoted(longest)}. Give it one of {_LONGEST_NAME} at most."
        return Layout((), comma=False, findings=(found(FindingCode.UNREADABLE, message),))
    cells = [[row[place].strip() for row in rows if row[place].strip() not in NOTHING] for place in range(len(header))]
    # An index without a name, as pandas writes it, is the time where it holds times.
    index = next((place for place, name in enumerate(header) if not name and tell_reading(cells[place], zone="UTC") is not None), None)
    roles, findings = _roles(header, kind=kind, columns=columns, index=index)
    numbers = [place for place in range(len(header)) if roles.get(place, "") in NEEDED[DatasetKind.CANDLES] or place not in roles]
    comma = delimiter != "," and _has_comma([value for place in numbers for value in cells[place]])
    reads, more = _reads(header, cells=cells, roles=roles, kind=kind, zone=tz or "UTC", comma=comma, renamed=columns)
    return Layout(tuple(reads), comma=comma, findings=(*findings, *more, *_clashes(reads)))


def settle_order(layout: Layout, *, rows: Sequence[Sequence[str]], end: int) -> Layout:
    """Return the layout of rows that go on after the moment `end`; a guess whether the day or the month comes first is settled by it."""
    read = layout.named("time")
    if read is None or read.reading is None or not read.reading.guessed:
        return layout

    def distance(reading: TimeReading) -> float:
        moments = [read_moment("T".join(row[place].strip() for place in read.places), reading) for row in rows]
        return min((abs(moment - end) for moment in moments if moment is not None), default=math.inf)

    chosen = settled(min((read.reading, other_order(read.reading)), key=distance))
    told = replace(read, reading=chosen, column=read.column.model_copy(update={"understood": chosen.understood}))
    findings = tuple(finding for finding in layout.findings if finding.code is not FindingCode.UNPARSED_TIME or finding.severity == "error")
    return replace(layout, reads=tuple(told if each is read else each for each in layout.reads), findings=findings)


def to_number(value: str, *, comma: bool) -> float | None:
    """Return a cell's number; None for what is none. Thousands may be set apart."""
    value = value.strip()
    if comma and re.match(COMMA_NUMBER, value):
        value = value.replace(".", "").replace(",", ".")
    elif not comma and re.match(THOUSANDS, value):
        value = value.replace(",", "")
    number = float(value) if re.match(NUMBER, value) else math.inf
    return number if math.isfinite(number) else None


def _roles(
    header: Sequence[str], *, kind: DatasetKind, columns: Mapping[str, str], index: int | None
) -> tuple[dict[int, str], list[Finding]]:
    """Return the role of each column that has one, by its place."""
    findings: list[Finding] = []
    roles: dict[int, str] = {}
    places = {name: place for place, name in reversed(list(enumerate(header)))}
    twice = sorted({name for name in header if header.count(name) > 1 and name.strip()})
    if twice:
        message = f"Two columns are called {quoted(twice[0])}: give each a name of its own."
        findings.append(found(FindingCode.UNREADABLE, message, count=len(twice), first="line 1"))
    for role in ROLES[kind]:
        called = columns.get(role)
        if called is not None and called not in places:
            near = did_you_mean(called, header)
            message = f"columns says that {role} is called {quoted(called)}: the file has no such column.{near}"
            findings.append(found(FindingCode.MISSING_COLUMN, message))
            continue
        name = called if called is not None else role_of(role, kind=kind, header=[each for each in header if each not in columns.values()])
        if name is not None:
            roles[places[name]] = role
        elif role == "time" and index is not None:
            roles[index] = role
    missing = [role for role in NEEDED[kind] if role not in roles.values() and role not in columns]
    if missing:
        findings.append(_missing(missing, header=header))
    return roles, findings


def _missing(missing: Sequence[str], *, header: Sequence[str]) -> Finding:
    names = ", ".join(missing)
    shown = ", ".join(name for name in header[:12] if name) + ("…" if len(header) > 12 else "")  # noqa: PLR2004 - enough to recognise the file
    near = did_you_mean(missing[0], header)
    zeros = " Without volumes send a column of zeros: features of volume then count as unknown." if list(missing) == ["volume"] else ""
    message = f"There is no column for {names}. The file has {shown}.{near} Say what it is called with columns.{zeros}"
    return found(FindingCode.MISSING_COLUMN, message, count=len(missing), first="line 1")


def _reads(
    header: Sequence[str],
    *,
    cells: Sequence[Sequence[str]],
    roles: Mapping[int, str],
    kind: DatasetKind,
    zone: str,
    comma: bool,
    renamed: Mapping[str, str],
) -> tuple[list[Read], list[Finding]]:
    by_source = {source: name for name, source in renamed.items()} if kind is DatasetKind.TABLE else {}
    day, clock = _day_and_clock(header, cells=cells, roles=roles)
    clock = None if clock == day else clock
    reads: list[Read] = []
    findings: list[Finding] = []
    for place, source in enumerate(header):
        role, values = roles.get(place), cells[place]
        if place == day:
            places = (place,) if clock is None else (place, clock)
            joined = values if clock is None else [f"{day}T{hour}" for day, hour in zip(values, cells[clock], strict=False)]
            read = Read(_column("time", source=source, role="time", kind="time"), places, tell_reading(joined, zone=zone))
            reads.append(_timed(read, kind=kind, values=values, findings=findings))
        elif place != clock:
            reads.append(_other(source, place=place, role=role, values=values, kind=kind, zone=zone, comma=comma, renamed=by_source))
    return reads, findings


def _timed(read: Read, *, kind: DatasetKind, values: Sequence[str], findings: list[Finding]) -> Read:
    """Return the column of times as it can be read; of a table it is text where it cannot."""
    reading = read.reading
    if reading is None:
        if kind is DatasetKind.TABLE:
            return replace(read, column=read.column.model_copy(update={"name": snake(read.column.source), "role": "value", "type": "text"}))
        if values:
            strange = next((value for value in values if tell_reading([value], zone="UTC") is None), values[0])
            message = f"The times cannot be read: {quoted(strange)} is no moment of 1900 to 2100. Write them as 2024-01-02T15:30:00Z."
            findings.append(found(FindingCode.UNPARSED_TIME, message, count=len(values)))
        return read
    if reading.guessed:
        message = (
            f"{quoted(values[0])} can be read with the day first or the month first, and so can every other time that was looked at: the "
            "month was taken as first. Write dates as 2024-01-31 to be sure."
        )
        findings.append(found(FindingCode.UNPARSED_TIME, message, severity="warning", count=len(values)))
    return replace(read, column=read.column.model_copy(update={"understood": reading.understood}))


def _other(
    source: str,
    *,
    place: int,
    role: str | None,
    values: Sequence[str],
    kind: DatasetKind,
    zone: str,
    comma: bool,
    renamed: Mapping[str, str],
) -> Read:
    """Return a column that is not the time."""
    name = renamed.get(source) or role or snake(source)
    if kind is not DatasetKind.CANDLES:
        reading = tell_reading(values, zone=zone) if name.endswith("_at") or plain(source) in SYNONYMS["time"] else None
        told: ColumnType = "text" if role is not None else "time" if reading is not None else _type(values, comma=comma)
        column = _column(
            name, source=source, role=cast("Role", role or "value"), kind=told, understood=None if reading is None else reading.understood
        )
        return Read(column, (place,), reading, kept=bool(name))
    if role == "symbol":
        return Read(
            _column(name, source=source, role="symbol", kind="text", understood="left out: every row has the same"), (place,), kept=False
        )
    if role is not None:
        understood = "decimal comma" if comma else None
        return Read(_column(name, source=source, role=cast("Role", role), kind="number", understood=understood), (place,))
    if name.endswith(KNOWN_AT):
        reading = tell_reading(values, zone=zone)
        understood = None if reading is None else reading.understood
        return Read(_column(name, source=source, role="known_at", kind="time", understood=understood), (place,), reading)
    left_out = _left_out(source, values=values, comma=comma)
    if left_out:
        return Read(_column(name or "unnamed", source=source, role="value", kind="text", understood=left_out), (place,), kept=False)
    return Read(_column(name, source=source, role="feature", kind="number"), (place,))


def _left_out(source: str, *, values: Sequence[str], comma: bool) -> str | None:
    """Return why a further column of candles is no feature; None where it is one."""
    if not snake(source) or plain(source).startswith("unnamed"):
        return "left out: it has no name"
    if plain(source) in LEFT_OUT or plain(source) in SYNONYMS["time"]:
        return "left out: the time is read from another column"
    if values and not any(to_number(value, comma=comma) is not None for value in values):
        return "left out: it holds text"
    return None


def _column(name: str, *, source: str, role: Role, kind: ColumnType, understood: str | None = None) -> Column:
    return Column(name=name, source=source, role=role, type=kind, understood=understood)


def _type(values: Sequence[str], *, comma: bool) -> ColumnType:
    if values and all(re.match(r"^-?(?:0|[1-9]\d{0,17})$", value) for value in values):
        return "integer"
    if values and all(to_number(value, comma=comma) is not None and not re.match(r"^[+-]?0\d", value) for value in values):
        return "number"
    return "boolean" if values and all(value.casefold() in {"true", "false"} for value in values) else "text"


def _day_and_clock(header: Sequence[str], *, cells: Sequence[Sequence[str]], roles: Mapping[int, str]) -> tuple[int | None, int | None]:
    """Return the places of the column of times, and of the clock that belongs to it where it holds mere days."""
    chosen = next((place for place, role in roles.items() if role == "time"), None)
    others = [place for place, name in enumerate(header) if place not in roles and plain(name) in SYNONYMS["time"]]
    if chosen is None or not others:
        return chosen, None
    if _are_clocks(cells[chosen]):
        return next((place for place in others if not _are_clocks(cells[place])), chosen), chosen
    return chosen, next((place for place in others if _are_clocks(cells[place])), None)


def _are_clocks(values: Sequence[str]) -> bool:
    return bool(values) and all(_CLOCK.match(value) for value in values)


def _has_comma(values: Sequence[str]) -> bool:
    commas = sum(bool(re.match(r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+$", value)) for value in values)
    return 2 * commas > sum("," in value or "." in value for value in values)


def _clashes(reads: Sequence[Read]) -> list[Finding]:
    findings: list[Finding] = []
    seen: dict[str, str] = {}
    names = {read.column.name for read in reads if read.kept}
    for read in reads:
        name, source = read.column.name, read.column.source
        if not read.kept:
            continue
        if name in seen or name in RESERVED:
            other = f"{quoted(seen[name])} too" if name in seen else "a column of our own"
            message = f"The column {quoted(source)} would be called {name} here, as is {other}: give it another name."
            findings.append(found(FindingCode.UNREADABLE, message, first="line 1"))
        if read.column.role == "known_at" and name.removesuffix(KNOWN_AT) not in names:
            message = f"The column {name} says when {name.removesuffix(KNOWN_AT)} was known: the file has no such column."
            findings.append(found(FindingCode.MISSING_COLUMN, message, first="line 1"))
        seen[name] = source
    return findings
