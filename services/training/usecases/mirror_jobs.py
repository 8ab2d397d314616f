"""Show every job that has ended, and the registry's names, in an experiment tracker, in the order in which they ended."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from libs.chassis.liveness.outages import is_passing
from libs.chassis.logs import log
from libs.chassis.stores.artifacts import Artifacts
from libs.chassis.stores.set_aside import REASON_MOST
from libs.contracts.envelope import JsonObject
from services.training.domain.mirrored import MirroredRun, run_of
from services.training.domain.ports import Mirror, MirroredJobs, MirroredNames

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class MirrorJobs:
    """One job, then one name after the other; replicas take turns, as either is claimed before it is written.

    The ledger of jobs itself says what is still to be shown: a tracker that was away for however long is told all of it when it is back.
    """

    jobs: MirroredJobs
    names: MirroredNames
    mirror: Mirror
    artifacts: Artifacts
    owner: str

    async def __call__(self) -> None:
        """Write all that is due. Raise UnavailableError when the tracker, or a store, is away; then nothing is lost."""
        while (claimed := await self.jobs.claim(owner=self.owner)) is not None:
            try:
                await self._write(run_of(claimed.job, curve=claimed.curve))
            except Exception as error:
                if is_passing(error):
                    raise
                # No later attempt would do better, and the jobs behind it wait.
                log().exception("a job cannot be shown in the tracker", job_id=claimed.job.id)
                await self.jobs.mirrored(claimed, refused=f"{type(error).__name__}: {error}"[:REASON_MOST])
            else:
                await self.jobs.mirrored(claimed)

        # After the jobs, so that a version finds the run that made it.
        while (name := await self.names.claim(owner=self.owner)) is not None:
            try:
                await self.mirror.write_name(name)
            except Exception as error:
                if is_passing(error):
                    raise
                log().exception("a name of the registry cannot be shown in the tracker", registry_id=name.id)
            await self.names.mirrored(name, owner=self.owner)

    async def _write(self, run: MirroredRun) -> None:
        with TemporaryDirectory(prefix="modelbourse-mirror-") as name:
            folder = Path(name)
            await asyncio.to_thread(self._fetch, run, folder)
            await self.mirror.write(run, files=folder)

    def _fetch(self, run: MirroredRun, folder: Path) -> None:
        """Put what the job made into a folder: its manifest, the files that it names, the plots; or its files."""
        for path, artifact in run.files.items():
            place = folder / path
            if not place.resolve().is_relative_to(folder.resolve()):
                continue  # As no runner of ours names any.
            place.parent.mkdir(parents=True, exist_ok=True)
            self.artifacts.fetch(artifact.sha256, place)
        if run.manifest is None:
            return
        manifest = self.artifacts.get(run.manifest.sha256)
        (folder / MANIFEST).write_bytes(manifest)
        for name, file in _named_by(manifest).items():
            self.artifacts.fetch(file["sha256"], folder / name)


def _named_by(manifest: bytes) -> dict[str, JsonObject]:
    parts = json.loads(manifest)
    return {Path(name).name: file for part in ("files", "plots") for name, file in parts.get(part, {}).items()}
