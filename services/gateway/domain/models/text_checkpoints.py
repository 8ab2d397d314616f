"""Which files a training on texts can go on from: the newest checkpoint that a run has left."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from libs.contracts.job_kinds import shown_spec
from libs.contracts.texts import TextProgress, TextSpec
from libs.contracts.training import Artifact
from services.gateway.domain.jobs.job import Job

V = TypeVar("V")
FOLDER: Final = re.compile(r"checkpoint-(\d{1,6})/(.+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Files by their names in its folder, and what it is of: a folder or a run."""

    files: Mapping[str, Artifact]
    of: str


def newest_in(files: Mapping[str, V]) -> tuple[str, dict[str, V]] | None:
    """Return the newest of the folders `checkpoint-<epoch>` among files by their paths: its name, and its files; None without one."""
    found = [(int(named[1]), named[2], value) for path, value in files.items() if (named := FOLDER.fullmatch(path))]
    if not found:
        return None
    newest = max(epoch for epoch, _, _ in found)
    return f"checkpoint-{newest}", {name: value for epoch, name, value in found if epoch == newest}


def checkpoint_of(job: Job) -> Checkpoint | None:
    """Return the newest checkpoint that a run has left, whether it ended well or not; None for one that has left none."""
    made = {path: Artifact.model_validate(each) for path, each in (job.result or {}).get("files", {}).items()}
    if (found := newest_in(made)) is not None:
        return Checkpoint(found[1], f"{job.id} {found[0]}")
    if job.partial is None:
        return None
    told = TextProgress.model_validate(job.partial, extra="ignore")
    return Checkpoint(told.checkpoint, f"{job.id} {told.folder}")


def files_of(job: Job) -> list[str]:
    """Return the paths, below its `output_dir`, of what a run that has ended has left in the data root: all, or its checkpoint."""
    if job.result is not None:
        return list(job.result.get("files", {}))
    if job.partial is None or not job.state.ended:
        return []
    told = TextProgress.model_validate(job.partial, extra="ignore")
    return [f"{told.folder}/{name}" for name in told.checkpoint]


def resumable_path(job: Job) -> str | None:
    """Return the folder of the data root that another run can go on from; None where there is none."""
    folders: Iterable[str] = () if job.partial is None else (str(job.partial.get("folder", "")),)
    found = newest_in((job.result or {}).get("files", {}))
    name = found[0] if found else next(iter(folders), "")
    return f"{shown_spec(TextSpec, job.spec).output_dir}/{name}" if name and job.state.ended else None
