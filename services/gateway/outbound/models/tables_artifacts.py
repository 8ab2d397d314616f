"""Tables in the artifact store, where training put them."""

import asyncio

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.tables import TableFile
from services.gateway.domain.models.errors import TableMissingError


class TablesArtifacts:
    """Implements the port Tables."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def get(self, sha256: str) -> TableFile:
        """Return a table. Raise TableMissingError, UnavailableError or ArtifactDamagedError."""
        try:
            return await asyncio.to_thread(self._read, sha256)
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError as error:
            msg = "The table is no longer in the artifact store: train the model again to have it."
            raise TableMissingError(msg) from error

    def _read(self, sha256: str) -> TableFile:
        return TableFile.from_bytes(self._artifacts.get(sha256))
