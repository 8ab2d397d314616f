"""What the first rows of a CSV file are understood as, told at once; the check, which reads all of it, has the last word."""

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from libs.contracts.datasets import PREVIEW_ROWS, ValidateSpec
from libs.contracts.envelope import JsonObject
from libs.market.datasets.recognise import NOTHING, Layout, Read, recognise, to_number
from libs.market.datasets.times import read_moment
from modelbourse.answers import datasets as answers
from services.gateway.inbound.faces.ai_engine.dataset_answers import column_of
from services.gateway.inbound.http.received import HEAD

SAMPLE_ROWS: Final = 200
DELIMITERS: Final = (",", ";", "\t", "|")
PARQUET: Final = "Parquet is read by its check: the dataset shows it when that has ended."
NO_TEXT: Final = "It is no text in UTF-8: its check says where."
NO_ROWS: Final = "No row of it can be told from the first 64 KB: its check says why."
TRUTHS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def first_look(spec: ValidateSpec, head: bytes) -> tuple[answers.DatasetPreview | None, str | None]:
    """Return what a file is understood as by its beginning; None, and why."""
    if spec.upload.format == "parquet":
        return None, PARQUET
    try:
        lines = _lines(head)
    except UnicodeDecodeError:
        return None, NO_TEXT
    delimiter = max(DELIMITERS, key=lines[0].count) if lines else ","
    try:
        header, *rows = [row for row in csv.reader(lines, delimiter=delimiter) if row] or [[]]
    except csv.Error:
        return None, NO_ROWS
    whole = [row for row in rows if len(row) == len(header)][:SAMPLE_ROWS]
    if not whole:
        return None, NO_ROWS
    names = [name.strip() for name in header]
    layout = recognise(names, rows=whole, kind=spec.kind, columns=spec.columns, tz=spec.tz, delimiter=delimiter)
    preview = answers.DatasetPreview(
        columns=[column_of(each) for each in layout.columns],
        rows=[_row(each, layout) for each in whole[:PREVIEW_ROWS]],
        tz=spec.tz or "UTC",
        timeframe=spec.timeframe,
        calendar=spec.calendar,
        calendar_guessed=False,
    )
    return preview, None


def _lines(head: bytes) -> list[str]:
    """Return the whole lines of a file's beginning. Raise UnicodeDecodeError."""
    if len(head) >= HEAD:  # The last line, and the last character, may be cut.
        head = head[: head.rfind(b"\n") + 1]
    return head.decode("utf-8-sig").splitlines()


def _row(cells: Sequence[str], layout: Layout) -> JsonObject:
    return {read.column.name: _value(read, cells, comma=layout.comma) for read in layout.reads if read.kept}


def _value(read: Read, cells: Sequence[str], *, comma: bool) -> str | float | bool | None:
    parts = [cells[place].strip() for place in read.places]
    text = "T".join(parts)
    if parts[0] in NOTHING:
        return None
    if read.reading is not None:
        moment = read_moment(text, read.reading)
        return text if moment is None else datetime.fromtimestamp(moment // 10**9, UTC).isoformat().replace("+00:00", "Z")
    if read.column.type in {"number", "integer"}:
        number = to_number(text, comma=comma)
        return text if number is None else int(number) if read.column.type == "integer" else number
    return TRUTHS.get(text.lower(), text) if read.column.type == "boolean" else text
