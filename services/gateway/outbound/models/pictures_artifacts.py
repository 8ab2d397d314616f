"""Pictures in the artifact store, where training put them."""

import asyncio

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from services.gateway.domain.models.errors import PlotMissingError


class PicturesArtifacts:
    """Implements the port Pictures."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def get(self, sha256: str) -> bytes:
        """Return a picture's bytes. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""
        try:
            return await asyncio.to_thread(self._artifacts.get, sha256)
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError as error:
            msg = "The plot is no longer in the artifact store: train the model again to have it."
            raise PlotMissingError(msg) from error
