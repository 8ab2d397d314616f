"""What jobs need from outside."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event, JsonObject
from libs.contracts.job_kinds import JobKind
from libs.contracts.training import JobState
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import NEWEST, JobFilter, JobOrder
from services.gateway.domain.jobs.run_report import RunReport


class Jobs(Protocol):
    """The jobs of all accounts, each one document, whatever its kind."""

    async def get(self, job_id: str, *, account_id: str | None, kind: JobKind | None = JobKind.TRAIN) -> Job:
        """Return a job of this account (of anybody, for None) and kind (of any, for None). Raise JobNotFoundError."""

    async def named(self, slug: str, *, account_id: str, kind: JobKind) -> Job:
        """Return the account's job of this kind and readable name. Raise JobNotFoundError."""

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no job of the account has."""

    async def find(self, account_id: str, part: Part, wanted: JobFilter, order: JobOrder = NEWEST) -> Page[Job]:
        """Return a part of an account's jobs, without logs and of results without what is long."""

    async def add(self, job: Job, event: Event) -> Job:
        """Keep a new job and tell it, in one insert, and return it; one that is known already stays, and is returned, as it is.

        Raise SlotTakenError, ModelBusyError, DatasetBusyError or OutputTakenError (its subject, or its folder, has a job that has not
        ended) or VersionTakenError.
        """

    async def slots(self, account_id: str) -> set[int]:
        """Return the slots that the account's jobs have taken."""

    async def leave_slot(self, job_id: str) -> str | None:
        """Free the slot of a job that has ended, ahead of all else that its end changes; return the version that it makes.

        Raise JobNotSeenYetError.
        """

    async def restore(self, job: Job, *, continued_hours: Decimal) -> None:
        """Keep a job as its owner has it, with all its lines; one that was told of since stays as it is, and so does what only we know.

        `continued_hours` is what earlier jobs had used on the work that it went on with. One that has not ended takes a slot, whatever its
        tier has.
        """

    async def apply(self, job_id: str, event: Event) -> bool:
        """Bring a job up to an event; one that ends leaves its slot. False when it has seen this or newer. Raise JobNotSeenYetError."""

    async def request_cancel(self, job_id: str, event: Event, *, at: datetime, reason: str | None = None) -> None:
        """Write down that the job is to be ended, and tell it, in one write; the second time changes nothing.

        `reason` is an operator's, for its owner to read; None where its owner wants it.
        """

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int, partial: JsonObject | None) -> None:
        """Write down that training has ended the job, ahead of the event that tells it; an ended job stays as it is.

        `partial` is what it knew in the end; None where nobody said.
        """

    async def note_report(self, job: Job, report: RunReport) -> bool:
        """Write down what an outside worker says of a run; False where the job has ended, or was reported on, since it was read."""

    async def note_refund(self, job_id: str, *, refund: Decimal) -> None:
        """Write down what its owner was told to get back, who had cancelled it."""

    async def note_charged(self, job_id: str, *, hours: Decimal) -> None:
        """Write down what was charged. Raise JobNotSeenYetError."""


@dataclass(frozen=True, slots=True)
class EveryJobFilter:
    """Jobs of all accounts; what is None or empty takes all. `model_id` chooses among an account's jobs alone."""

    account_id: str | None = None
    kinds: Collection[JobKind] = ()
    states: Collection[JobState] = ()
    model_id: str | None = None


class EveryJob(Protocol):
    """The jobs of all kinds: of all accounts, for operators, or of one."""

    async def find(self, part: Part, wanted: EveryJobFilter) -> Page[Job]:
        """Return a part of the jobs, the newest first, without logs, results and rows that were sent."""

    async def known(self, job_ids: Collection[str]) -> Sequence[Job]:
        """Return those of these jobs that there are, without logs and results."""

    async def waiting(self, *, after: str, through: str | None) -> Sequence[Job]:
        """Return the jobs that have not ended of the accounts behind an id and up to another (of all behind it, for None)."""


class OldJobs(Protocol):
    """Jobs that ended long ago."""

    async def forget(self, *, before: datetime) -> int:
        """Remove what ended before this moment, but for jobs that made a version of a model that is there; return how many."""
