"""Labels as a CSV file has them: what came true, a row each."""

import csv
import io
import sys
from pathlib import Path
from typing import Any, Final

from modelbourse.cli.errors import CommandError
from modelbourse.cli.nearest import did_you_mean

KNOWN: Final = ("prediction_id", "timestamp", "symbol", "value")
# As many as a request may have.
SENT_AT_ONCE: Final = 10_000


def rows_of(file: str) -> list[dict[str, Any]]:
    """Return the rows of a CSV file, of stdin for `-`: numbers as numbers, empty cells left out. Raise CommandError."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise CommandError(message) from error
    try:
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig")), strict=True)
        _check(file, list(reader.fieldnames or ()))
        rows = [_row(file, reader.line_num, each) for each in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        message = f"{file} is no CSV file in UTF-8: {error}"
        raise CommandError(message) from error
    if not rows:
        message = f"{file} has no rows"
        raise CommandError(message)
    return rows


def _check(file: str, columns: list[str]) -> None:
    unknown = next((each for each in columns if each not in KNOWN), None)
    if unknown is not None or "value" not in columns or not {"prediction_id", "timestamp"} & set(columns):
        why = f" There is no column {unknown!r}.{did_you_mean(unknown, KNOWN)}" if unknown is not None else ""
        message = f"{file} must have the columns `value`, and `prediction_id`, or `timestamp` and `symbol`.{why}"
        raise CommandError(message)


def _row(file: str, line: int, cells: dict[str, Any]) -> dict[str, Any]:
    if None in cells or not (cells["value"] or "").strip():
        message = f"{file}, line {line}: " + ("more cells than columns" if None in cells else "it has no value")
        raise CommandError(message)
    row: dict[str, Any] = {name: text.strip() for name, text in cells.items() if text and text.strip()}
    try:
        row["value"] = float(row["value"])
    except ValueError:
        return row  # The name of a class.
    return row
