"""Rows of text files: CSV with any usual delimiter, and `sentence@label` a line."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import Any, Final, TextIO

from libs.contracts.datasets import Finding
from libs.market.datasets.head import read_head
from libs.texts.rows import Bounds, refused

Row = tuple[int, Any]
_HEAD: Final = 120_000  # below what a cell of csv may have, so that a quote without its end is told as that
_PHRASE: Final = re.compile(r"^(.*\S)\s*@\s*([\w+-]{1,40})\s*$")
_PHRASES_SEEN: Final = 20


def open_csv(file: TextIO, *, bounds: Bounds) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Return the columns, and rows as dictionaries with the lines that they begin on. Raise `InvalidError`."""
    start = file.read(_HEAD)
    read = read_head(start.encode("utf-8", errors="replace"), whole=len(start) < _HEAD)
    if isinstance(read, Finding):
        raise refused(read.message)
    file.seek(0)
    lines = _lines(file, bounds=bounds)
    for _ in range(read.skipped):
        next(lines, None)
    return read.header, _rows(lines, read.header, delimiter=read.delimiter, first=read.skipped)


def _rows(lines: Iterator[str], header: tuple[str, ...], *, delimiter: str, first: int) -> Iterator[Row]:
    reader, line = csv.reader(lines, delimiter=delimiter), first + 1
    try:
        while not any(next(reader, ["end"])):  # empty lines above the header
            pass
        line = first + reader.line_num + 1
        for cells in reader:
            if cells and any(cells):
                if len(cells) != len(header):
                    has = "one cell" if len(cells) == 1 else f"{len(cells):,} cells"
                    message = f"Line {line:,} has {has}, and the header has {len(header)} columns: each row has a cell for each."
                    raise refused(message)
                yield line, dict(zip(header, cells, strict=True))
            line = first + reader.line_num + 1
    except csv.Error as error:
        message = f"Line {line:,} is no row of CSV ({error}): a quotation mark may be missing that ends a cell."
        raise refused(message) from error


def is_phrasebank(head: str) -> bool:
    """Tell whether a file's beginning is of `sentence@label` lines."""
    lines = [line for line in islice(StringIO(head), _PHRASES_SEEN) if line.strip()]
    # The last one may be cut off.
    return bool(lines) and all(_PHRASE.match(line.rstrip("\r\n")) for line in lines[: max(1, len(lines) - 1)])


def open_phrasebank(file: TextIO, *, bounds: Bounds) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Return the columns text and label, and rows with their lines. Raise `InvalidError` for a line without a label."""

    def rows() -> Iterator[Row]:
        for number, line in enumerate(_lines(file, bounds=bounds), 1):
            if not line.strip():
                continue
            phrase = _PHRASE.match(line.rstrip("\r\n"))
            if phrase is None:
                message = f"Line {number:,} has no label: a line is sentence@label."
                raise refused(message)
            yield number, {"text": phrase[1], "label": phrase[2]}

    return ("text", "label"), rows()


def _lines(file: TextIO, *, bounds: Bounds) -> Iterator[str]:
    """Yield lines. Raise `InvalidError` for one that is longer than a row may be."""
    number = 0
    while line := file.readline(bounds.row):
        number += 1
        if len(line) >= bounds.row and not line.endswith("\n"):
            message = f"Line {number:,} is longer than {bounds.row:,} letters."
            raise refused(message)
        yield line
