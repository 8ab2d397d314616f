"""A file on its way into the artifact store: its pieces are hashed and written in threads, one at a time."""

import hashlib
from contextlib import AbstractContextManager
from threading import Lock
from typing import Protocol

from services.gateway.inbound.http.received import HEAD, Staged


class Writer(Protocol):
    """What takes a file in pieces."""

    def write(self, data: bytes) -> None:
        """Add to the end. Raise UnavailableError."""


class UploadStore(Protocol):
    """Where files wait. Its calls block."""

    def open_named(self, path: str) -> AbstractContextManager[Writer]:
        """Return what stores a file: whole when it is left without an error, else not at all. Raise UnavailableError."""

    def delete_named(self, path: str) -> None:
        """Remove a file; none is fine. Raise UnavailableError."""


class StagedFile:
    """One file. Each call may come from another thread; `drop` waits for a piece that is being written."""

    def __init__(self, store: UploadStore, path: str) -> None:
        self._store, self._path = store, path
        self._digest = hashlib.sha256()
        self._writing: AbstractContextManager[Writer] | None = None
        self._writer: Writer | None = None
        self._lock = Lock()
        self.size = 0
        self.head = b""

    def add(self, data: bytes) -> None:
        """Add a piece. Raise UnavailableError."""
        with self._lock:
            if self._writer is None:
                writing = self._store.open_named(self._path)
                self._writer, self._writing = writing.__enter__(), writing
            self._digest.update(data)
            if len(self.head) < HEAD:
                self.head += data[: HEAD - len(self.head)]
            self.size += len(data)
            self._writer.write(data)

    def keep(self) -> Staged:
        """Say that all has come. Raise UnavailableError."""
        with self._lock:
            assert self._writing is not None
            writing, self._writing = self._writing, None
            writing.__exit__(None, None, None)
        return Staged(self._path, self._digest.hexdigest(), self.size)

    def drop(self, error: BaseException) -> None:
        """Leave nothing of it, because of an error."""
        with self._lock:
            if self._writing is not None:
                writing, self._writing = self._writing, None
                writing.__exit__(type(error), error, error.__traceback__)
