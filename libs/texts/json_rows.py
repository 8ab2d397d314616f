"""Rows of JSON: an array of objects, read an element at a time, or an object a line."""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, Final, TextIO

from libs.contracts.text_config import DataFormat
from libs.texts.rows import Bounds, refused

Row = tuple[int, Any]
_CHUNK: Final = 1 << 18
_HEADER_ROWS: Final = 1_000  # the first rows tell which columns there are
# What tools wrap an array in: {"data": [ … ]}.
_WRAPPED: Final = re.compile(r'\s*\{\s*"(?:data|rows|items|records|examples)"\s*:\s*(?=\[)')
_BETWEEN: Final = re.compile(r"[\s,]*")
_SHAPE: Final = 'each row is an object, such as {"text": "Profit rose", "label": "positive"}'


def open_json(file: TextIO, *, bounds: Bounds) -> tuple[DataFormat, tuple[str, ...], Iterator[Row]]:
    """Return the format that it is (`json` or `jsonl`), the columns, and the rows with their places. Raise `InvalidError`."""
    head = file.read(_CHUNK)
    wrapped = _WRAPPED.match(head)
    if wrapped is not None or head.lstrip().startswith("["):
        start = wrapped.end() if wrapped is not None else head.index("[")
        kind: DataFormat = "json"
        rows = _elements(file, head=head[start + 1 :], bounds=bounds)
    else:
        file.seek(0)
        kind, rows = "jsonl", _lines(file, bounds=bounds)
    first = list(islice(rows, _HEADER_ROWS))
    header = tuple(dict.fromkeys(name for _, row in first for name in row))
    return kind, header, chain(first, rows)


def _elements(file: TextIO, *, head: str, bounds: Bounds) -> Iterator[Row]:
    """Yield the elements of an array; only one of them, and what was read beside, is in memory."""
    decoder, buffer, place, row, whole = json.JSONDecoder(), head, 0, 1, False
    while True:
        place = _BETWEEN.match(buffer, place).end()  # type: ignore[union-attr] # it matches nothing, too
        if buffer[place : place + 1] == "]":
            return
        try:
            value, place = decoder.raw_decode(buffer, place)
        except RecursionError as error:
            raise _too_deep(row, unit="row") from error
        except ValueError as error:
            if whole or len(buffer) - place > bounds.row:
                raise _unreadable(error, row=row, length=len(buffer) - place, bounds=bounds, whole=whole) from error
            chunk = file.read(_CHUNK)
            buffer, place, whole = buffer[place:] + chunk, 0, not chunk
            continue
        yield row, _object(value, place=f"Row {row:,}")
        row += 1


def _unreadable(error: ValueError, *, row: int, length: int, bounds: Bounds, whole: bool) -> Exception:
    if not whole:
        return refused(f"Row {row:,} is no JSON, or longer than {bounds.row:,} letters.")
    if not length:
        return refused("The array does not end: the file was cut off, or a ] is missing at its end.")
    return refused(f"Row {row:,} is no JSON: {_why(error)}.")


def _why(error: ValueError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "a number in it has more digits than can be read"


def _lines(file: TextIO, *, bounds: Bounds) -> Iterator[Row]:
    number = 0
    while line := file.readline(bounds.row):
        number += 1
        if len(line) >= bounds.row and not line.endswith("\n"):
            message = f"Line {number:,} is longer than {bounds.row:,} letters."
            raise refused(message)
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except RecursionError as error:
            raise _too_deep(number, unit="line") from error
        except ValueError as error:
            message = f"Line {number:,} is no JSON: {_why(error)}. Send an array of objects, or an object a line."
            raise refused(message) from error
        yield number, _object(value, place=f"Line {number:,}")


def _object(value: Any, *, place: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    message = f"{place} is {'a list' if isinstance(value, list) else f'{str(value)[:40]!r}'}: {_SHAPE}."
    raise refused(message)


def _too_deep(number: int, *, unit: str) -> Exception:
    return refused(f"{unit.capitalize()} {number:,} is nested too deeply: {_SHAPE}.")
