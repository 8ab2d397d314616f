"""A run: one stay of a job on a runner, what the runner is told and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import Artifact, JobError, LogLine, TrainingResult

NEARLY_DONE = 99
WAITING = "waiting for a runner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Which runner has the job, and who looks after it. `lines_seen` counts the run's log lines that are written down already."""

    id: str
    runner: str
    owner: str
    lines_seen: int = 0
    checkpoints: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a runner needs to know of a job, and nothing else. `continues` is the job whose checkpoint it begins with.

    `runs` is the `module:function` that is called with the spec; None for what the runner is warm with.
    """

    run_id: str
    job_id: str
    version: str
    model_name: str
    spec: JsonObject
    traceparent: str | None
    continues: str | None = None
    kind: JobKind = JobKind.TRAIN
    runs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """How far a run has come, in the learner's words; `partial` is what its kind knows already."""

    stage: str = WAITING
    step: int = 0
    total_steps: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    partial: JsonObject | None = None

    @property
    def percent(self) -> int:
        """Whole percents; 100 is for jobs that have ended well."""
        return min(NEARLY_DONE, 100 * self.step // self.total_steps) if self.total_steps > 0 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The run ended well. `artifact` is the manifest of what a training has put into the store."""

    result: TrainingResult | JsonObject
    artifact: Artifact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The run ended with an error. A `final` one would come again at every attempt: the input cannot be used."""

    error: JobError
    final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a runner told of its run. `revision` grows with every change.

    `seconds` is the CPU time of the run, its workers' included; `clock_seconds` is how long it has taken by the clock. `has_gpu` says
    whether the cluster has given the runner one.
    """

    revision: int
    seconds: float
    rss_bytes: int
    progress: RunProgress
    lines: tuple[LogLine, ...]
    lines_seen: int
    checkpoints: int
    end: Done | Broken | None
    has_gpu: bool = False
    clock_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyRunner:
    """A runner that has a run."""

    runner: str
    run_id: str


def run_id_of(job_id: str, *, version: int) -> str:
    """Name a job's run after the write that began it: no two runs of a job share a name, however often it is tried."""
    return f"{job_id}/{version}"


def job_id_of(run_id: str) -> str:
    """Return the job of a run."""
    return run_id.rpartition("/")[0]


def number_of(run_id: str) -> int:
    """Return the number of a run: a job's later run has a greater one."""
    return int(run_id.rpartition("/")[2])
