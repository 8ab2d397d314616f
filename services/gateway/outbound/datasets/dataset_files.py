"""Files of datasets in the artifact store: canonical Parquet, pages of health checks, and what was sent and waits for its check."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from libs.chassis.logs import log
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from services.gateway.domain.datasets.errors import DatasetFileMissingError

UPLOADS: Final = "uploads"
PIECE: Final = 1 << 20
# Each is a process that reads a file of up to some hundred megabytes.
CSV_AT_ONCE: Final = 2
GONE: Final = "The file is no longer in the artifact store: send it again to have it."


class DatasetFilesArtifacts:
    """Implements the port DatasetFiles."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._turns = asyncio.Semaphore(CSV_AT_ONCE)

    async def page(self, sha256: str) -> bytes:
        """Return a health check's page. Raise DatasetFileMissingError or UnavailableError."""
        try:
            return await asyncio.to_thread(self._artifacts.get, sha256)
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError as error:
            raise DatasetFileMissingError(GONE) from error

    async def parquet(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield a canonical file piece by piece. Raise DatasetFileMissingError or UnavailableError before the first."""
        try:
            pieces = await asyncio.to_thread(self._artifacts.chunks, sha256)
        except ArtifactMissingError as error:
            raise DatasetFileMissingError(GONE) from error
        while (piece := await asyncio.to_thread(_next, pieces)) is not None:
            yield piece

    async def csv(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield its rows as CSV, piece by piece; raise as `parquet` does.

        Another process reads the file: the gateway knows neither Parquet nor calendars, and its memory is not for that.
        """
        async with self._turns:
            with tempfile.TemporaryDirectory(prefix="modelbourse-csv-") as folder:
                file = Path(folder) / "dataset.parquet"
                try:
                    await asyncio.to_thread(self._artifacts.fetch, sha256, file)
                except ArtifactDamagedError:
                    raise
                except ArtifactMissingError as error:
                    raise DatasetFileMissingError(GONE) from error
                async for piece in _written(file):
                    yield piece

    async def drop_upload(self, path: str) -> None:
        """Remove a file that was sent; one that is not there is fine."""
        await asyncio.to_thread(self._artifacts.delete_named, path)

    async def drop_uploads(self, *, but: set[str], before: datetime) -> int:
        """Remove what was sent before this moment and is not among these; return how many files."""
        old = await asyncio.to_thread(lambda: self._artifacts.old_named(UPLOADS, before=before))
        gone = [path for path in old if path not in but]
        for path in gone:
            await self.drop_upload(path)
        return len(gone) + await asyncio.to_thread(lambda: self._artifacts.remove_torn(UPLOADS, before=before))


async def _written(file: Path) -> AsyncIterator[bytes]:
    """Yield what a process writes of a file; raise RuntimeError when it fails, so that the answer is broken off and not taken for whole."""
    command = (sys.executable, "-m", "libs.market.datasets.to_csv", str(file))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        while piece := await process.stdout.read(PIECE):
            yield piece
        if await process.wait():
            log().error("a dataset could not be written as CSV", said=(await process.stderr.read(PIECE)).decode(errors="replace")[-2000:])
            message = "a dataset could not be written as CSV"
            raise RuntimeError(message)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
