"""Tasks: the jobs of an account by which something is learned or tested, whatever their kind; their lists and their statistics."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job

TaskOrder = Literal["created_at", "started_at", "ended_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which jobs; what is empty takes all of it. `again` takes those that were tried before (True), or were not (False)."""

    kinds: Collection[JobKind]
    states: Collection[JobState] = ()
    again: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFilter:
    """Which trainings: with one of these algorithms; what else is None or empty takes all. `among` and `but` are ids of jobs."""

    algorithms: Collection[str]
    states: Collection[JobState] = ()
    symbol: str | None = None
    among: Collection[str] | None = None
    but: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many jobs there are, and how many of them in each state."""

    states: Mapping[JobState, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.states.values())

    def of(self, state: JobState) -> int:
        """Return how many are in a state."""
        return self.states.get(state, 0)

    def rate(self, state: JobState) -> float | None:
        """Return the share of a state among those that have succeeded or failed; None while there are none."""
        done = self.of(JobState.SUCCEEDED) + self.of(JobState.FAILED)
        return self.of(state) / done if done else None


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds from begin to end of those jobs that have succeeded or failed; None without any."""

    mean: float | None = None
    median: float | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class TaskStatistics:
    """What an account's tasks come to: all of them, those that were asked for within a day and within a week, and those of each kind."""

    all: Tally
    day: Tally
    week: Tally
    kinds: Mapping[JobKind, Tally]
    durations: Durations


@dataclass(frozen=True, slots=True)
class QueueState:
    """The platform's queue: how many jobs wait, and how long those waited that began last (seconds); None where none has begun."""

    waiting: int
    mean_wait_s: float | None


class Tasks(Protocol):
    """The tasks of all accounts."""

    async def find(self, account_id: str, part: Part, wanted: TaskFilter, *, by: TaskOrder, descending: bool) -> Page[Job]:
        """Return a part of an account's tasks, without logs and results; one without the value that they are ordered by is the lowest."""

    async def trainings(self, account_id: str, part: Part, wanted: TrainingFilter) -> Page[Job]:
        """Return a part of an account's trainings, the newest first, without logs and results."""

    async def ahead(self, job: Job) -> int:
        """Return how many jobs of all accounts wait that are more urgent than a job, or as urgent and older."""

    async def statistics(self, account_id: str, kinds: Collection[JobKind], *, at: datetime) -> TaskStatistics:
        """Return what an account's tasks of these kinds come to."""

    async def queue(self) -> QueueState:
        """Return how the platform's queue stands."""
