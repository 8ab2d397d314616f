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
# What tools call an array that they wrap: {"version": "1", "data": [ … ]}.
_WRAPPERS: Final = frozenset({"data", "rows", "items", "records", "examples"})
_SPACE: Final = re.compile(r"\s*")
_OBJECTS: Final = re.compile(r"\[\s*[\[{\]]")
_SHAPE: Final = 'each row is an object, such as {"text": "Profit rose", "label": "positive"}'


def open_json(file: TextIO, *, bounds: Bounds) -> tuple[DataFormat, tuple[str, ...], Iterator[Row]]:
    """Return the format that it is (`json` or `jsonl`), the columns, and the rows with their places. Raise `InvalidError`."""
    head = file.read(_CHUNK)
    start = _wrapped(head)
    wrapped = start is not None
    if start is None and head.lstrip().startswith("["):
        start = head.index("[")
    if start is not None:
        kind: DataFormat = "json"
        rows = _elements(file, head=head[start + 1 :], wrapped=wrapped, bounds=bounds)
    else:
        file.seek(0)
        kind, rows = "jsonl", _lines(file, bounds=bounds)
    first = list(islice(rows, _HEADER_ROWS))
    header = tuple(dict.fromkeys(name for _, row in first for name in row))
    return kind, header, chain(first, rows)


def _wrapped(head: str) -> int | None:
    """Return where the array begins in an object around it; None where there is no such object, or it is the first of many lines."""
    if not head.lstrip().startswith("{") or _is_lines(head):
        return None
    decoder, place = json.JSONDecoder(), head.index("{") + 1
    try:
        while True:
            name, place = decoder.raw_decode(head, _space(head, place))
            place = _space(head, place)
            if head[place : place + 1] != ":":
                return None
            place = _space(head, place + 1)
            if name in _WRAPPERS and _OBJECTS.match(head, place):
                return place
            _, place = decoder.raw_decode(head, place)
            place = _space(head, place)
            if head[place : place + 1] != ",":
                return None
            place += 1
    except (ValueError, RecursionError):
        return None  # Whoever reads it as lines says what is wrong.


def _is_lines(head: str) -> bool:
    line, _, rest = head.strip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _space(text: str, place: int) -> int:
    """Return where the next sign is that is no space."""
    return _SPACE.match(text, place).end()  # type: ignore[union-attr] # it matches nothing, too


def _elements(file: TextIO, *, head: str, wrapped: bool, bounds: Bounds) -> Iterator[Row]:
    """Yield the elements of an array; only one of them, and what was read beside, is in memory."""
    decoder, buffer, place, row, whole, after = json.JSONDecoder(), head, 0, 1, False, "["
    while True:
        place = _space(buffer, place)
        sign = buffer[place : place + 1]
        if sign == "]" and after != ",":
            _check_end(file, rest=buffer[place + 1 :], wrapped=wrapped, bounds=bounds)
            return
        if sign == "]" or (sign and (after == "row") != (sign == ",")):
            raise _between(row, sign=sign, after=after)
        if sign == ",":
            place, after = place + 1, ","
            continue
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
        row, after = row + 1, "row"


def _between(row: int, *, sign: str, after: str) -> Exception:
    """Return what is raised of signs that do not belong between rows; `row` is the number of the next one."""
    if after == "row":
        return refused(f"Behind row {row - 1:,} stands {sign!r}: one comma stands between two rows, and ] behind the last one.")
    return refused(f"Before row {row:,} stands a comma too many.")


def _check_end(file: TextIO, *, rest: str, wrapped: bool, bounds: Bounds) -> None:
    """Raise `InvalidError` for what stands behind the array: a file that was pasted together would lose rows without a word."""
    rest += file.read(bounds.row)
    try:
        left = file.read(1) or (not isinstance(json.loads('{"": []' + rest), dict) if wrapped else rest.strip())
    except (ValueError, RecursionError):
        left = rest
    if left:
        message = f"Behind the array stands {rest.strip()[:40]!r}: a file holds one array, and nothing behind its ]."
        raise refused(message)


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
