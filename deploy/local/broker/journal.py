"""What the broker keeps on disk: every change appended to one file, read back at the next start.

A change is in the operating system's hands before a client hears of it: killing the broker loses nothing, cutting the machine's power may
lose the last seconds (as with Apache Kafka, which does not wait for the disk either).
"""

import contextlib
import errno
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

LENGTHS: Final = struct.Struct(">II")
# A journal that has grown by so much is written anew without what is gone.
REWRITE_AFTER_BYTES: Final = 256 * 1024 * 1024
Entry = tuple[str, dict[str, Any], bytes]


class Journal:
    """One file of entries: a kind, what it says, and records. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "journal" if folder else None
        self._file: int | None = None
        self._grown = 0

    def read(self) -> Iterator[Entry]:
        """Yield what was written before; what a killed writer left half done at the end is cut off."""
        if self._path is None or not self._path.exists():
            return
        content = self._path.read_bytes()
        place = 0
        while (entry := _entry_at(content, place)) is not None:
            yield entry[0]
            place = entry[1]

    def begin(self, snapshot: Iterable[Entry]) -> None:
        """Write the file anew with these entries alone, and go on from there."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with draft.open("wb") as out:
            for entry in snapshot:
                out.write(_encoded(*entry))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._path)
        before, self._file, self._grown = self._file, os.open(self._path, os.O_WRONLY | os.O_APPEND), 0
        if before is not None:
            os.close(before)

    def write(self, kind: str, told: dict[str, Any], records: bytes = b"") -> None:
        """Append an entry. Raise OSError, with nothing written, when the disk has no room for it."""
        if self._file is not None:
            entry = _encoded(kind, told, records)
            if (written := os.write(self._file, entry)) != len(entry):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)  # What follows half an entry could not be read back.
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            self._grown += len(entry)

    def tidy(self, snapshot: Callable[[], Iterable[Entry]]) -> None:
        """Begin anew when the file has grown much."""
        if self._grown > REWRITE_AFTER_BYTES:
            self.begin(snapshot())

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None


def _encoded(kind: str, told: dict[str, Any], records: bytes) -> bytes:
    head = orjson.dumps([kind, told])
    return LENGTHS.pack(len(head), len(records)) + head + records


def _entry_at(content: bytes, place: int) -> tuple[Entry, int] | None:
    """Return the entry that begins there and where the next one does, or None when there is no whole one."""
    begin = place + LENGTHS.size
    if begin > len(content):
        return None
    head, records = LENGTHS.unpack_from(content, place)
    end = begin + head + records
    if end > len(content):
        return None
    try:
        kind, told = orjson.loads(content[begin : begin + head])
    except orjson.JSONDecodeError:  # What a machine that lost its power leaves may be zeros.
        return None
    return (kind, told, content[begin + head : end]), end
