"""What the data roots of accounts need from outside: their list of files, and the bytes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.training import Artifact
from services.gateway.domain.files.stored_file import StoredFile


@dataclass(frozen=True, slots=True)
class RootUse:
    """How many files a data root has, and how many bytes they take; files with the same bytes share them."""

    files: int
    size: int


class Files(Protocol):
    """The data roots of accounts. Paths are relative, as `check_path` returns them."""

    async def get(self, path: str, *, account_id: str) -> StoredFile:
        """Return a file. Raise StoredFileNotFoundError."""

    async def under(self, folder: str, *, account_id: str) -> Sequence[StoredFile]:
        """Return all files below a folder (`outputs/a` has `outputs/a/b`, and not `outputs/ab`), in the order of their paths."""

    async def find(self, prefix: str, part: Part, *, account_id: str) -> Page[StoredFile]:
        """Return a part of the files whose paths begin so, in the order of their paths; all for an empty beginning."""

    async def put_many(self, files: Mapping[str, Artifact], *, account_id: str, made_by: str | None, at: datetime) -> None:
        """Put files there by their paths, or replace what is there; the second time nothing changes."""

    async def delete(self, path: str, *, account_id: str) -> None:
        """Take a file away. Raise StoredFileNotFoundError."""

    async def delete_under(self, folder: str, *, account_id: str) -> int:
        """Take all files below a folder away; return how many there were."""

    async def use(self, account_id: str) -> RootUse:
        """Return how much an account has."""

    async def blocks(self, path: str, *, account_id: str) -> str | None:
        """Return the path of a file that one at this path would need as its folder, or that is below it; None where there is none."""


class Folders(Protocol):
    """The folders that jobs at work have for themselves."""

    async def writer(self, folders: Sequence[str], *, account_id: str) -> tuple[str, str] | None:
        """Return the job that has one of these folders for itself, and that folder; None where none has."""


class FileBytes(Protocol):
    """The bytes of files, in the artifact store."""

    async def adopt(self, staged: str, *, sha256: str, size: int) -> Artifact:
        """Keep a file that was sent and waits under a name of its own; it is gone from there. Raise UnavailableError."""

    async def put(self, data: bytes) -> Artifact:
        """Keep bytes. Raise UnavailableError."""

    def read(self, file: StoredFile, *, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield bytes from `start` up to `end`, exclusive, piece by piece.

        Raise StoredFileGoneError or UnavailableError before the first.
        """
