"""Reads the rows of an account's file, CSV, JSON, JSON lines or Parquet, in bounded memory."""

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from libs.contracts.names import listed
from services.training.learners.errors import TrainingRefusedError

BYTES_MOST: Final = 256 << 20
"""Of a file; of Parquet, of what its columns are when they are unpacked."""
JSON_MOST: Final = 64 << 20
"""Bytes of a file of JSON, which takes ten times as much while it is read."""
ROWS_MOST: Final = 2_000_000
CELLS_MOST: Final = 40_000_000
COLUMNS_MOST: Final = 200
FORMATS: Final = ("csv", "json", "jsonl", "parquet")


def read_rows(path: Path, *, name: str, format: str | None) -> pd.DataFrame:  # noqa: A002 - the field's name
    """Return a file's rows. `name` is what its owner calls it, whose ending tells the format where `format` is None.

    Raise TrainingRefusedError, in words, for a file that cannot be read or is larger than is taken.
    """
    kind = format or name.rpartition(".")[2].lower()
    if kind not in FORMATS:
        kind = "parquet" if _starts(path, b"PAR1") else "json" if _starts(path, b"[") else "jsonl" if _starts(path, b"{") else "csv"
    most = JSON_MOST if kind.startswith("json") else BYTES_MOST
    if (size := path.stat().st_size) > most:
        message = f"{name} has {size:,} bytes; {most:,} of {kind} are the most for a recipe."
        raise _refused(message)
    try:
        frame = _read(path, kind)
    except (ValueError, UnicodeDecodeError, pa.ArrowException, RecursionError, OSError) as error:
        message = f"{name} cannot be read as {kind}; {listed(FORMATS)} are: {_first_line(error)}"
        raise _refused(message) from error
    return _checked(frame, name=name)


def _read(path: Path, kind: str) -> pd.DataFrame:
    if kind == "parquet":
        about = parquet.ParquetFile(path).metadata
        unpacked = sum(about.row_group(each).total_byte_size for each in range(about.num_row_groups))
        if (
            about.num_rows * max(about.num_columns, 1) > CELLS_MOST
            or about.num_rows > ROWS_MOST
            or unpacked > BYTES_MOST
            or about.num_columns > COLUMNS_MOST
        ):
            message = (
                f"it has {about.num_rows:,} rows of {about.num_columns} columns, {unpacked:,} bytes unpacked, which is more than is taken"
            )
            raise ValueError(message)
        return pd.DataFrame(parquet.read_table(path, use_threads=False).to_pandas(use_threads=False))
    if kind == "csv":
        columns = max(len(pd.read_csv(path, nrows=0).columns), 1)
        return pd.read_csv(path, nrows=min(ROWS_MOST, CELLS_MOST // columns) + 1, low_memory=True)
    rows: Any
    if kind == "jsonl":
        with path.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines if line.strip()]
    else:
        rows = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        message = "it must be a list of objects, one a row"
        raise ValueError(message)
    return pd.DataFrame.from_records(rows)


def _checked(frame: pd.DataFrame, *, name: str) -> pd.DataFrame:
    if len(frame) == 0:
        message = f"{name} has no rows."
        raise _refused(message)
    if len(frame) > ROWS_MOST or len(frame.columns) > COLUMNS_MOST or frame.size > CELLS_MOST:
        message = (
            f"{name} has more than {ROWS_MOST:,} rows, {COLUMNS_MOST} columns or {CELLS_MOST:,} cells, which are the most for a recipe."
        )
        raise _refused(message)
    frame.columns = [str(each).strip() for each in frame.columns]
    if len(set(frame.columns)) < len(frame.columns):
        message = f"{name} names a column twice."
        raise _refused(message)
    return frame.reset_index(drop=True)


def _starts(path: Path, mark: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(64).lstrip().startswith(mark)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _refused(message: str) -> TrainingRefusedError:
    return TrainingRefusedError(message, details={"manifest.data.source": [message]})
