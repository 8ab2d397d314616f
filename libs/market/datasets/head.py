"""The beginning of a CSV file: how it is delimited, where its header is, and its first rows; and a preview made of it. Pure Python."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from libs.contracts.datasets import PREVIEW_ROWS, Column, DatasetKind, Finding, FindingCode
from libs.contracts.envelope import JsonObject
from libs.market.datasets.column_names import SYNONYMS, plain
from libs.market.datasets.findings import found, quoted
from libs.market.datasets.recognise import NOTHING, Layout, Read, recognise, to_number
from libs.market.datasets.times import read_moment, tell_reading

HEAD_BYTES: Final = 1 << 16
"""How much of a file is looked at to tell what its columns are."""
_DELIMITERS: Final = (",", ";", "\t", "|")
_BEFORE_HEADER: Final = 10  # lines, at most: some sources write their address above it
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"PK": "a zip archive, as files of Excel are",
    b"\xfd7zXZ": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
}
"""How packed files begin, and what they are."""
_OTHER: Final = (
    ((b"[", b"{"), "JSON"),
    ((b"<!", b"<html", b"<HTML", b"<?xml"), "a web page or XML"),
    ((b"\xd0\xcf\x11\xe0",), "a file of Excel"),
    ((b"PAR1",), "a Parquet file, and was sent as CSV"),
)
# A preview crosses the bus, whatever a file says: so many letters of a row are shown, and of each text so many at least.
_SHOWN_A_ROW: Final = 4_000
_SHORTEST_SHOWN: Final = 40
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Head:
    """How a CSV file begins. `skipped` lines stand before the header; `rows` are the first ones, each as long as the header."""

    delimiter: str
    skipped: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the beginning of a file is understood as."""

    columns: tuple[Column, ...]
    rows: tuple[JsonObject, ...]
    findings: tuple[Finding, ...]


def preview_csv(head: bytes, *, whole: bool, kind: DatasetKind, columns: Mapping[str, str], tz: str | None) -> Preview:
    """Return what the first bytes of a CSV file (`HEAD_BYTES` are enough; `whole`: it has no more) are understood as."""
    read = read_head(head, whole=whole)
    if isinstance(read, Finding):
        return Preview((), (), (read,))
    layout = recognise(read.header, rows=read.rows, kind=kind, columns=columns, tz=tz, delimiter=read.delimiter)
    rows = tuple(preview_row(row, layout=layout) for row in read.rows[:PREVIEW_ROWS])
    return Preview(layout.columns, rows, layout.findings)


def preview_row(row: Sequence[str], *, layout: Layout) -> JsonObject:
    """Return a row as it was understood, by the columns' names here; null for a cell without a value, or that cannot be read."""
    longest = max(_SHORTEST_SHOWN, _SHOWN_A_ROW // max(1, len(layout.reads)))
    values = {read.column.name: _value(row, read, comma=layout.comma) for read in layout.reads if read.kept}
    return {name: f"{value[:longest]}…" if isinstance(value, str) and len(value) > longest else value for name, value in values.items()}


def read_head(head: bytes, *, whole: bool) -> Head | Finding:
    """Return how a CSV file begins; a finding where that cannot be told."""
    trouble = _no_text(head)
    if trouble is not None:
        return trouble
    # The last line may be cut in two, in the midst of a letter.
    text = head.removeprefix(_BOM).decode("utf-8", errors="replace" if not whole else "strict")
    complete = text if whole else text[: text.rfind("\n") + 1] or text
    lines = complete.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not complete.strip():
        return found(FindingCode.EMPTY, "The file is empty: send one with a header and rows.")
    delimiter, skipped = _dialect(lines)
    try:
        table = [row for row in csv.reader(io.StringIO("\n".join(lines[skipped:])), delimiter=delimiter) if row and any(row)]
    except csv.Error as error:
        return found(FindingCode.UNREADABLE, f"The file is no table of CSV: {error}.")
    header = tuple(name.strip() for name in table[0])
    rows = tuple(tuple(row) for row in table[1:] if len(row) == len(header))
    if _has_no_header(header):
        shown = quoted(delimiter.join(table[0]))
        message = f"The first line holds values and no names: {shown}. Put a header above it, such as time,open,high,low,close,volume."
        return found(FindingCode.MISSING_COLUMN, message, first=f"line {skipped + 1}")
    if len(table) == 1:
        long = f"The first row is longer than {len(head) >> 10} KB: a quotation mark may be missing that ends a cell."
        return found(FindingCode.EMPTY, "The file has a header and no rows.") if whole else found(FindingCode.UNREADABLE, long)
    return Head(delimiter, skipped, header, rows)


def _no_text(head: bytes) -> Finding | None:
    """Return why bytes are no text of UTF-8; None where they are."""
    zipped = next((name for magic, name in PACKED.items() if head.startswith(magic)), None)
    if zipped is not None:
        return found(FindingCode.UNREADABLE, f"The file is packed ({zipped}): unpack it and send the CSV or Parquet file that is in it.")
    other = next((name for magic, name in _OTHER if head.lstrip().startswith(magic)), None)
    if other is not None:
        return found(FindingCode.UNREADABLE, f"The file is {other}: send CSV or Parquet.")
    if head.startswith(_UTF16):
        return found(FindingCode.ENCODING, "The file is UTF-16: save it as UTF-8 (in Excel: CSV UTF-8) and send it again.", first="line 1")
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end < len(head) - 3 or error.reason != "unexpected end of data":  # a letter has four bytes at most
            return encoding_finding(head.count(b"\n", 0, error.start) + 1)
    if b"\0" in head:
        return encoding_finding(head.count(b"\n", 0, head.index(b"\0")) + 1, null=True)
    return None


def encoding_finding(line: int, *, null: bool = False) -> Finding:
    """Return what is said of bytes that are no text, from this line of the file on."""
    what = "a byte that is zero" if null else "bytes that are no UTF-8"
    message = f"Line {line:,} has {what}: save the file as UTF-8 and send it again."
    return found(FindingCode.ENCODING, message, first=f"line {line}")


def _dialect(lines: Sequence[str]) -> tuple[str, int]:
    """Return the delimiter, and how many lines stand before the header."""
    for skipped, line in enumerate(lines[:_BEFORE_HEADER]):
        for delimiter in sorted(_DELIMITERS, key=line.count, reverse=True):
            cells = next(csv.reader([line], delimiter=delimiter), [])
            following = next((each for each in lines[skipped + 1 :] if each.strip()), "")
            alike = len(next(csv.reader([following], delimiter=delimiter), [])) in {len(cells), 0}
            if len(cells) > 1 and not line.startswith("sep=") and (alike or _names_any(cells)):
                return delimiter, skipped
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    return max(_DELIMITERS, key=lines[first].count), first


def _has_no_header(header: Sequence[str]) -> bool:
    named = [name for name in header if name]
    values = [name for name in named if to_number(name, comma=False) is not None or tell_reading([name], zone="UTC") is not None]
    return not named or (2 * len(values) >= len(named) and not _names_any(named))


def _names_any(cells: Sequence[str]) -> bool:
    """Tell whether one of the cells is a name that columns have."""
    return any(plain(cell) in names for cell in cells for names in SYNONYMS.values())


def _value(row: Sequence[str], read: Read, *, comma: bool) -> str | float | int | bool | None:
    cells = [row[place].strip() for place in read.places]
    if any(cell in NOTHING for cell in cells):
        return None
    if read.reading is not None:
        moment = read_moment("T".join(cells), read.reading)
        return None if moment is None else shown_moment(moment, dated=read.reading.dated)
    if read.column.type in {"number", "integer"}:
        number = to_number(cells[0], comma=comma)
        return int(number) if number is not None and read.column.type == "integer" else number
    return cells[0].casefold() == "true" if read.column.type == "boolean" else row[read.places[0]]


def shown_moment(moment: int, *, dated: bool = False) -> str:
    """Return a moment as text: `2024-01-02T15:30:00Z`, of a day its date alone."""
    told = datetime.fromtimestamp(moment // 10**9, UTC)
    return told.strftime("%Y-%m-%d") if dated else told.isoformat(timespec="seconds").replace("+00:00", "Z")
