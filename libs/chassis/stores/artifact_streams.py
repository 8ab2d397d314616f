"""Files of the artifact store in pieces, so that none is ever whole in memory: written whole or not at all, read in order."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, Self

from fsspec.implementations.local import LocalFileSystem

from libs.chassis.stores.artifact_store import plain_errors

# What is read or written at once. S3 takes no smaller part of a file than 5 MiB, and 10,000 of them: 48 GiB.
PIECE: Final = 1 << 20
S3_PART: Final = 5 << 20
TORN: Final = ".part-"


class Writer(Protocol):
    """Takes a file in pieces. Left without an error it is there, whole; left by one, it is not, and what was there before still is."""

    def write(self, data: bytes) -> None:
        """Add to the end. Raise UnavailableError while the store is away."""


def writing(files: Any, target: str, *, is_s3: bool) -> AbstractContextManager[Writer]:
    """Return what writes a file in pieces; each of its calls blocks, and may come from another thread than the one before."""
    if isinstance(files, LocalFileSystem):
        return FolderWriter(Path(target))
    return S3Writer(files, target) if is_s3 else SpooledWriter(files, target)


class FolderWriter:
    """Writes beside the target, to the disk, and renames: a reader or a crash sees the old file or the new one, never a part."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._beside: Path | None = None
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        with plain_errors():
            self._target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(dir=self._target.parent, prefix=TORN)
        self._beside, self._file = Path(beside), os.fdopen(descriptor, "wb")
        return self

    def write(self, data: bytes) -> None:
        """Add to the end."""
        assert self._file is not None
        with plain_errors():
            self._file.write(data)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._file is not None
        assert self._beside is not None
        try:
            with plain_errors(), self._file:
                if kind is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
            if kind is None:
                with plain_errors():
                    self._beside.replace(self._target)
        finally:
            # Renamed, it is no longer there.
            self._beside.unlink(missing_ok=True)


class S3Writer:
    """Writes the parts of an upload, which is an object when the last one has come."""

    def __init__(self, files: Any, target: str) -> None:
        self._files, self._target = files, target
        self._file: Any = None

    def __enter__(self) -> Self:
        with plain_errors():
            self._file = self._files.open(self._target, "wb", block_size=S3_PART)
        # A writer that is dropped and never left must not make an object of the parts that there are.
        self._file.autocommit = False
        return self

    def write(self, data: bytes) -> None:
        """Add to the end."""
        with plain_errors():
            self._file.write(data)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                with plain_errors():
                    self._file.close()
                    self._file.commit()
                self._file = None
        finally:
            if self._file is not None:
                self._file.closed = True  # Only marked: closing it would send what it holds.
                # The reason for giving up is what is told; parts that stay are removed by `remove_torn`.
                with suppress(Exception):
                    self._file.discard()


class SpooledWriter:
    """Writes to a file of this machine and puts that: for stores of which nothing is known but that they take whole files."""

    def __init__(self, files: Any, target: str) -> None:
        self._files, self._target = files, target
        self._spool: Any = None

    def __enter__(self) -> Self:
        self._spool = tempfile.NamedTemporaryFile(prefix=TORN)
        return self

    def write(self, data: bytes) -> None:
        """Add to the end."""
        self._spool.write(data)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._spool:
            if kind is not None:
                return
            self._spool.flush()
            with plain_errors():
                self._files.makedirs(self._target.rpartition("/")[0], exist_ok=True)
                self._files.put_file(self._spool.name, self._target)


def pieces_of(files: Any, target: str, *, is_s3: bool) -> Iterator[bytes]:
    """Open a file and return what yields its pieces in order. Raise FileNotFoundError for none, UnavailableError, both at once.

    A file that is replaced while it is read breaks off with an OSError or is read as it was, as the store has it.
    """
    with plain_errors():
        # Of S3 each piece is one request, without more read ahead.
        file = files.open(target, "rb", **({"block_size": S3_PART, "cache_type": "none"} if is_s3 else {}))
    return _read(file, piece=S3_PART if is_s3 else PIECE)


def _read(file: Any, *, piece: int) -> Iterator[bytes]:
    with file:
        while True:
            with plain_errors():
                data = bytes(file.read(piece))
            if not data:
                return
            yield data


def verified(pieces: Iterator[bytes], sha256: str, *, damaged: Exception) -> Iterator[bytes]:
    """Yield the pieces; raise `damaged` before the last one when together they have another hash: nobody takes them for whole."""
    digest, held = hashlib.sha256(), b""
    for piece in pieces:
        digest.update(piece)
        if held:
            yield held
        held = piece
    if digest.hexdigest() != sha256:
        raise damaged
    if held:
        yield held


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file of this machine."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pieces_of_local(path: Path) -> Iterator[bytes]:
    """Yield the pieces of a file of this machine."""
    with path.open("rb") as file:
        while data := file.read(PIECE):
            yield data


def write_local(into: Path, pieces: Iterator[bytes]) -> None:
    """Write pieces to a file of this machine, whole or not at all."""
    with FolderWriter(into) as writer:
        for piece in pieces:
            writer.write(piece)
