"""What the use cases need of the world, in the domain's words."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from libs.chassis.stores.snapshots import Snapshots
from libs.contracts.envelope import Event
from libs.contracts.exports import ExportPart
from libs.contracts.registry import RegistryChanged
from libs.contracts.snapshots import JobSnapshot, OtherJobSnapshot
from libs.contracts.training import LogLine
from services.training.domain.job import Job
from services.training.domain.mirrored import Measure, MirroredName, MirroredRun
from services.training.domain.queue import Waiting
from services.training.domain.runs import Assignment, BusyRunner, Sighting


class Jobs(Protocol):
    """The ledger of jobs. Every method raises `UnavailableError` while the store is away."""

    async def add(self, job: Job, *events: Event) -> bool:
        """Insert a job with what is to be told; False (and nothing changed) when its id is there already."""
        ...

    async def get(self, job_id: str) -> Job:
        """Return a job; raises `JobNotFoundError`."""
        ...

    async def save(self, job: Job, *events: Event, lines: Sequence[LogLine] = ()) -> Job:
        """Write a job, its events and its new log lines at once; returns it as stored. A running job's lease is renewed.

        Raises `JobChangedError` when it was written by someone else since it was read.
        """
        ...

    async def waiting(self, at: datetime, *, running: Collection[str]) -> list[Waiting]:
        """Return the queued jobs that may start at this time and of which one is next.

        Of the accounts in `running`, which have running jobs, these are the oldest of each account and priority; of the others the
        oldest few of each priority.
        """
        ...

    async def running_by_account(self) -> Mapping[str, int]:
        """Count the running jobs of each account that has any."""
        ...

    async def renew(self, job_ids: Sequence[str], *, owner: str) -> None:
        """Keep the leases of these jobs, as far as they are still this owner's."""
        ...

    async def hand_over(self, *, owner: str) -> None:
        """Let the leases of all this owner's jobs run out now, so that others take them over at once."""
        ...

    async def adopt(self, *, owner: str, following: Sequence[str]) -> Job | None:
        """Make one running job this owner's whose lease has run out, or that bears this owner's name and is not followed."""
        ...

    async def page(self, *, after: str, most: int) -> Snapshots[JobSnapshot | OtherJobSnapshot]:
        """Return a page of all trainings in the order of their ids."""
        ...

    async def set_aside(self, job_id: str, error: Exception) -> None:
        """Leave a job alone that cannot be worked on, until people have looked at it."""
        ...

    async def marked(self, job_ids: Sequence[str]) -> list[str]:
        """Return which of these jobs are running and to be cancelled."""
        ...

    async def resumable(self, job: Job) -> Job | None:
        """Return the newest ended job of the same model with the same spec whose checkpoint is still kept; None when there is none."""
        ...

    async def outlived(self, at: datetime) -> list[str]:
        """Return some ended jobs whose checkpoints need not be kept any longer at this time."""
        ...

    async def checkpoint_forgotten(self, job_id: str) -> None:
        """Note that an ended job's checkpoint is there no more."""
        ...

    async def forget_account(self, account_id: str) -> None:
        """Take a person's words out of an account's jobs: names, logs and errors; the second time there are none."""
        ...

    async def keep_cancellation(self, job_id: str, *, account_id: str) -> None:
        """Remember that this account wants the job cancelled, whether the job is known or not."""
        ...

    async def has_cancellation(self, job_id: str, *, account_id: str) -> bool:
        """Tell whether this account has cancelled the job before it came."""
        ...


class Cluster(Protocol):
    """Where jobs run. Every method may raise `ClusterAwayError`."""

    async def reserve(self) -> str | None:
        """Set a warm runner aside for the caller and return its name; None when none is free now."""
        ...

    def release(self, runner: str) -> None:
        """Give a reserved runner back unused."""
        ...

    async def start(self, runner: str, assignment: Assignment) -> None:
        """Start a run on a reserved runner; the same run twice is one.

        Raises `RunnerTakenError` or `RunnerGoneError`; then the run has not begun.
        """
        ...

    async def watch(self, runner: str, *, run_id: str, revision: int, lines_seen: int, settle_s: float, hold_s: float) -> Sighting:
        """Return what the run does as soon as it has ended, or has changed since `revision` (not before `settle_s`), or after `hold_s`.

        `lines_seen` is how many of the run's log lines the caller has. Raises `RunnerGoneError`, `RunnerSilentError`.
        """
        ...

    async def stop(self, runner: str, *, run_id: str) -> float | None:
        """End a run; returns when its resources are free, with the seconds that it used where they are known.

        A runner whose run has ended well may be free for another one then; any other is ended too.
        One that is gone or has another run is left alone.
        """
        ...

    async def busy(self) -> list[BusyRunner]:
        """Return the runners that have a run, but for those that are slow to answer."""
        ...


class Following(Protocol):
    """Who looks after running jobs in this process."""

    def starting(self, job: Job) -> AbstractContextManager[None]:
        """Keep a job's lease while its runner is being asked to begin, however long that takes."""
        ...

    def begin(self, job: Job) -> None:
        """Look after this job's run, in the background, until it is over."""
        ...

    @property
    def job_ids(self) -> list[str]:
        """The jobs that are looked after now."""
        ...


class Checkpoints(Protocol):
    """What runners keep of unfinished jobs."""

    async def forget(self, job_id: str) -> None:
        """Remove an ended job's checkpoint; one that is not there is fine."""
        ...


class Exports(Protocol):
    """What is kept of accounts, for whoever it is kept of."""

    async def part(self, account_id: str, *, after: str, most: int) -> ExportPart:
        """Return up to `most` documents behind a place, without secrets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A job that has ended, and what its progress told step by step."""

    job: Job
    curve: Sequence[Measure]


class MirroredJobs(Protocol):
    """Which jobs an experiment tracker is still to be told of. Every method raises `UnavailableError` while the store is away."""

    async def claim(self, *, owner: str) -> Claimed | None:
        """Take the job that ended first of those that are due, for a while; None when none is."""
        ...

    async def mirrored(self, claimed: Claimed, *, refused: str = "") -> None:
        """Note that the tracker was told, or why it refuses; a job that was changed meanwhile stays due."""
        ...


class Mirror(Protocol):
    """An experiment tracker. What is written twice is there once."""

    async def write(self, run: MirroredRun, *, files: Path) -> None:
        """Write a run with the files of a folder.

        Raise UnavailableError when the tracker is away, RunRefusedError for a run that it will not have.
        """
        ...

    async def write_name(self, name: MirroredName) -> None:
        """Make a name of the registry there what it is here; one that is gone goes there, too. Raise as `write` does."""
        ...


class MirroredNames(Protocol):
    """Names of the registry as they were told last. Every method raises `UnavailableError` while the store is away."""

    async def note(self, event: RegistryChanged) -> None:
        """Keep what an event tells; one that came before changes nothing."""
        ...

    async def forget_account(self, account_id: str) -> None:
        """Take the words out of an account's names, which are gone."""
        ...

    async def claim(self, *, owner: str) -> MirroredName | None:
        """Take a name that the tracker is still to be told of, for a while; None when there is none."""
        ...

    async def mirrored(self, name: MirroredName, *, owner: str) -> None:
        """Note that the tracker has it as it was then, where its claim is still the owner's; what was told of it meanwhile stays due."""
        ...
