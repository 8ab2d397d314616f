"""What the broker keeps on disk: every change appended to one file, read back at the next start.

A change is in the operating system's hands before a client hears of it: killing the broker loses nothing, cutting the machine's power may
lose the last seconds (as with Apache Kafka, which does not wait for the disk either).
"""

import contextlib
import errno
import fcntl
import os
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

# The lengths of what an entry says and of its records, and the checksum of both.
HEAD: Final = struct.Struct(">III")
# A journal that has grown by so much is written anew without what is gone.
REWRITE_AFTER_BYTES: Final = 256 * 1024 * 1024
Entry = tuple[str, dict[str, Any], bytes]


class Journal:
    """One file of entries: a kind, what it says, and records. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / "journal" if folder else None
        self._file: int | None = None
        self._lock: int | None = None
        self._grown = 0

    def claim(self) -> None:
        """Keep other brokers off the folder until this process ends. Raise OSError when one has it."""
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def read(self) -> Iterator[Entry]:
        """Yield what was written before, up to the first entry that is not whole: what a lost power supply has left half done."""
        if self._path is None or not self._path.exists():
            return
        content = self._path.read_bytes()
        place = 0
        while (entry := _entry_at(content, place)) is not None:
            yield entry[0]
            place = entry[1]
        if place < len(content):
            sys.stderr.write(f"the journal's last {len(content) - place} bytes are not whole and are cut off\n")

    def begin(self, snapshot: Iterable[Entry]) -> None:
        """Write the file anew with these entries alone, and go on from there."""
        if self._path is None:
            return
        draft = self._path.with_suffix(".new")
        with draft.open("wb") as out:
            for entry in snapshot:
                out.write(_encoded(*entry))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        before, self._file, self._grown = self._file, os.open(self._path, os.O_WRONLY | os.O_APPEND), 0
        if before is not None:
            os.close(before)

    def write(self, kind: str, about: dict[str, Any], records: bytes = b"") -> None:
        """Append an entry. Raise OSError, with nothing written, when the disk has no room for it."""
        if self._file is not None:
            entry = _encoded(kind, about, records)
            if (written := os.write(self._file, entry)) != len(entry):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)  # What follows half an entry could not be read back.
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            self._grown += len(entry)

    def tidy(self, snapshot: Callable[[], Iterable[Entry]]) -> None:
        """Begin anew when the file has grown much."""
        if self._grown > REWRITE_AFTER_BYTES:
            self.begin(snapshot())

    def close(self) -> None:
        """Close the file, and leave the folder to others."""
        for each in (self._file, self._lock):
            if each is not None:
                with contextlib.suppress(OSError):
                    os.close(each)
        self._file = self._lock = None


def _encoded(kind: str, about: dict[str, Any], records: bytes) -> bytes:
    head = orjson.dumps([kind, about])
    return HEAD.pack(len(head), len(records), zlib.crc32(records, zlib.crc32(head))) + head + records


def _entry_at(content: bytes, place: int) -> tuple[Entry, int] | None:
    """Return the entry that begins there and where the next one does, or None when there is no whole one."""
    begin = place + HEAD.size
    if begin > len(content):
        return None
    head, records, checksum = HEAD.unpack_from(content, place)
    middle, end = begin + head, begin + head + records
    if not head or end > len(content) or zlib.crc32(content[middle:end], zlib.crc32(content[begin:middle])) != checksum:
        return None
    kind, about = orjson.loads(content[begin:middle])
    return (kind, about, content[middle:end]), end
