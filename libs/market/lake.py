"""Keeps candles as Parquet files, one per symbol, timeframe and source: the local cache, safe to delete at any time."""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Candles

_COLUMNS: Final = ("time", "open", "high", "low", "close", "volume", "segment", "stale_open")
_FACTS: Final = ("symbol", "timeframe", "source", "source_hash", "adjustment", "synthetic", "bars_per_year")
_METADATA: Final = b"modelbourse"


@dataclass(frozen=True, slots=True)
class Lake:
    """A folder of Parquet files. `version` is the loader's: files of another one are never read."""

    folder: Path
    version: int

    def path(self, symbol: str, *, timeframe: str, source_hash: str) -> Path:
        """Return where the candles of this symbol, timeframe and source lie."""
        return self.folder / symbol / f"{timeframe}-{source_hash[:16]}-{self.version}.parquet"

    def read(self, symbol: str, *, timeframe: str, source_hash: str) -> Candles | None:
        """Return the candles, or None when they are not here or the file is damaged (then they are loaded and written anew)."""
        import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process without a lake need not carry
        from pyarrow import parquet  # noqa: PLC0415 - as above

        path = self.path(symbol, timeframe=timeframe, source_hash=source_hash)
        try:
            table = parquet.ParquetFile(path).read()
        except (FileNotFoundError, pa.ArrowInvalid):
            return None  # ArrowInvalid: a damaged file; the source is at hand, so the cache is simply filled again
        facts = json.loads((table.schema.metadata or {}).get(_METADATA, b"{}"))
        if set(table.column_names) != set(_COLUMNS):
            return None  # written by a version that kept other columns
        if any(table[name].null_count for name in _COLUMNS):
            return None  # no writer of ours leaves a value out
        arrays: dict[str, Any] = {name: _array_of(table[name]) for name in _COLUMNS}
        if facts.get("content") != _content_hash(arrays) or facts.get("source_hash") != source_hash:
            return None
        return Candles(**arrays, **{fact: facts[fact] for fact in _FACTS})

    def write(self, candles: Candles) -> None:
        """Write the candles; a reader sees the whole file or none, also when two processes write at once."""
        import pyarrow as pa  # noqa: PLC0415 - as in read
        from pyarrow import parquet  # noqa: PLC0415 - as in read

        arrays = {name: getattr(candles, name) for name in _COLUMNS}
        facts = {fact: getattr(candles, fact) for fact in _FACTS} | {"content": _content_hash(arrays)}
        table = pa.table({name: _column_of(values) for name, values in arrays.items()}).replace_schema_metadata(
            {_METADATA: json.dumps(facts).encode()}
        )
        path = self.path(candles.symbol, timeframe=candles.timeframe, source_hash=candles.source_hash)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                parquet.write_table(table, file)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)


# Arrow's own ways from numpy and to it import pandas: 0.15 s and 40 MB for what are buffers on both sides.
def _column_of(values: NDArray[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - as in read

    kept = np.packbits(values, bitorder="little") if values.dtype == np.bool_ else np.ascontiguousarray(values)
    kind = pa.bool_() if values.dtype == np.bool_ else getattr(pa, str(values.dtype))()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(kept)])


def _array_of(column: Any) -> NDArray[Any]:
    values = column.combine_chunks()
    if str(values.type) != "bool":
        return np.from_dlpack(values)
    stop = values.offset + len(values)
    bits = np.unpackbits(np.frombuffer(values.buffers()[1], dtype=np.uint8), count=stop, bitorder="little")
    return bits[values.offset :].astype(np.bool_)


def _content_hash(arrays: dict[str, Any]) -> str:
    digest = hashlib.sha256()
    for name in _COLUMNS:
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()
