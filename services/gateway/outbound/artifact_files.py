"""The artifact store as housekeeping sees it: which files a manifest names, and which files are old."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime

import orjson

from libs.chassis.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.chassis.mongo import Collection as Documents


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
        return [file["sha256"] for part in ("files", "plots") for file in found.get(part, {}).values()]

    async def remove(self, *, but: Collection[bytes], before: datetime) -> int:
        """Remove what was written before this moment and is not among these; return how many files that were."""
        return await asyncio.to_thread(self._artifacts.remove_old, but=but, before=before)


class NamedArtifactsMongo:
    """Implements the port NamedArtifacts on the collection that models_mongo.py writes."""

    def __init__(self, models: Documents) -> None:
        self._models = models

    async def all(self) -> AsyncIterator[tuple[str, Sequence[str]]]:
        """Yield each version's manifest and plots, those of deleted models' traces included."""
        async for model in self._models.find({"versions.0": {"$exists": True}}, {"versions.artifact": 1, "versions.plots": 1}):
            for version in model["versions"]:
                yield version["artifact"], list(version.get("plots", {}).values())
