"""Rows that a model is asked about, as a file has them: comma-separated values, JSON, or JSON lines."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

from modelbourse.answers.cells import value_of
from modelbourse.cli.errors import CommandError


def read_rows(file: str) -> list[dict[str, Any]]:
    """Return the rows of a file, of stdin for `-`; of CSV empty cells are left out, and numbers are numbers. Raise CommandError."""
    try:
        text = (sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise CommandError(message) from error
    except UnicodeDecodeError as error:
        message = f"{file} is not in UTF-8"
        raise CommandError(message) from error
    try:
        rows = _rows_of(text.strip())
    except (ValueError, csv.Error) as error:
        message = f"{file} is neither CSV nor JSON that can be read: {error}"
        raise CommandError(message) from error
    if not rows or not all(isinstance(row, dict) for row in rows):
        message = f"{file} has no rows: it holds a list of objects, an object a line, or columns below a line of their names"
        raise CommandError(message)
    return rows


def _rows_of(text: str) -> list[dict[str, Any]]:
    if text.startswith("["):
        return list(json.loads(text))
    if text.startswith("{"):
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    reader = csv.DictReader(io.StringIO(text), strict=True)
    return [_row(reader.line_num, cells) for cells in reader]


def _row(line: int, cells: dict[str, Any]) -> dict[str, Any]:
    if None in cells:
        message = f"line {line} has more cells than there are columns"
        raise ValueError(message)
    return {name: value_of(text) for name, text in cells.items() if text and text.strip()}
