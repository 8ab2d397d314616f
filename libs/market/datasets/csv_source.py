"""A CSV file as a source of rows."""

import codecs
import csv
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from libs.contracts.datasets import Finding, FindingCode
from libs.market.datasets.findings import found
from libs.market.datasets.head import Head, encoding_finding, read_head
from libs.market.datasets.notes import Notes
from libs.market.datasets.source import Cells, Report, UnreadableError

_BLOCK: Final = 1 << 21  # bytes; a row that is longer is refused
_HEAD: Final = 1 << 18
_TAIL: Final = 1 << 16


@dataclass(slots=True)
class _Watched:
    """A file of text that tells how much of it was read, and finds what is no text. Raise `UnreadableError` where there is some."""

    file: Any
    size: int
    report: Report
    plain: bool = True
    """Whether each row is a line: no quotes, no empty lines."""
    closed: bool = False
    _decoder: Any = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    _lines: int = 1
    _done: int = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data: bytes = self.file.read(size)
        try:
            self._decoder.decode(data, final=not data)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n")
            raise UnreadableError(encoding_finding(line)) from error
        if b"\0" in data:
            raise UnreadableError(encoding_finding(self._lines + data[: data.index(b"\0")].count(b"\n"), null=True))
        self.plain = self.plain and not (b'"' in data or b"\n\n" in data or b"\r" in data or data.startswith(b"\n"))
        self._lines += data.count(b"\n")
        self._done += len(data)
        self.report(self._done, self.size)
        return data

    def close(self) -> None:
        """Arrow closes what it reads."""
        self.closed = True


@dataclass(slots=True)
class CsvSource:
    """Rows of text; `head` is how the file begins."""

    path: Path
    head: Head
    multiline: bool
    _plain: bool = True

    @property
    def header(self) -> Sequence[str]:
        """What the file calls its columns."""
        return self.head.header

    @property
    def delimiter(self) -> str:
        """What stands between cells."""
        return self.head.delimiter

    @property
    def sample(self) -> Sequence[Sequence[str]]:
        """Return the first rows and the last ones: late in a month it shows whether the day comes first."""
        with self.path.open("rb") as file:
            file.seek(0, 2)
            start = max(file.tell() - _TAIL, 0)
            file.seek(start)
            lines = file.read().decode("utf-8", errors="replace").splitlines()
        tail = [] if start <= _HEAD else lines[1:]
        try:
            last = [row for row in csv.reader(tail, delimiter=self.delimiter) if len(row) == len(self.header)]
        except csv.Error:
            last = []
        return [*self.head.rows, *last]

    def blocks(self, notes: Notes, *, places: Collection[int], report: Report) -> Iterator[Cells]:  # noqa: ARG002 - lines are read whole
        """Return the rows a block at a time. Raise `UnreadableError`."""
        import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry
        from pyarrow import csv as arrow_csv  # noqa: PLC0415 - as above

        names, ragged = [str(place) for place in range(len(self.header))], list[Any]()
        with self.path.open("rb") as file:
            watched = _Watched(file, self.path.stat().st_size, report)
            try:
                reader = arrow_csv.open_csv(
                    pa.PythonFile(watched, mode="r"),
                    read_options=arrow_csv.ReadOptions(
                        use_threads=False, block_size=_BLOCK, column_names=names, skip_rows=self.head.skipped + 1
                    ),
                    parse_options=arrow_csv.ParseOptions(
                        delimiter=self.delimiter, newlines_in_values=self.multiline, invalid_row_handler=self._refusal(ragged)
                    ),
                    convert_options=arrow_csv.ConvertOptions(
                        check_utf8=False, column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
                    ),
                )
                for batch in reader:
                    yield batch.columns
            except pa.ArrowInvalid as error:
                raise UnreadableError(_of_arrow(error)) from error
            finally:
                if ragged:
                    notes.findings.append(self._of_ragged(ragged[0], count=ragged[1]))
            self._plain = self._plain and watched.plain

    def locate(self, rows: Sequence[int]) -> dict[int, str]:
        """Return where rows are, by their number from 0."""
        first = self.head.skipped + 2
        if self._plain:
            return {row: f"line {row + first}" for row in rows}
        wanted, found_at = set(rows), {row: f"row {row + 1}" for row in rows}
        with self.path.open(encoding="utf-8", errors="replace", newline="") as file:
            for _ in range(self.head.skipped + 1):
                file.readline()
            reader = csv.reader(file, delimiter=self.delimiter)
            line, number = first, 0
            try:
                for row in reader:
                    if row and len(row) == len(self.header):
                        if number in wanted:
                            found_at[number] = f"line {line}"
                        number += 1
                    line = reader.line_num + first
                    if number > rows[-1]:
                        break
            except csv.Error:
                return found_at  # a row of many lines: its number has to do
        return found_at

    def _refusal(self, ragged: list[Any]) -> Callable[[Any], str]:
        def refuse(row: Any) -> str:
            self._plain = False
            # The first one is told of, and how many there are.
            ragged[:] = [ragged[0] if ragged else row, (ragged[1] if ragged else 0) + 1]
            return "skip"

        return refuse

    def _of_ragged(self, row: Any, *, count: int) -> Finding:
        # Arrow counts the header, and passes over empty lines.
        line = row.number + self.head.skipped
        cells = "one cell" if row.actual_columns == 1 else f"{row.actual_columns} cells"
        message = f"Line {line} has {cells}, and the header has {row.expected_columns} columns: each row must have a cell for each column."
        return found(FindingCode.UNREADABLE, message, count=count, first=f"line {line}")


def open_csv(path: Path, *, multiline: bool) -> CsvSource:
    """Return the file as a source; `multiline`: a cell may have several lines. Raise `UnreadableError` for what is no table."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    read = read_head(head, whole=len(head) < _HEAD)
    if isinstance(read, Finding):
        raise UnreadableError(read)
    return CsvSource(path, read, multiline)


def _of_arrow(error: Exception) -> Finding:
    text = str(error)
    if "straddling" in text or "block size" in text:
        message = f"A row is longer than {_BLOCK >> 20} MB: a quotation mark may be missing that ends a cell."
    else:
        message = f"The file is no table of CSV: {text.partition(chr(10))[0][:200]}"
    return found(FindingCode.UNREADABLE, message)
