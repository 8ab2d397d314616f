"""A Parquet file as a source of rows."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from libs.contracts.datasets import FindingCode
from libs.market.datasets.canonical import holds_candles
from libs.market.datasets.findings import found
from libs.market.datasets.notes import Notes
from libs.market.datasets.source import Cells, Report, UnreadableError

CANONICAL: Final = (
    "The file is a canonical file, as candles are downloaded as Parquet: its times are when candles close. Send the CSV of the same dataset"
    " (`modelbourse data download … --format csv`), whose times are when they open."
)
_BATCH: Final = 1 << 16  # rows
_SAMPLE: Final = 2_000  # rows
# A text that is repeated, or compresses well, takes next to nothing in the file, and all of its length when it is read. So texts are read
# as numbers of a list of them and spelled out for some rows at a time; of groups with very much text few rows are read at once.
_SPELLED_OUT: Final = 1 << 23  # bytes
_MUCH_TEXT: Final = 1 << 26  # bytes
_FEW: Final = 1 << 10  # rows
_LONGEST: Final = 1 << 18  # bytes


@dataclass(slots=True)
class ParquetSource:
    """Rows of a Parquet file."""

    path: Path
    header: Sequence[str]
    texts: Sequence[str] = ()
    """Columns that are texts."""
    delimiter: str = ","

    @property
    def sample(self) -> Sequence[Sequence[str]]:
        """Some of its rows, as texts."""
        for batch in self._batches(_SAMPLE):
            columns = [[_text_of(value) for value in _as_texts(column).to_pylist()] for column in batch]
            return [list(row) for row in zip(*columns, strict=True)]
        return []

    def blocks(self, notes: Notes, *, places: Collection[int], report: Report) -> Iterator[Cells]:  # noqa: ARG002 - a Parquet file has no rows that are none
        """Return the rows a block at a time. Raise `UnreadableError`."""
        with _opened(self.path) as file:
            rows = file.metadata.num_rows
        done = 0
        for batch in self._batches(_BATCH, places=places):
            done += len(batch[0])
            report(done, rows)
            yield batch

    def _batches(self, size: int, *, places: Collection[int] | None = None) -> Iterator[Cells]:
        """Return the rows a batch at a time; what is in columns that are not among the `places` is null."""
        import pyarrow as pa  # noqa: PLC0415 - as above

        names = list(self.header) if places is None else [self.header[place] for place in sorted(places)]
        # Columns of one name can be told apart by their places alone.
        chosen = names if len(set(self.header)) == len(self.header) else None
        row = 0
        try:
            with _opened(self.path, texts=self.texts) as file:
                for rows, groups in groupby(range(file.metadata.num_row_groups), key=lambda group: _rows_at_once(file.metadata, group)):
                    for batch in file.iter_batches(batch_size=min(rows, size), row_groups=list(groups), columns=chosen):
                        for start, stop in _pieces(batch, row=row):
                            yield self._all_columns(_plain(batch.slice(start, stop - start)), names=batch.schema.names)
                        row += batch.num_rows
        except (pa.ArrowInvalid, OSError) as error:
            if "UTF8" in str(error):
                raise UnreadableError(found(FindingCode.ENCODING, "A text in the file is no UTF-8: write it as UTF-8.")) from error
            message = f"The Parquet file is damaged: {str(error).partition(chr(10))[0][:200]}"
            raise UnreadableError(found(FindingCode.UNREADABLE, message)) from error

    def _all_columns(self, columns: list[Any], *, names: Sequence[str]) -> Cells:
        import pyarrow as pa  # noqa: PLC0415 - as above

        if len(columns) == len(self.header):
            return columns
        read, nothing = dict(zip(names, columns, strict=True)), pa.nulls(len(columns[0]))
        return [read.get(name, nothing) for name in self.header]

    def locate(self, rows: Sequence[int]) -> dict[int, str]:
        """Return where rows are, by their number from 0."""
        return {row: f"row {row + 1}" for row in rows}


def open_parquet(path: Path) -> ParquetSource:
    """Return the file as a source. Raise `UnreadableError` for what is no Parquet file, or has nested columns."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    try:
        with _opened(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        message = "The file is no Parquet file, or is damaged: write it again, or send it as CSV."
        raise UnreadableError(found(FindingCode.UNREADABLE, message)) from error
    if holds_candles(schema.metadata):
        # Its times would be taken for when candles open, as in all other files: each candle would be one later.
        raise UnreadableError(found(FindingCode.UNREADABLE, CANONICAL))
    strange = [each for each in schema if not _is_plain(each.type)]
    if strange:
        message = f"The column {strange[0].name!r} is of type {strange[0].type}: send numbers, texts, booleans, days or moments."
        raise UnreadableError(found(FindingCode.UNREADABLE, message, count=len(strange)))
    if not rows:
        raise UnreadableError(found(FindingCode.EMPTY, "The file has columns and no rows."))
    return ParquetSource(path, tuple(schema.names), texts=tuple(each.name for each in schema if _is_text(each.type)))


def _opened(path: Path, *, texts: Sequence[str] = ()) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - as above

    return parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16, read_dictionary=list(texts))


def _rows_at_once(metadata: Any, group: int) -> int:
    """Return how many rows of a group are read at once: few, where its texts are too much for the memory."""
    row_group = metadata.row_group(group)
    columns = (row_group.column(place) for place in range(row_group.num_columns))
    text = sum(column.total_uncompressed_size for column in columns if column.physical_type == "BYTE_ARRAY")
    return _FEW if text > _MUCH_TEXT else _BATCH


def _pieces(batch: Any, *, row: int) -> Iterator[tuple[int, int]]:
    """Return from where to where rows are spelled out together; the batch begins with this row. Raise `UnreadableError` for a long text."""
    lengths = np.zeros(batch.num_rows, dtype=np.int64)
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if (of_column := _lengths(column)) is None:
            continue
        if len(of_column) and of_column.max() > _LONGEST:
            first = int(np.argmax(of_column > _LONGEST))
            message = f"Row {row + first + 1}: {name} is a text of {of_column[first]:,} bytes; a text has {_LONGEST:,} at most. Shorten it."
            raise UnreadableError(found(FindingCode.UNREADABLE, message, first=f"row {row + first + 1}"))
        lengths += of_column
    cuts = np.flatnonzero(np.diff(np.cumsum(lengths) // _SPELLED_OUT)) + 1
    return pairwise([0, *cuts.tolist(), batch.num_rows])


def _lengths(column: Any) -> Any:
    """Return how many bytes each text of a column has; None for a column of something else."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    from pyarrow import compute  # noqa: PLC0415 - as above

    coded = pa.types.is_dictionary(column.type)
    texts = column.dictionary if coded else column
    if not _is_text(texts.type):
        return None
    texts = texts.cast(pa.string()) if pa.types.is_string_view(texts.type) else texts
    lengths = compute.binary_length(texts)
    lengths = lengths.take(column.indices) if coded else lengths
    return np.asarray(lengths.fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
    return bool(_is_text(kind) or numbers or types.is_timestamp(kind) or types.is_date(kind) or types.is_null(kind))


def _plain(batch: Any) -> list[Any]:
    """Return columns of few types: texts are strings, and nothing is encoded."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    plain = []
    for column in batch.columns:
        values = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        kind = values.type
        if pa.types.is_null(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            values = values.cast(pa.string())
        if pa.types.is_string(values.type):
            values.validate(full=True)  # other writers put any bytes into texts
            values = values.fill_null("")
        plain.append(values)
    return plain


def _as_texts(column: Any) -> Any:
    """Return moments and days as texts: of nanoseconds Python has none of its own."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.cast(pa.timestamp("ns", tz=kind.tz and "UTC"), safe=False).cast(pa.string())
    return column.cast(pa.string()) if pa.types.is_date(kind) else column


def _text_of(value: Any) -> str:
    """Return a value of a Parquet file as CSV would have it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value == value and abs(value) < 1e18 and value == int(value):  # noqa: PLR0124, PLR2004 - a whole number, not NaN
            return str(int(value))
        case _:
            return str(value)
