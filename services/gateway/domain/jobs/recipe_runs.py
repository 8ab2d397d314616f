"""A run of a recipe as its owner sees it: the platform's job, or what an outside worker has reported in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.job_kinds import shown_spec
from libs.contracts.recipe_runs import RecipeRunResult, RecipeRunSpec
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.run_report import RUN_STATUSES, RunReport, RunStatus

RUN, JOB = "run_", "job_"
ENDED: Final = frozenset({"succeeded", "failed"})
# A run that was cancelled has not succeeded, and there is no fifth word: its error says so.
STATUS_WORDS: Final[Mapping[JobState, RunStatus]] = {
    JobState.QUEUED: "queued",
    JobState.RUNNING: "running",
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "failed",
}


class RunOverError(InvalidError):
    """A run does not go back, and none leaves the status that it has ended in."""

    def __init__(self, now: str, wanted: str) -> None:
        why = "has ended" if now in ENDED else "goes forward alone"
        message = f"Invalid status value: the run is {now}, and {why}: it cannot become {wanted}."
        super().__init__(message, details={"status": [message]})


class RunModelError(PlatformError, kind=ErrorKind.CONFLICT):
    """What a run needs of its model is not there."""


@dataclass(frozen=True, slots=True)
class Said:
    """A part of a report: what is None is left as it was."""

    status: RunStatus | None = None
    metrics: Mapping[str, Any] | None = None
    artifacts: JsonObject | None = None
    logs_text: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return (self.status, self.metrics, self.artifacts, self.logs_text) == (None, None, None, None)

    @property
    def takes_over(self) -> bool:
        """Whether it makes a run that has not ended its worker's: a log or a place of files alone are a note on it."""
        return self.status is not None or self.metrics is not None


def run_id_of(job_id: str) -> str:
    """Return a run's id: that of its job with a prefix of its own."""
    return RUN + job_id.removeprefix(JOB)


def job_id_of(run_id: str) -> str:
    """Return the id of a run's job."""
    return JOB + run_id.removeprefix(RUN)


def spec_of(job: Job) -> RecipeRunSpec:
    """Return what a run was asked."""
    return shown_spec(RecipeRunSpec, job.spec)


def result_of(job: Job) -> RecipeRunResult | None:
    """Return what the platform has measured; None before it has."""
    return RecipeRunResult.model_validate(job.result, extra="ignore") if job.result else None


def is_reported(job: Job) -> bool:
    """Tell whether a run is an outside worker's: what the platform has measured is never taken over."""
    return job.reported is not None and job.reported.takes_over and job.state is not JobState.SUCCEEDED


def status_of(job: Job) -> RunStatus:
    """Return how a run stands: as its worker says, where it has one outside, else as its job does."""
    if job.reported is not None and is_reported(job):
        return job.reported.status
    return STATUS_WORDS[job.state]


def reported_on(job: Job, said: Said, *, at: datetime) -> RunReport:
    """Return what is known of a run by report after one more. Raise RunOverError for a status that it cannot come to."""
    now, before = status_of(job), job.reported
    wanted = said.status or now
    if wanted != now and (now in ENDED or RUN_STATUSES.index(wanted) < RUN_STATUSES.index(now)):
        raise RunOverError(now, wanted)
    report = before or RunReport(status=wanted, at=at, takes_over=False)
    takes_over = report.takes_over or (said.takes_over and not job.state.ended)
    return replace(
        report,
        status=wanted,
        at=at,
        takes_over=takes_over,
        metrics=report.metrics if said.metrics is None else said.metrics,
        artifacts=report.artifacts if said.artifacts is None else said.artifacts,
        logs_text=report.logs_text if said.logs_text is None else said.logs_text,
        started_at=report.started_at or (at if takes_over and wanted != "queued" else None),
        finished_at=report.finished_at or (at if takes_over and wanted in ENDED else None),
    )


def figures(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of reported metrics: what a model's version and the registry show of them."""
    return {name: float(value) for name, value in metrics.items() if isinstance(value, int | float) and not isinstance(value, bool)}
