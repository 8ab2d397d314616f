"""Files of datasets in the artifact store: canonical Parquet, pages of health checks, and what was sent and waits for its check."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from libs.chassis.logs import log
from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from services.gateway.domain.at_once import AtOnce
from services.gateway.domain.datasets.errors import DatasetFileMissingError

UPLOADS: Final = "uploads"
PIECE: Final = 1 << 20
# Each is a process that reads a file of up to some hundred megabytes.
CSV_AT_ONCE: Final = 2
# Each is a file on the disk until it has been read.
CSV_OF_ACCOUNT: Final = 2
DOWNLOADING: Final = f"{CSV_OF_ACCOUNT} datasets of this account are being downloaded as CSV already; try again when one has come."
GONE: Final = "The file is no longer in the artifact store: send it again to have it."


class DatasetFilesArtifacts:
    """Implements the port DatasetFiles."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts
        self._turns = asyncio.Semaphore(CSV_AT_ONCE)
        self._of_account = AtOnce(CSV_OF_ACCOUNT, DOWNLOADING)

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

    async def csv(self, sha256: str, *, account_id: str) -> AsyncGenerator[bytes, None]:
        """Yield its rows as CSV, piece by piece; raise as `parquet` does, and TooManyRequestsError before the first.

        Another process reads the file: the gateway knows neither Parquet nor calendars, and its memory is not for that. All is written
        before the first piece: whoever reads slowly keeps a file on the disk, and no process.
        """
        with self._of_account.one_more(account_id), tempfile.TemporaryDirectory(prefix="modelbourse-csv-") as folder:
            source, text = Path(folder) / "dataset.parquet", Path(folder) / "dataset.csv"
            async with self._turns:
                try:
                    await asyncio.to_thread(self._artifacts.fetch, sha256, source)
                except ArtifactDamagedError:
                    raise
                except ArtifactMissingError as error:
                    raise DatasetFileMissingError(GONE) from error
                await _write(source, into=text)
            await asyncio.to_thread(source.unlink)
            with await asyncio.to_thread(text.open, "rb") as opened:
                while piece := await asyncio.to_thread(opened.read, PIECE):
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


async def _write(source: Path, *, into: Path) -> None:
    """Have a process write a file as CSV; raise RuntimeError when it fails."""
    command = (sys.executable, "-m", "libs.market.datasets.to_csv", str(source))
    with await asyncio.to_thread(into.open, "wb") as text:
        process = await asyncio.create_subprocess_exec(*command, stdout=text, stderr=asyncio.subprocess.PIPE)
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        log().error("a dataset could not be written as CSV", said=said.decode(errors="replace")[-2000:])
        message = "a dataset could not be written as CSV"
        raise RuntimeError(message)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
