"""The canonical file of a dataset: one Parquet file whose bytes say nothing but its rows and what they are of.

Candles have the columns time (int64: the close, in nanoseconds since 1970, UTC), open, high, low, close, volume (float64) and segment
(int32: it grows where candles are missing), then further columns (float64, null where there is no value) and, where given,
`<name>__known_at` (int64, nanoseconds). Texts and tables have their columns in the file's order. The metadata's key `modelbourse` holds
`Facts` as JSON.
"""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.datasets import DatasetKind
from libs.quant.candles import Candles, Floats, Integers

FORMAT: Final = "modelbourse-dataset/1"
PRICES: Final = ("open", "high", "low", "close")
CANDLE_COLUMNS: Final = ("time", *PRICES, "volume", "segment")
NO_MOMENT: Final = int(np.iinfo(np.int64).min)
"""What stands for a moment that is not there, in arrays; null in the file."""
_METADATA: Final = b"modelbourse"
# Cells of a group of rows: what a writer or a reader holds at once. Texts are longer than numbers.
_NUMBERS_A_GROUP: Final = 1 << 21
_TEXTS_A_GROUP: Final = 1 << 18
_SMALLEST_GROUP: Final = 1 << 12
# Of long texts a group has fewer rows: it ends once they are so long together.
_TEXT_A_GROUP: Final = 1 << 24  # bytes
_TEXTS_AT_ONCE: Final = 1 << 10  # rows
Part = Callable[[int, int], Mapping[str, Any]]


class CanonicalError(ValueError):
    """The file is no canonical file of a dataset, or is damaged."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a canonical file is of. `columns` has name, role and type of each, in order."""

    kind: DatasetKind
    columns: tuple[tuple[str, str, str], ...]
    symbol: str | None = None
    timeframe: str | None = None
    calendar: str | None = None
    bars_per_year: float | None = None

    @property
    def further(self) -> tuple[str, ...]:
        """Return the names of the columns that are features."""
        return tuple(name for name, role, _ in self.columns if role == "feature")


def rows_a_group(facts: Facts) -> int:
    """Return how many rows are written and read together: it depends on the columns alone, so that the same rows are the same bytes."""
    cells = _TEXTS_A_GROUP if any(kind == "text" for _, _, kind in facts.columns) else _NUMBERS_A_GROUP
    rows = max(_SMALLEST_GROUP, cells // max(1, len(facts.columns)))
    return 1 << (rows.bit_length() - 1)


def write(path: Path, *, facts: Facts, rows: int, part: Part) -> str:
    """Write the file, a group of rows at a time, and return its SHA-256; `part` returns the columns from one row up to another.

    A column is an array (NaN and `NO_MOMENT` become null) or an arrow array.
    """
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry
    from pyarrow import parquet  # noqa: PLC0415 - as above

    schema = _schema(facts)
    dense = [name for name in schema.names if pa.types.is_integer(schema.field(name).type)]
    size = rows_a_group(facts)
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": 1,
        # Times grow by steps that are nearly all alike.
        "use_dictionary": [name for name in schema.names if name not in dense],
        "column_encoding": dict.fromkeys(dense, "DELTA_BINARY_PACKED"),
    }
    with parquet.ParquetWriter(path, schema, **options) as writer:
        for table in _groups(schema, rows=rows, size=size, part=part):
            writer.write_table(table, row_group_size=size)
    return sha256_of(path)


def _groups(schema: Any, *, rows: int, size: int, part: Part) -> Iterator[Any]:
    """Return the groups of rows as tables: what each one has depends on the rows alone."""
    import pyarrow as pa  # noqa: PLC0415 - as in write
    from pyarrow import compute  # noqa: PLC0415 - as in write

    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    step = min(size, _TEXTS_AT_ONCE) if texts else size
    waiting, count, length = list[Any](), 0, 0
    for start in range(0, rows, step):
        columns = part(start, min(start + step, rows))
        arrays = [_to_arrow(columns[name], kind=schema.field(name).type) for name in schema.names]
        waiting.append(table := pa.Table.from_arrays(arrays, schema=schema))
        count += len(table)
        length += sum(compute.sum(compute.binary_length(table[name])).as_py() or 0 for name in texts)
        if count >= size or length >= _TEXT_A_GROUP:
            yield pa.concat_tables(waiting)
            waiting, count, length = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_facts(source: Path | bytes) -> Facts:
    """Return what a canonical file is of. Raise `CanonicalError` for any other file."""
    return _facts(_opened(source))


def read_groups(source: Path | bytes, *, columns: Sequence[str] | None = None) -> Iterator[Mapping[str, Any]]:
    """Return the rows of a canonical file, a group at a time, as arrow arrays by their columns' names. Raise `CanonicalError`."""
    file = _opened(source)
    _facts(file)
    for number in range(file.num_row_groups):
        table = file.read_row_group(number, columns=None if columns is None else list(columns))
        yield {name: table[name].combine_chunks() for name in table.column_names}


def last_close(source: Path | bytes) -> int | None:
    """Return when the last candle of a canonical file closes, in nanoseconds since 1970; None without candles. Raise `CanonicalError`."""
    file = _opened(source)
    _facts(file)
    last = file.read_row_group(file.num_row_groups - 1, columns=["time"])["time"] if file.num_row_groups else []
    return last[-1].as_py() if len(last) else None


def read_candles(source: Path | bytes, *, symbol: str) -> tuple[Candles, dict[str, NDArray[Any]]]:
    """Return the candles of a canonical file, and its further columns by name.

    Further columns are floats (NaN without a value); `<name>__known_at` are moments in nanoseconds, the candle's close where the file says
    none. Raise `CanonicalError` for a file that is no canonical file of candles.
    """
    file = _opened(source)
    facts = _facts(file)
    if facts.kind is not DatasetKind.CANDLES or facts.timeframe is None or facts.bars_per_year is None:
        message = f"a file of {facts.kind} has no candles"
        raise CanonicalError(message)
    table = file.read()
    arrays = {name: table[name].to_numpy() for name in CANDLE_COLUMNS}
    further = {name: _further(table[name], closes=arrays["time"]) for name in table.column_names if name not in arrays}
    digest = hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else sha256_of(source)
    candles = Candles(
        symbol=symbol,
        timeframe=facts.timeframe,
        source="dataset",
        source_hash=digest,
        adjustment="none",
        synthetic=False,
        bars_per_year=facts.bars_per_year,
        **arrays,
    )
    return candles, further


def moments(column: Any) -> Integers:
    """Return an arrow array of int64 as an array, `NO_MOMENT` where it is null."""
    return np.asarray(column.fill_null(NO_MOMENT).to_numpy(zero_copy_only=False), dtype=np.int64)


def numbers(column: Any) -> Floats:
    """Return an arrow array of floats as an array, NaN where it is null."""
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _further(column: Any, *, closes: Integers) -> NDArray[Any]:
    import pyarrow as pa  # noqa: PLC0415 - as in write

    whole = column.combine_chunks()
    if not pa.types.is_integer(whole.type):
        return numbers(whole)
    known = moments(whole)
    return np.where(known == NO_MOMENT, closes, known)


def _opened(source: Path | bytes) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as in write
    from pyarrow import parquet  # noqa: PLC0415 - as in write

    try:
        return parquet.ParquetFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except pa.ArrowInvalid as error:
        message = f"no Parquet file: {error}"
        raise CanonicalError(message) from error


def holds_candles(metadata: Mapping[bytes, bytes] | None) -> bool:
    """Tell by a Parquet file's metadata whether it is a canonical file of candles."""
    told = (metadata or {}).get(_METADATA)
    return told is not None and json.loads(told).get("kind") == DatasetKind.CANDLES


def _facts(file: Any) -> Facts:
    found = json.loads((file.schema_arrow.metadata or {}).get(_METADATA, b"{}"))
    if found.pop("format", None) != FORMAT:
        message = f"no canonical file of a dataset: its format is not {FORMAT}"
        raise CanonicalError(message)
    columns = tuple((column["name"], column["role"], column["type"]) for column in found.pop("columns"))
    return Facts(kind=DatasetKind(found.pop("kind")), columns=columns, **found)


def _schema(facts: Facts) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as in write

    types = {
        "time": pa.int64() if facts.kind is DatasetKind.CANDLES else pa.timestamp("ns", tz="UTC"),
        "number": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "text": pa.string(),
    }
    fields = [pa.field(name, pa.int32() if name == "segment" else types[kind]) for name, _, kind in facts.columns]
    told = asdict(facts) | {"columns": [dict(zip(("name", "role", "type"), column, strict=True)) for column in facts.columns]}
    metadata = json.dumps({"format": FORMAT} | told, sort_keys=True, separators=(",", ":")).encode()
    return pa.schema(fields, metadata={_METADATA: metadata})


def _to_arrow(column: Any, *, kind: Any) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as in write

    if not isinstance(column, np.ndarray):
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    absent = np.isnan(column) if column.dtype.kind == "f" else column == NO_MOMENT if column.dtype == np.int64 else None
    return pa.array(column, type=kind, mask=absent if absent is not None and absent.any() else None)
