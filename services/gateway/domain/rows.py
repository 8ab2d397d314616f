"""The features that a prediction's request gives, checked and put in the model's order. On the hot path."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean

SHOWN: Final = 60


def rows_of(symbols: Sequence[str], given: Mapping[str, Any], *, names: tuple[str, ...]) -> tuple[tuple[float, ...] | None, ...]:
    """Return a row for each symbol, None where none was given. Raise InvalidError that names symbol and feature of every problem."""
    rows: list[tuple[float, ...] | None] = []
    clean = len(given) <= len(symbols)
    for symbol in symbols:
        values = given.get(symbol)
        row = None if values is None else _row(values, names)
        clean = clean and (values is None or row is not None)
        rows.append(row)
    if not clean or any(symbol not in symbols for symbol in given):
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
        if type(value) is not float and type(value) is not int:
            return None
        if not math.isfinite(value) or abs(value) > LARGEST:
            return None
        row.append(float(value))
    return tuple(row)


# The largest number that a model's float32 inputs hold.
LARGEST: Final = 3.4e38


def _problems(symbols: Sequence[str], given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for symbol, values in given.items():
        place = f"features.{symbol[:SHOWN]}"
        if symbol not in symbols:
            problems[place] = [f"'{symbol[:SHOWN]}' is not among the symbols.{did_you_mean(symbol, symbols)}"]
        elif values is None:
            continue
        elif not isinstance(values, dict):
            problems[place] = ["Must be an object of feature names and numbers."]
        else:
            problems |= _row_problems(place, values, names)
    return problems


def _row_problems(place: str, values: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    for name in names:
        if name not in values:
            problems[f"{place}.{name}"] = ["This feature is required: give all of the model's features, or none to have them computed."]
        elif isinstance(values[name], bool) or not isinstance(values[name], int | float):
            problems[f"{place}.{name}"] = ["Must be a number."]
        elif not math.isfinite(values[name]) or abs(values[name]) > LARGEST:
            problems[f"{place}.{name}"] = ["Must be a finite number within 3.4e38."]
    for name in values:
        if name not in names:
            hint = did_you_mean(name, names) or f" It has {', '.join(names)}."
            problems[f"{place}.{name[:SHOWN]}"] = [f"The model has no such feature.{hint}"]
    return problems
