"""A Parquet file as a source of rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from libs.contracts.datasets import FindingCode
from libs.market.datasets.findings import found
from libs.market.datasets.notes import Notes
from libs.market.datasets.source import Cells, Report, UnreadableError

_BATCH: Final = 1 << 16  # rows
_SAMPLE: Final = 2_000  # rows


@dataclass(slots=True)
class ParquetSource:
    """Rows of a Parquet file."""

    path: Path
    header: Sequence[str]
    delimiter: str = ","

    @property
    def sample(self) -> Sequence[Sequence[str]]:
        """Some of its rows, as texts."""
        for batch in self._batches(_SAMPLE):
            columns = [[_text_of(value) for value in _as_texts(column).to_pylist()] for column in batch]
            return [list(row) for row in zip(*columns, strict=True)]
        return []

    def blocks(self, notes: Notes, *, report: Report) -> Iterator[Cells]:  # noqa: ARG002 - a Parquet file has no rows that are none
        """Return the rows a block at a time. Raise `UnreadableError`."""
        with _opened(self.path) as file:
            rows = file.metadata.num_rows
        done = 0
        for batch in self._batches(_BATCH):
            done += len(batch[0])
            report(done, rows)
            yield batch

    def _batches(self, size: int) -> Iterator[Cells]:
        import pyarrow as pa  # noqa: PLC0415 - as above

        try:
            with _opened(self.path) as file:
                for batch in file.iter_batches(batch_size=size):
                    yield _plain(batch.columns)
        except (pa.ArrowInvalid, OSError) as error:
            if "UTF8" in str(error):
                raise UnreadableError(found(FindingCode.ENCODING, "A text in the file is no UTF-8: write it as UTF-8.")) from error
            message = f"The Parquet file is damaged: {str(error).partition(chr(10))[0][:200]}"
            raise UnreadableError(found(FindingCode.UNREADABLE, message)) from error

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
    strange = [each for each in schema if not _is_plain(each.type)]
    if strange:
        message = f"The column {strange[0].name!r} is of type {strange[0].type}: send numbers, texts, booleans, days or moments."
        raise UnreadableError(found(FindingCode.UNREADABLE, message, count=len(strange)))
    if not rows:
        raise UnreadableError(found(FindingCode.EMPTY, "The file has columns and no rows."))
    return ParquetSource(path, tuple(schema.names))


def _opened(path: Path) -> Any:
    from pyarrow import parquet  # noqa: PLC0415 - as above

    return parquet.ParquetFile(path, pre_buffer=False, buffer_size=1 << 16)


def _is_plain(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - as above

    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_boolean(kind)
    return bool(texts or numbers or types.is_timestamp(kind) or types.is_date(kind) or types.is_null(kind))


def _plain(columns: Sequence[Any]) -> list[Any]:
    """Return columns of few types: texts are strings, and nothing is encoded."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    plain = []
    for column in columns:
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
