"""A job that has ended as a run of an experiment tracker: parameters, metrics, tags, files."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.contracts.training import Artifact, JobState
from services.training.domain.job import Job
from services.training.domain.kinds import WORK

# A tracker's own bounds: how long a value and a name may be, and how many parameters a run has at most here.
VALUE_LONGEST: Final = 500
NAME_LONGEST: Final = 250
PARAMETERS_MOST: Final = 100
# What a spec has beside settings: which files stand behind its symbols.
NOT_SETTINGS: Final = ("own", "incumbent", "resume")
CHECKPOINT: Final = "checkpoint-"
NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_\-. /]")


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric's value at a step of the job."""

    name: str
    value: float
    step: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredRun:
    """What a tracker is told of one job that has ended.

    Its files lie in the artifact store: those that its `manifest` names, or `files`, by the paths that they get there.
    """

    job_id: str
    kind: str
    name: str
    state: JobState
    started_at: datetime
    ended_at: datetime
    parameters: Mapping[str, str]
    metrics: Sequence[Measure]
    tags: Mapping[str, str]
    manifest: Artifact | None
    files: Mapping[str, Artifact]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredVersion:
    """A version of a name in the registry, and the job that made it."""

    number: int
    job_id: str
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredName:
    """A name of the registry as it stands: its versions, oldest first, and the aliases that trackers show; `production` is one of them.

    `removed` are the numbers that were deleted. `gone` says that its account was erased. `sequence` is that of the event that told of it
    last.
    """

    id: str
    name: str
    versions: Sequence[MirroredVersion]
    aliases: Mapping[str, int]
    removed: Collection[int]
    gone: bool
    sequence: int

    @property
    def shown_as(self) -> str:
        """Return what it is called there: trackers know no accounts, and two of them may use one name."""
        return f"{measure_name(self.name)} {self.id[-6:]}"


def run_of(job: Job, *, curve: Sequence[Measure]) -> MirroredRun:
    """Return an ended job as a run; `curve` is what its progress told, step by step. A run without a start begins when it ended."""
    assert job.ended_at is not None
    settings = {name: value for name, value in job.spec.items() if name not in NOT_SETTINGS}
    steps = {(each.name, each.step): each for each in curve}  # A step that was told of twice counts as it was told last.
    last = max((each.step for each in curve), default=0)
    tags = {
        "job_id": job.id,
        "account_id": job.account_id,
        "kind": job.kind.value,
        "model_id": job.model_id,
        "version": job.model_version,
        "parent": job.parent,
        "compute_hours": str(job.compute_hours),
        "error": job.error.message[:VALUE_LONGEST] if job.error else None,
        "artifact": job.measured.artifact.uri if job.measured and job.measured.artifact else None,
    }
    return MirroredRun(
        job_id=job.id,
        kind=job.kind.value,
        name=job.name,
        state=job.state,
        started_at=job.started_at or job.ended_at,
        ended_at=job.ended_at,
        parameters=dict(list(_flat(settings))[:PARAMETERS_MOST]),
        metrics=[*steps.values(), *(Measure(name, value, last, job.ended_at) for name, value in _measured(job))],
        tags={f"modelbourse.{name}": value for name, value in tags.items() if value},
        manifest=job.measured.artifact if job.measured else None,
        files=_files(job),
    )


def measure_name(name: str) -> str:
    """Return a name in the letters that trackers allow: parts between slashes, none of them empty or of dots alone."""
    parts = [part for part in NOT_IN_NAMES.sub("_", name).split("/") if part.strip(". ")]
    return "/".join(parts)[:NAME_LONGEST] or "_"


def _files(job: Job) -> Mapping[str, Artifact]:
    """Return what a training's result names, as it lies below its `output_dir`; checkpoints are for whoever goes on from them."""
    made = (job.result or {}).get("files", {}) if WORK[job.kind].model_in is not None else {}
    return {path: Artifact.model_validate(artifact) for path, artifact in made.items() if not path.startswith(CHECKPOINT)}


def _measured(job: Job) -> Iterator[tuple[str, float]]:
    if job.measured is not None:
        parts: Mapping[str, Mapping[str, Any]] = {
            "": job.measured.metrics,
            "training/": job.measured.training_metrics,
            "validation/": job.measured.validation_metrics,
        }
    else:
        told, validated = ((job.result or {}).get(name) for name in ("metrics", "validation_metrics"))
        parts = {"": told if isinstance(told, dict) else {}, "validation/": validated if isinstance(validated, dict) else {}}
    for prefix, values in parts.items():
        for name, value in values.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield measure_name(f"{prefix}{name}"), float(value)


def _flat(settings: Mapping[str, Any], *, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield each setting under its path; null ones are left out, lists are one value."""
    for name, value in settings.items():
        path = measure_name(f"{prefix}{name}")
        if isinstance(value, Mapping):
            yield from _flat(value, prefix=f"{path}.")
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield path, ", ".join(map(str, value))[:VALUE_LONGEST]
        elif value is not None:
            yield path, str(value)[:VALUE_LONGEST]
