"""The features that a prediction's request gives, checked and put in the model's order. On the hot path."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, TypeGuard

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from libs.contracts.problems import first_problems

SHOWN: Final = 60
# The largest number that a model's float32 inputs hold.
LARGEST: Final = 3.4e38


def rows_of(symbols: Sequence[str], given: Mapping[str, Any], *, names: tuple[str, ...]) -> tuple[tuple[float, ...] | None, ...]:
    """Return a row for each symbol, None where none was given. Raise InvalidError that names symbol and feature of every problem."""
    rows: list[tuple[float, ...] | None] = []
    clean = len(given) <= len(symbols)
    for symbol in symbols:
        values = given.get(symbol)
        row = None if values is None else _row(values, names)
        clean = clean and (values is None or row is not None)
        rows.append(row)
    if not clean or [symbol for symbol in given if symbol not in symbols]:
        msg = "The features cannot be used."
        raise InvalidError(msg, details=_problems(symbols, given, names))
    return tuple(rows)


def _row(values: Any, names: tuple[str, ...]) -> tuple[float, ...] | None:
    """Return the values in order, or None when anything is wrong with them."""
    if type(values) is not dict or len(values) != len(names):
        return None
    row = []
    for name in names:
        value = values.get(name)
        if type(value) is float and -LARGEST <= value <= LARGEST:  # the usual case, without a call
            row.append(value)
        elif _is_number(value):
            row.append(float(value))
        else:
            return None
    return tuple(row)


def _is_number(value: Any) -> TypeGuard[float]:
    return (type(value) is float or type(value) is int) and math.isfinite(value) and abs(value) <= LARGEST


def _problems(symbols: Sequence[str], given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, list[str]]:
    wrong = list(_wrong_places(given, symbols=frozenset(symbols), names=names))
    return first_problems(wrong, lambda place: _told(*place, given=given, symbols=symbols, names=names))


def _wrong_places(given: Mapping[str, Any], *, symbols: Collection[str], names: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """Yield symbol and feature of every problem, None for a feature where it is all that is given for the symbol."""
    for symbol, values in given.items():
        if symbol not in symbols or not isinstance(values, dict | None):
            yield symbol, None
        elif values is not None:
            yield from ((symbol, name) for name in names if not _is_number(values.get(name)))
            yield from ((symbol, name) for name in values if name not in names)


def _told(symbol: str, name: str | None, *, given: Mapping[str, Any], symbols: Sequence[str], names: tuple[str, ...]) -> tuple[str, str]:
    """Return the field and the words of one problem."""
    place = f"features.{symbol[:SHOWN]}"
    if name is not None:
        return f"{place}.{name[:SHOWN]}", _about(name, given[symbol], names)
    if symbol not in symbols:
        return place, f"'{symbol[:SHOWN]}' is not among the symbols.{did_you_mean(symbol, symbols)}"
    return place, "Must be an object of feature names and numbers."


def _about(name: str, values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    if name not in names:
        hint = did_you_mean(name, names) or f" It has {', '.join(names)}."
        return f"The model has no such feature.{hint}"
    if name not in values:
        return "This feature is required: give all of the model's features, or none to have them computed."
    if isinstance(values[name], bool) or not isinstance(values[name], int | float):
        return "Must be a number."
    return "Must be a finite number within 3.4e38."
