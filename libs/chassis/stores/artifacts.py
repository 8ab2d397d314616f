"""Files that outlive a process: content-addressed artifacts and small named files, on any fsspec store."""

import hashlib
import os
import re
import tempfile
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fsspec.implementations.local import LocalFileSystem

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.stores.artifact_store import open_store, plain_errors
from libs.contracts.envelope import now
from libs.contracts.training import Artifact

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
FRESH: Final = timedelta(days=1)


class ArtifactMissingError(PlatformError, kind=ErrorKind.NOT_FOUND):
    """The store does not have these bytes."""


class ArtifactDamagedError(ArtifactMissingError, kind=ErrorKind.INTERNAL):
    """What lies under the hash is not what was written."""


class Artifacts:
    """An artifact store. All calls block: from async code go through `asyncio.to_thread`.

    `url` is a folder or any fsspec URL. A file is whole or not there: local writes are renamed into place, object stores
    put whole objects. Raises `UnavailableError` while the store is away or refuses us.
    """

    def __init__(self, url: str) -> None:
        self._files, self._root, self._has_folders = open_store(url)

    def put(self, data: bytes) -> Artifact:
        """Store bytes under their SHA-256; the same bytes twice are one file."""
        sha256 = hashlib.sha256(data).hexdigest()
        uri = _place_of(sha256)
        known = self._info(uri)
        # What is old may be about to be removed (`remove_old`): written again, it is new.
        if known is None or int(known["size"]) != len(data) or _is_old(known, before=now() - FRESH):
            self._write(uri, data)
        return Artifact(uri=uri, sha256=sha256, size=len(data))

    def get(self, sha256: str) -> bytes:
        """Return the bytes with this hash.

        Raises `ArtifactMissingError` when there are none and its child `ArtifactDamagedError` when they no longer have it.
        """
        data = self._read(_place_of(sha256))
        if data is None:
            msg = f"There is no artifact {sha256}."
            raise ArtifactMissingError(msg)
        if hashlib.sha256(data).hexdigest() != sha256:
            msg = f"Artifact {sha256} is damaged: its content has another hash."
            raise ArtifactDamagedError(msg)
        return data

    def has(self, sha256: str) -> bool:
        """Return whether the bytes with this hash are stored."""
        return self._size(_place_of(sha256)) is not None

    def write_named(self, path: str, data: bytes) -> None:
        """Store or replace a file under a relative path, such as a checkpoint."""
        self._write(_named(path), data)

    def read_named(self, path: str) -> bytes | None:
        """Return what lies under a relative path, or None."""
        return self._read(_named(path))

    def delete_named(self, path: str) -> None:
        """Remove what lies under a relative path; nothing there is fine."""
        if self._size(_named(path)) is not None:
            with plain_errors():
                self._files.rm_file(f"{self._root}/{_named(path)}")

    def remove_old(self, *, but: Collection[bytes], before: datetime) -> int:
        """Remove artifacts written before this moment, but for those whose SHA-256 is among these; return how many that were."""
        with plain_errors():
            found = self._files.find(f"{self._root}/sha256", detail=True)
        removed = 0
        for info in list(found.values()):
            name = str(info["name"]).rpartition("/")[2]
            if not DIGEST.fullmatch(name) or bytes.fromhex(name) in but or not _is_old(info, before=before):
                continue
            place = _place_of(name)
            latest = self._info(place)  # It may have been written again since the list was made.
            if latest is not None and _is_old(latest, before=before):
                with plain_errors():
                    self._files.rm_file(f"{self._root}/{place}")
                removed += 1
        return removed

    def _size(self, place: str) -> int | None:
        known = self._info(place)
        return None if known is None else int(known["size"])

    def _info(self, place: str) -> Mapping[str, Any] | None:
        try:
            with plain_errors():
                info: Mapping[str, Any] = self._files.info(f"{self._root}/{place}")
        except FileNotFoundError:
            return None
        return info

    def _read(self, place: str) -> bytes | None:
        try:
            with plain_errors():
                return bytes(self._files.cat_file(f"{self._root}/{place}"))
        except FileNotFoundError:
            return None

    def _write(self, place: str, data: bytes) -> None:
        target = f"{self._root}/{place}"
        with plain_errors():
            if isinstance(self._files, LocalFileSystem):
                _write_whole(Path(target), data)
                return
            if self._has_folders:
                self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(target, data)


def _is_old(info: Mapping[str, Any], *, before: datetime) -> bool:
    """Tell whether a file was written before this moment; one of which a store does not know when is not."""
    at = info.get("mtime", info.get("LastModified", info.get("created")))
    if isinstance(at, int | float):
        at = datetime.fromtimestamp(at, UTC)
    return isinstance(at, datetime) and at < before


def _write_whole(target: Path, data: bytes) -> None:
    """Write beside the target, to the disk, and rename: a reader or a crash sees the old file or the new one, never a part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(target)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _place_of(sha256: str) -> str:
    if len(sha256) != len(hashlib.sha256().hexdigest()) or not set(sha256) <= set("0123456789abcdef"):
        msg = "An artifact is named by the 64 hexadecimal digits of its SHA-256."
        raise InvalidError(msg)
    return f"sha256/{sha256[:2]}/{sha256}"


def _named(path: str) -> str:
    """Confine a path to the store's `named/` folder."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        msg = f"{path!r} is not a path inside the artifact store."
        raise InvalidError(msg)
    return f"named/{'/'.join(parts)}"
