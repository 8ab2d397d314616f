"""Registered models of texts as archives: zip or tar, made as they are sent, of what lies in the artifact store.

Nothing is compressed, as weights hardly become smaller, and moments are those of the training: the same version is the same bytes each
time, so that its hash can be told ahead of them.
"""

import asyncio
import hashlib
import tarfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.texts import MANIFEST, TextManifest
from services.gateway.domain.registry.ports import Archive, ArchiveForm
from services.gateway.domain.registry.version import RegisteredVersion

SUMS: Final = "SHA256SUMS"
# Who may read what was unpacked.
MODE: Final = 0o644
# So many archives are remembered by what they are made of: an address that is asked again is answered without reading it all first.
REMEMBERED: Final = 512
END: Final = b""


class ModelArchives:
    """Implements the port ModelArchives."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._measured: dict[tuple[str, str, str], Archive] = {}

    async def manifest(self, version: RegisteredVersion) -> TextManifest:
        """Return what a version's manifest says."""
        return await self.manifest_of(version.lineage.artifact)

    async def manifest_of(self, artifact: str) -> TextManifest:
        """Return the manifest of this hash."""
        data = await asyncio.to_thread(self._artifacts.get, artifact)
        return TextManifest.model_validate_json(data, extra="ignore")

    async def measure(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> Archive:
        """Return what an archive will be."""
        key = (version.lineage.artifact, folder, form)
        if (known := self._measured.get(key)) is None:
            known = await asyncio.to_thread(self._measure, version, folder, form)
            if len(self._measured) >= REMEMBERED:
                self._measured.pop(next(iter(self._measured)))
            self._measured[key] = known
        return known

    async def read(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> AsyncIterator[bytes]:
        """Yield an archive piece by piece."""
        pieces = self._pieces(version, folder, form)
        while piece := await asyncio.to_thread(next, pieces, END):
            yield piece

    def _measure(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> Archive:
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(version, folder, form):
            digest.update(piece)
            size += len(piece)
        return Archive(digest.hexdigest(), size)

    def _pieces(self, version: RegisteredVersion, folder: str, form: ArchiveForm) -> Iterator[bytes]:
        sha256 = version.lineage.artifact
        raw = self._artifacts.get(sha256)
        files = TextManifest.model_validate_json(raw, extra="ignore").files
        sums = {name: file.sha256 for name, file in files.items()} | {MANIFEST: sha256}
        listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()
        small = {MANIFEST: raw, SUMS: listed}
        parts = [(f"{folder}/{name}", len(data), partial(iter, [data])) for name, data in sorted(small.items())]
        parts += [(f"{folder}/{name}", file.size, partial(self._artifacts.chunks, file.sha256)) for name, file in sorted(files.items())]
        return (_zipped if form == "zip" else _tarred)(parts, at=version.lineage.trained_at)


class _Pipe:
    """What is written comes out again, piece by piece; nobody can go back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """Return what was written since it was last asked."""
        data, self._pieces = b"".join(self._pieces), []
        return data


def _zipped(parts: list[tuple[str, int, Any]], *, at: datetime) -> Iterator[bytes]:
    pipe, moment = _Pipe(), at.astimezone(UTC)
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]  # writing is all that it does with it
        for name, size, chunks in parts:
            info = zipfile.ZipInfo(name, moment.timetuple()[:6])
            info.file_size, info.external_attr, info.create_system = size, MODE << 16, 3
            with archive.open(info, "w") as member:
                for chunk in chunks():
                    member.write(chunk)
                    yield from _some(pipe)
    yield from _some(pipe)


def _tarred(parts: list[tuple[str, int, Any]], *, at: datetime) -> Iterator[bytes]:
    pipe = _Pipe()
    for name, size, chunks in parts:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, MODE, int(at.timestamp())
        pipe.write(info.tobuf(tarfile.PAX_FORMAT))
        for chunk in chunks():
            pipe.write(chunk)
            yield from _some(pipe)
        pipe.write(bytes(-size % tarfile.BLOCKSIZE))
    pipe.write(bytes(2 * tarfile.BLOCKSIZE))
    yield from _some(pipe)


def _some(pipe: _Pipe) -> Iterator[bytes]:
    if data := pipe.taken():
        yield data
