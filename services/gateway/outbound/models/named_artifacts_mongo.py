"""What the versions of all models name in the artifact store."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from libs.chassis.stores.mongo import Collection

# What a version has beside its files: in its manifest, and in its model's document.
KEPT: Final = ("plots", "tables")


class NamedArtifactsMongo:
    """Implements the port NamedArtifacts on the collection that models_mongo.py writes."""

    def __init__(self, models: Collection) -> None:
        self._models = models

    async def all(self) -> AsyncIterator[tuple[str, Sequence[str]]]:
        """Yield each version's manifest, plots and tables, those of deleted models' traces included."""
        async for model in self._models.find({"versions.0": {"$exists": True}}, {f"versions.{name}": 1 for name in ("artifact", *KEPT)}):
            for version in model["versions"]:
                yield version["artifact"], [sha256 for name in KEPT for sha256 in version.get(name, {}).values()]
