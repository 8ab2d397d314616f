"""Ended jobs' checkpoints are removed from the artifact store."""

import asyncio

from libs.chassis.errors import UnavailableError
from libs.chassis.logs import log
from libs.chassis.stores.artifacts import Artifacts
from services.training.outbound.checkpoint_files import checkpoint_paths


class CheckpointsStore:
    """Implements `Checkpoints`."""

    def __init__(self, artifacts: Artifacts) -> None:
        self._artifacts = artifacts

    async def forget(self, job_id: str) -> None:
        """Remove an ended job's checkpoint. A store that is away keeps a small file too long, which harms nobody."""
        try:
            for path in checkpoint_paths(job_id):
                await asyncio.to_thread(self._artifacts.delete_named, path)
        except (OSError, UnavailableError) as error:
            log().warning("a checkpoint was left behind", job_id=job_id, error=str(error))
