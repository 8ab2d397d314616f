"""Columns of numbers on the disk: as many rows as a file has, and in memory a part of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from libs.chassis.memory import give_back

_KINDS: Final[dict[str, np.dtype[Any]]] = {"f": np.dtype(np.float64), "i": np.dtype(np.int64), "s": np.dtype(np.int32)}
PART: Final = 1 << 17
"""Rows that are worked on at once."""


@dataclass(slots=True)
class Spool:
    """A file for each column in a folder; `kinds` maps each column's name to f (float64), i (int64) or s (int32)."""

    folder: Path
    kinds: dict[str, str]
    rows: int = 0
    _files: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Make the files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in self.kinds:
            self._open(name)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the files."""
        for name, file in self._files.items():
            file.close()
            self._path(name).unlink(missing_ok=True)

    def append(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add rows; every column must be there."""
        for name, kind in self.kinds.items():
            self._files[name].write(np.ascontiguousarray(columns[name], dtype=_KINDS[kind]).data)
        self.rows += len(columns[next(iter(self.kinds))])

    def read(self, name: str, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return a column from one row up to another."""
        dtype, end = _KINDS[self.kinds[name]], self.rows if stop is None else min(stop, self.rows)
        self._files[name].flush()
        return np.fromfile(self._path(name), dtype=dtype, count=max(end - start, 0), offset=start * dtype.itemsize)

    def write(self, name: str, values: NDArray[Any], *, kind: str) -> None:
        """Put a whole column in the place of what is there, or beside the others."""
        self.kinds[name] = kind
        self._open(name).write(np.ascontiguousarray(values, dtype=_KINDS[kind]).data)

    def take(self, chosen: NDArray[Any]) -> None:
        """Keep the rows with these numbers, in this order (or, by booleans, those that are true)."""
        for name, kind in self.kinds.items():
            self.write(name, self.read(name)[chosen], kind=kind)
        self.rows = int(np.count_nonzero(chosen)) if chosen.dtype == np.bool_ else len(chosen)

    def _path(self, name: str) -> Path:
        return self.folder / f"{list(self.kinds).index(name)}.column"

    def _open(self, name: str) -> Any:
        if name in self._files:
            self._files[name].close()
        self._files[name] = self._path(name).open("wb")
        return self._files[name]


def give_back_memory() -> None:
    """Give the memory back that arrow and the C library keep for the next block when there is none."""
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that a process which reads no dataset need not carry

    pa.default_memory_pool().release_unused()
    give_back()
