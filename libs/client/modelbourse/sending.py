"""A file as it is sent: read from the disk in pieces while they go out, from its beginning whenever the request is sent again."""

import io
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from modelbourse.errors import UnsendableError

FilePath: TypeAlias = str | os.PathLike[str]
# Is called with the bytes that were read, and how many there are (None where that is not known).
Watch: TypeAlias = Callable[[int, int | None], None]
# What a form says of a file of which nothing is known but its bytes.
UNKNOWN_TYPE: Final = "application/octet-stream"


class Outgoing:
    """A file for httpx: it has no descriptor to be read by, so that each piece is counted. `size` is None where it is not known."""

    def __init__(self, file: BinaryIO, *, name: str, watch: Watch | None = None) -> None:
        self.name = name
        self.can_be_sent_again = file.seekable()
        self.size = _size_of(file) if self.can_be_sent_again else None
        self._file, self._watch, self._sent = file, watch, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next piece; what is no file of bytes cannot be sent: raise UnsendableError."""
        piece = self._file.read(size)
        if not isinstance(piece, bytes):
            msg = f"{self.name} is a file of text: open it with mode 'rb', or give its path"
            raise UnsendableError(msg)
        self._sent += len(piece)
        if self._watch is not None and piece:
            self._watch(self._sent, self.size)
        return piece

    def tell(self) -> int:
        """Return how much was read."""
        return self._sent

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to the beginning or the end. Raise UnsendableError where a pipe was read already, io.UnsupportedOperation at its beginning."""
        if self.can_be_sent_again:
            self._sent = self._file.seek(offset, whence)
            return self._sent
        if self._sent:
            msg = f"{self.name} can be read once: it cannot be sent again"
            raise UnsendableError(msg)
        msg = f"{self.name} cannot be sought in"
        raise io.UnsupportedOperation(msg)


@contextmanager
def outgoing(file: FilePath | BinaryIO, *, watch: Watch | None = None) -> Generator[Outgoing, None, None]:
    """Open a file by its path, or take one that is open, and leave that open. Raise OSError, or UnsendableError for neither."""
    if isinstance(file, (str, os.PathLike)):
        path = Path(file)
        with path.open("rb") as opened:
            yield Outgoing(opened, name=path.name, watch=watch)
        return
    if isinstance(file, io.TextIOBase) or not hasattr(file, "read") or not hasattr(file, "seekable"):
        msg = f"a file is given by its path, or as a file that is open in mode 'rb', which {file!r} is not"
        raise UnsendableError(msg)
    yield Outgoing(file, name=Path(str(getattr(file, "name", "file"))).name, watch=watch)


def _size_of(file: BinaryIO) -> int:
    at = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(at)
    return size
