"""The artifact store as housekeeping sees it: which files a manifest names, and which files are old."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Final

import orjson

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.chassis.stores.mongo import Collection as Documents

# What a version has beside its files: in its manifest, and in its model's document.
KEPT: Final = ("plots", "tables")


class ArtifactFilesStore:
    """Implements the port ArtifactFiles."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def named_in(self, manifest: str) -> Sequence[str]:
        """Return the sha256 of each file that a manifest names; none when it is lost. Raise UnavailableError or ArtifactDamagedError."""
        try:
            found = orjson.loads(await asyncio.to_thread(self._artifacts.get, manifest))
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError:
            return []
        return [file["sha256"] for part in ("files", *KEPT) for file in found.get(part, {}).values()]

    async def remove(self, *, but: Collection[bytes], before: datetime) -> int:
        """Remove what was written before this moment and is not among these; return how many files that were."""
        return await asyncio.to_thread(self._artifacts.remove_old, but=but, before=before)


class NamedArtifactsMongo:
    """Implements the port NamedArtifacts on the collection that models_mongo.py writes."""

    def __init__(self, models: Documents) -> None:
        self._models = models

    async def all(self) -> AsyncIterator[tuple[str, Sequence[str]]]:
        """Yield each version's manifest, plots and tables, those of deleted models' traces included."""
        async for model in self._models.find({"versions.0": {"$exists": True}}, {f"versions.{name}": 1 for name in ("artifact", *KEPT)}):
            for version in model["versions"]:
                yield version["artifact"], [sha256 for name in KEPT for sha256 in version.get(name, {}).values()]
