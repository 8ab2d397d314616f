"""Rows of a Parquet file of texts, the canonical file of a dataset among them."""

from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from libs.contracts.text_config import DataFormat
from libs.market.datasets.notes import Notes
from libs.market.datasets.parquet_source import ParquetSource, open_parquet
from libs.market.datasets.source import UnreadableError
from libs.texts.rows import Bounds, refused

Rows = Callable[[Collection[str]], Iterator[tuple[int, Any]]]
"""Gives rows as dictionaries of these columns, with their numbers from 1."""


def open_parquet_rows(path: Path, *, bounds: Bounds) -> tuple[DataFormat, tuple[str, ...], Rows]:
    """Return the format, the columns, and what gives the rows: columns that nobody asks for are not read. Raise `InvalidError`.

    Texts are spelled out some rows at a time, so that a file that is small because its texts are repeated takes no more memory than what
    is kept of it; see `Bounds.all_letters`.
    """
    size = path.stat().st_size
    if size > bounds.file:
        message = f"The file has {size:,} bytes; a file of texts has {bounds.file:,} at most: split it."
        raise refused(message)
    try:
        source = open_parquet(path)
    except UnreadableError as error:
        raise refused(error.finding.message) from error
    return "parquet", tuple(source.header), partial(_rows, source)


def _rows(source: ParquetSource, names: Collection[str]) -> Iterator[tuple[int, Any]]:
    number, places = 0, {name: place for place, name in enumerate(source.header) if name in names}
    try:
        for block in source.blocks(Notes(), places=places.values(), report=lambda *_: None):
            columns = [_plain(block[place]) for place in places.values()]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, dict(zip(places, cells, strict=True))
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
