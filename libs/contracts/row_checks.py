"""Whether rows are what their schema says, and what schema rows without one have."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from libs.contracts.names import did_you_mean
from libs.contracts.row_schema import LARGEST, AtMost, RowColumn, RowSchema, RowType, SumOf, UniqueTogether

PROBLEMS_MOST: Final = 20
ALIKE: Final = 1e-6
"""Relative difference of a sum from its parts that is rounding."""
MEANINGS: Final[dict[RowType, str]] = {
    "number": "a number",
    "integer": "a whole number",
    "category": "a text",
    "boolean": "true or false",
    "date": "a date such as 2026-01-31",
    "datetime": "a moment such as 2026-01-31T12:00:00Z",
}


def check_rows(rows: Sequence[JsonObject], schema: RowSchema, *, field: str) -> None:
    """Raise InvalidError, by row and column below `field`, for rows that are not what their schema says; the first mistakes are told."""
    found: dict[str, list[str]] = {}
    for place, why in islice(_problems(rows, schema), PROBLEMS_MOST):
        found.setdefault(f"{field}.{place}", []).append(why)
    if found:
        raise InvalidError("; ".join(text for texts in found.values() for text in texts), details=found)


def schema_of(rows: Sequence[JsonObject]) -> RowSchema:
    """Return the schema that rows tell: the narrowest type that all cells of a column have."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return RowSchema(columns=tuple(_column(name, [row.get(name) for row in rows]) for name in names))


def _column(name: str, cells: Sequence[Any]) -> RowColumn:
    known = [each for each in cells if each is not None]
    kinds: tuple[RowType, ...] = ("boolean", "integer", "number", "date", "datetime")
    fitting: RowType = next((kind for kind in kinds if known and all(is_a(each, kind) for each in known)), "category")
    return RowColumn(name=name, type=fitting, nullable=len(known) < len(cells))


def is_a(cell: Any, kind: RowType) -> bool:
    """Tell whether a cell of JSON is of a type."""
    if kind == "boolean":
        return isinstance(cell, bool)
    if kind in {"number", "integer"}:
        return not isinstance(cell, bool) and (
            isinstance(cell, int) or (isinstance(cell, float) and (kind == "number" or cell.is_integer()))
        )
    if not isinstance(cell, str):
        return False
    if kind == "category":
        return True
    try:
        date.fromisoformat(cell) if kind == "date" else datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def _problems(rows: Sequence[JsonObject], schema: RowSchema) -> Iterator[tuple[str, str]]:
    names = [each.name for each in schema.columns]
    for place, row in enumerate(rows):
        for name in row:
            if name not in names:
                yield f"{place}.{name}", f"The schema has no column {name!r}.{did_you_mean(name, names)}"
        for column in schema.columns:
            if why := _wrong(row.get(column.name), column):
                yield f"{place}.{column.name}", why
    for column in schema.columns:
        if column.unique:
            yield from _repeated(rows, [column.name])
    for rule in schema.constraints:
        if isinstance(rule, UniqueTogether):
            yield from _repeated(rows, rule.columns)
        else:
            yield from _broken(rows, rule)


def _wrong(cell: Any, column: RowColumn) -> str | None:
    if cell is None:
        return None if column.nullable else "A value is needed."
    if not is_a(cell, column.type):
        return f"{str(cell)[:60]!r} is not {MEANINGS[column.type]}."
    if column.enum is not None and cell not in column.enum:
        return f"{str(cell)[:60]!r} is not among what the column's `enum` allows."
    value, low, high = (_comparable(each) for each in (cell, column.minimum, column.maximum))
    if low is not None and value is not None and value < low:
        return f"{cell} is less than {column.minimum}, the least."
    if high is not None and value is not None and value > high:
        return f"{cell} is more than {column.maximum}, the most."
    return None


def _repeated(rows: Sequence[JsonObject], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: dict[tuple[Any, ...], int] = {}
    for place, row in enumerate(rows):
        key = tuple(row.get(name) if not isinstance(row.get(name), (list, dict)) else str(row.get(name)) for name in names)
        if None not in key and seen.setdefault(key, place) != place:
            yield f"{place}.{names[0]}", f"Row {seen[key]} has the same {', '.join(names)}, which no two rows may have."


def _broken(rows: Sequence[JsonObject], rule: AtMost | SumOf) -> Iterator[tuple[str, str]]:
    others = (rule.other,) if isinstance(rule, AtMost) else rule.parts
    for place, row in enumerate(rows):
        own, theirs = _comparable(row.get(rule.column)), [_comparable(row.get(each)) for each in others]
        known = [each for each in theirs if each is not None]
        if own is None or len(known) < len(theirs):
            continue  # What is missing breaks no rule, and what is of another type was told before.
        total = sum(known)
        if isinstance(rule, AtMost) and own > total:
            yield f"{place}.{rule.column}", f"{row[rule.column]} is more than {rule.other}, which is {row[rule.other]}."
        elif isinstance(rule, SumOf) and abs(own - total) > ALIKE * max(abs(own), abs(total), 1):
            yield f"{place}.{rule.column}", f"{row[rule.column]} is not {total:g}, the sum of {', '.join(rule.parts)}."


def _comparable(cell: Any) -> float | None:
    """Return a number, or a date or moment as seconds; None for anything else."""
    if is_a(cell, "number"):
        return float(cell) if abs(cell) <= LARGEST else None
    if not is_a(cell, "datetime"):
        return None
    moment = datetime.fromisoformat(cell)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
