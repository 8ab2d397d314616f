"""Files of trials in the artifact store, where the runner that searches has put them."""

import asyncio
import gzip

from libs.chassis.stores.artifacts import ArtifactDamagedError, ArtifactMissingError, Artifacts
from libs.contracts.tuning import TrialTable


class TrialFilesArtifacts:
    """Implements the port TrialFiles."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def read(self, sha256: str) -> TrialTable | None:
        """Return what a file has, read beside the loop; None when it is gone. Raise UnavailableError or ArtifactDamagedError."""
        try:
            return await asyncio.to_thread(lambda: TrialTable.model_validate_json(gzip.decompress(self._artifacts.get(sha256))))
        except ArtifactDamagedError:
            raise
        except ArtifactMissingError:
            return None
