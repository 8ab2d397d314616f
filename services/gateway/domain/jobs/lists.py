"""Which of an account's jobs a list shows, and in which order."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.run_report import RunStatus


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Jobs of a kind; what is None or empty takes all. `spec` has values of the spec by their path (`Terms.filtered`).

    `reported` are the statuses that an outside worker has told: a run that is the worker's stands so, whatever its job has come to.
    """

    kind: JobKind
    states: Collection[JobState] = ()
    model_id: str | None = None
    spec: Mapping[str, str] = field(default_factory=dict)
    reported: Collection[RunStatus] = ()


@dataclass(frozen=True, slots=True)
class JobOrder:
    """How a list is ordered: by when jobs were made, or by what they answered (`Terms.ranked`); one without that value is the lowest."""

    by: str | None = None
    descending: bool = True


NEWEST: Final = JobOrder()
