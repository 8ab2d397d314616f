"""Files in the artifact store, where training put them: shown, and cleared away when nothing names them any more."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final, TypeVar

import orjson

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.tables import TableFile
from services.gateway.domain.models.errors import PlotMissingError, TableMissingError
from services.gateway.outbound.models.named_artifacts_mongo import KEPT

T = TypeVar("T")
GONE: Final = "The {kind} is no longer in the artifact store: train the model again to have it."


class FilesArtifacts:
    """Implements the port ArtifactFiles."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def drawn(self, sha256: str) -> bytes:
        """Return the bytes of a picture or a report. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""
        found = await self._read(sha256, bytes)
        if found is None:
            raise PlotMissingError(GONE.format(kind="plot"))
        return found

    async def table(self, sha256: str) -> TableFile:
        """Return a table. Raise TableMissingError, UnavailableError or ArtifactDamagedError."""
        found = await self._read(sha256, TableFile.from_bytes)
        if found is None:
            raise TableMissingError(GONE.format(kind="table"))
        return found

    async def named_in(self, manifest: str) -> Sequence[str]:
        """Return the sha256 of each file that a manifest names; none when it is lost. Raise UnavailableError or ArtifactDamagedError."""
        found = await self._read(manifest, orjson.loads) or {}
        return [file["sha256"] for part in ("files", *KEPT) for file in found.get(part, {}).values()]

    async def remove(self, *, but: Collection[bytes], before: datetime) -> int:
        """Remove what was written before this moment and is not among these; return how many files that were."""
        return await asyncio.to_thread(self._artifacts.remove_old, but=but, before=before)

    async def _read(self, sha256: str, read: Callable[[bytes], T]) -> T | None:
        """Return what a file says, read beside the loop, as it may be long; None when it is not there."""
        try:
            return await asyncio.to_thread(lambda: read(self._artifacts.get(sha256)))
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError:
            return None
