"""Files that outlive a process: content-addressed artifacts and small named files, on any fsspec store."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fsspec.implementations.local import LocalFileSystem

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.chassis.stores.artifact_store import open_store, plain_errors
from libs.chassis.stores.artifact_streams import TORN, Writer, hash_of, pieces_of, pieces_of_local, verified, write_local, writing
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
            raise _missing(sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise _damaged(sha256)
        return data

    def put_file(self, path: Path) -> Artifact:
        """Store a file of this machine as `put` does its bytes, in pieces. Raise InvalidError when it changes meanwhile."""
        sha256, size = hash_of(path), path.stat().st_size
        uri = _place_of(sha256)
        known = self._info(uri)
        if known is None or int(known["size"]) != size or _is_old(known, before=now() - FRESH):
            changed = InvalidError(f"{path.name} was changed while it was stored; store it again.")
            with self._writing(uri) as writer:
                for piece in verified(pieces_of_local(path), sha256, damaged=changed):
                    writer.write(piece)
        return Artifact(uri=uri, sha256=sha256, size=size)

    def chunks(self, sha256: str) -> Iterator[bytes]:
        """Return the bytes with this hash in pieces of a few MB. Raise ArtifactMissingError at once.

        Raise ArtifactDamagedError before the last piece when together they no longer have this hash.
        """
        try:
            pieces = pieces_of(self._files, f"{self._root}/{_place_of(sha256)}", is_s3=not self._has_folders)
        except FileNotFoundError as error:
            raise _missing(sha256) from error
        return verified(pieces, sha256, damaged=_damaged(sha256))

    def fetch(self, sha256: str, into: Path) -> None:
        """Write the bytes with this hash to a file of this machine, whole or not at all; raise as `chunks` does."""
        write_local(into, self.chunks(sha256))

    def has(self, sha256: str) -> bool:
        """Return whether the bytes with this hash are stored."""
        return self._size(_place_of(sha256)) is not None

    def write_named(self, path: str, data: bytes) -> None:
        """Store or replace a file under a relative path, such as a checkpoint."""
        self._write(_named(path), data)

    def read_named(self, path: str) -> bytes | None:
        """Return what lies under a relative path, or None."""
        return self._read(_named(path))

    def open_named(self, path: str) -> AbstractContextManager[Writer]:
        """Return what stores or replaces a file under a relative path in pieces: whole when left without an error, else not at all."""
        return self._writing(_named(path))

    def fetch_named(self, path: str, into: Path) -> None:
        """Write what lies under a relative path to a file of this machine, whole or not at all. Raise ArtifactMissingError for nothing."""
        try:
            pieces = pieces_of(self._files, f"{self._root}/{_named(path)}", is_s3=not self._has_folders)
        except FileNotFoundError as error:
            msg = f"There is no file {path} in the artifact store."
            raise ArtifactMissingError(msg) from error
        write_local(into, pieces)

    def old_named(self, prefix: str, *, before: datetime) -> list[str]:
        """Return the paths below a relative path whose files were written before this moment, in order."""
        found = (place for place in self._old(_named(prefix), before=before) if not _is_torn(place))
        return sorted(place.removeprefix("named/") for place in found)

    def remove_torn(self, prefix: str, *, before: datetime) -> int:
        """Remove what writers below a relative path have left who began before this moment and died; return how many did."""
        return self._remove_torn(_named(prefix), before=before)

    def adopt_named(self, path: str, *, sha256: str, size: int) -> Artifact:
        """Make the file under a relative path, whose hash and size are known, an artifact; it is no longer under its path then.

        Raise ArtifactMissingError for nothing.
        """
        uri, named = _place_of(sha256), _named(path)
        if self._size(named) != size:
            msg = f"There is no file {path} of {size} bytes in the artifact store."
            raise ArtifactMissingError(msg)
        with plain_errors():
            if self._has_folders:
                self._files.makedirs(f"{self._root}/{uri}".rpartition("/")[0], exist_ok=True)
            # What is there already is the same, and becomes as new as this one: what is old may be about to be removed.
            self._files.mv(f"{self._root}/{named}", f"{self._root}/{uri}")
        return Artifact(uri=uri, sha256=sha256, size=size)

    def part(self, sha256: str, *, start: int, end: int) -> bytes:
        """Return bytes from `start` up to `end` of an artifact, unverified. Raise ArtifactMissingError."""
        try:
            with plain_errors():
                return bytes(self._files.cat_file(f"{self._root}/{_place_of(sha256)}", start=start, end=end))
        except FileNotFoundError as error:
            raise _missing(sha256) from error

    def delete_named(self, path: str) -> None:
        """Remove what lies under a relative path; nothing there is fine."""
        if self._size(_named(path)) is not None:
            with plain_errors():
                self._files.rm_file(f"{self._root}/{_named(path)}")

    def remove_old(self, *, but: Collection[bytes], before: datetime) -> int:
        """Remove artifacts written before this moment, but for those whose SHA-256 is among these; return how many that were.

        What writers that died have left of artifacts goes as well.
        """
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
        self._remove_torn("sha256", before=before)
        return removed

    def _remove_torn(self, place: str, *, before: datetime) -> int:
        torn = [each for each in self._old(place, before=before) if _is_torn(each)]
        for each in torn:
            with plain_errors():
                self._files.rm_file(f"{self._root}/{each}")
        if self._has_folders:
            return len(torn)
        bucket, _, key = f"{self._root}/{place}/".partition("/")
        with plain_errors():
            begun = self._files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key).get("Uploads", [])
            old = [each for each in begun if each["Initiated"] < before]
            for each in old:
                self._files.abort_mpu(bucket, each["Key"], each["UploadId"])
        return len(old)

    def _old(self, place: str, *, before: datetime) -> list[str]:
        with plain_errors():
            found = self._files.find(f"{self._root}/{place}", detail=True)
        begins = f"{place}/"
        return [begins + str(info["name"]).rpartition(f"/{begins}")[2] for info in found.values() if _is_old(info, before=before)]

    def _writing(self, place: str) -> AbstractContextManager[Writer]:
        return writing(self._files, f"{self._root}/{place}", is_s3=not self._has_folders)

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
        if isinstance(self._files, LocalFileSystem):
            with self._writing(place) as writer:
                writer.write(data)
            return
        with plain_errors():
            if self._has_folders:
                self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(target, data)


def _missing(sha256: str) -> ArtifactMissingError:
    return ArtifactMissingError(f"There is no artifact {sha256}.")


def _damaged(sha256: str) -> ArtifactDamagedError:
    return ArtifactDamagedError(f"Artifact {sha256} is damaged: its content has another hash.")


def _is_torn(path: str) -> bool:
    return path.rpartition("/")[2].startswith(TORN)


def _is_old(info: Mapping[str, Any], *, before: datetime) -> bool:
    """Tell whether a file was written before this moment; one of which a store does not know when is not."""
    at = info.get("mtime", info.get("LastModified", info.get("created")))
    if isinstance(at, int | float):
        at = datetime.fromtimestamp(at, UTC)
    return isinstance(at, datetime) and at < before


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
