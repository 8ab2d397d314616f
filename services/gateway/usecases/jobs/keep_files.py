"""What a job has made are files of its account: they are put into its data root when the job has ended well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from libs.contracts.job_kinds import Cancelled, Completed, Failed
from libs.contracts.jobs import JobCompleted, JobFailed
from libs.contracts.training import Artifact, JobState
from services.gateway.domain.files.ports import Files
from services.gateway.domain.jobs.errors import JobNotFoundError
from services.gateway.domain.jobs.ports import Jobs
from services.gateway.usecases.files.land_files import LandFiles
from services.gateway.usecases.jobs.effects import Effects


@dataclass(frozen=True, slots=True)
class KeepFiles(Effects):
    """A result's `files` go below its spec's `output_dir` in one write; the second time nothing changes, nor what became of them since."""

    files: Files
    jobs: Jobs
    land: LandFiles

    async def completed(self, event: Completed) -> None:
        """Put them there. Raise StorageFullError."""
        assert isinstance(event, JobCompleted)
        await self.keep(event.result.get("files", {}), event=event)

    async def keep(self, made: Mapping[str, Any], *, event: JobCompleted) -> None:
        """Put what a job has made into its folder, unless that was done before. Raise StorageFullError."""
        if await has_ended(self.jobs, event):
            return
        placed = _placed(made, folder=folder_of(event.spec, job_id=event.job_id))
        await self.land(placed, account_id=event.account_id, made_by=event.job_id, at=event.ended_at)

    async def ended(self, event: Failed | Cancelled, state: JobState) -> None:  # noqa: ARG002 - what it knew says enough
        """Put what one that failed knew as files there: the report of an export whose files do not answer as the model does."""
        if isinstance(event, JobFailed) and event.partial and not await has_ended(self.jobs, event):
            made = event.partial.get("files")
            if isinstance(made, dict):
                placed = _placed(made, folder=folder_of(event.spec, job_id=event.job_id))
                await self.files.put_many(placed, account_id=event.account_id, made_by=event.job_id, at=event.ended_at)


def _placed(made: Mapping[str, Any], *, folder: str) -> dict[str, Artifact]:
    return {f"{folder}/{path}".removeprefix("./"): Artifact.model_validate(artifact) for path, artifact in made.items()}


async def has_ended(jobs: Jobs, event: Completed | Failed) -> bool:
    """Tell whether a job is known to have ended: what it has made is there then, unless its owner has changed it since."""
    try:
        return (await jobs.get(event.job_id, account_id=event.account_id, kind=None)).state.ended
    except JobNotFoundError:
        return False


def folder_of(spec: Mapping[str, Any], *, job_id: str) -> str:
    """Return where a job's files go: its spec's `output_dir`, `outputs/<job id>` where it has none."""
    return str(spec.get("output_dir") or f"outputs/{job_id}")
