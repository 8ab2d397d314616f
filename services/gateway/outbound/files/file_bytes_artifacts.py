"""The bytes of data roots' files in the artifact store."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.training import Artifact
from services.gateway.domain.files.errors import StoredFileGoneError
from services.gateway.domain.files.stored_file import StoredFile

PIECE: Final = 1 << 20


class FileBytesArtifacts:
    """Implements the port FileBytes."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def adopt(self, staged: str, *, sha256: str, size: int) -> Artifact:
        """Keep a file that was sent and waits under a name of its own; it is gone from there."""
        return await asyncio.to_thread(self._artifacts.adopt_named, staged, sha256=sha256, size=size)

    async def put(self, data: bytes) -> Artifact:
        """Keep bytes."""
        return await asyncio.to_thread(self._artifacts.put, data)

    async def read(self, file: StoredFile, *, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield bytes from `start` up to `end`, exclusive, piece by piece; all of a file are held against its hash as they are read."""
        try:
            if (start, end) == (0, file.artifact.size):
                pieces = await asyncio.to_thread(self._artifacts.chunks, file.artifact.sha256)
                while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
                    yield piece
                return
            for begin in range(start, end, PIECE):
                yield await asyncio.to_thread(self._artifacts.part, file.artifact.sha256, start=begin, end=min(end, begin + PIECE))
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError as error:
            raise StoredFileGoneError(file.path) from error
