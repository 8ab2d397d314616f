"""Rows of a Parquet file of texts, the canonical file of a dataset among them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from libs.contracts.text_config import DataFormat
from libs.market.datasets.notes import Notes
from libs.market.datasets.parquet_source import ParquetSource, open_parquet
from libs.market.datasets.source import UnreadableError
from libs.texts.rows import Bounds, Texts, refused


def open_parquet_rows(path: Path, *, bounds: Bounds, found: Texts) -> tuple[DataFormat, tuple[str, ...], Iterator[tuple[int, Any]]]:
    """Return the format, the columns, and rows as dictionaries with their numbers from 1. Raise `InvalidError`.

    Texts are spelled out some rows at a time, so that a file that is small because its texts are repeated takes no more memory than what
    is kept of it; see `Bounds.all_letters`. Columns that `found.names` does not name when the first row is asked for are not read.
    """
    size = path.stat().st_size
    if size > bounds.file:
        message = f"The file has {size:,} bytes; a file of texts has {bounds.file:,} at most: split it."
        raise refused(message)
    try:
        source = open_parquet(path)
    except UnreadableError as error:
        raise refused(error.finding.message) from error
    return "parquet", tuple(source.header), _rows(source, found=found)


def _rows(source: ParquetSource, *, found: Texts) -> Iterator[tuple[int, Any]]:
    places = [place for place, name in enumerate(source.header) if name in found.names.values()]
    number, names = 0, [source.header[place] for place in places]
    try:
        for block in source.blocks(Notes(), places=places, report=lambda *_: None):
            columns = [_plain(block[place]) for place in places]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, dict(zip(names, cells, strict=True))
    except UnreadableError as error:
        raise refused(error.finding.message) from error


def _plain(column: Any) -> list[Any]:
    """Return values; moments and days as texts, since Python has no nanoseconds."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", tz=column.type.tz and "UTC"), safe=False).cast(pa.string())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values
