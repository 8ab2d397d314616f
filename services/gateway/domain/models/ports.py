"""What models and jobs need from outside."""

from collections.abc import AsyncIterator, Callable, Sequence
from collections.abc import Collection as Ids
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from libs.contracts.job_kinds import JobKind
from libs.contracts.tables import TableFile
from libs.contracts.training import ModelType, TrainingResult
from services.gateway.domain.jobs.job import Job
from services.gateway.domain.jobs.lists import NEWEST, JobFilter, JobOrder
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.version import ModelVersion

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which of an account's models; `builds` are alternatives. Listed or archived models are in no build's list."""

    account_id: str
    builds: tuple[Build, ...] | None = None
    listed: bool | None = None
    archived: bool | None = None
    model_type: ModelType | None = None


class Models(Protocol):
    """The models of all accounts."""

    async def get(self, model_id: str, *, account_id: str | None) -> Model:
        """Return a model of this account (of anybody, for None). Raise ModelNotFoundError."""

    async def find(self, wanted: ModelFilter, part: Part) -> Page[Model]:
        """Return a part of models, the newest first."""

    async def add(self, model: Model, event: Event, *, most: int) -> None:
        """Keep a new model and tell it, in one write.

        Raise ModelChangedError when it is known, TooManyModelsError when its account has `most` that are in use.
        """

    async def move(self, model: Model, event: Event, *, most: int) -> None:
        """Write a model that was archived or restored, and tell it, in one write: it leaves its place among those in use or archived.

        Raise ModelChangedError for a lost race, TooManyModelsError when its account has `most` where it goes.
        """

    async def save(self, model: Model, *events: Event) -> None:
        """Write a model and the events that tell of it, in one write.

        Raise ModelChangedError for a lost race, or OutboxFullError while too many of its events wait.
        """

    async def delete(self, model: Model, event: Event) -> None:
        """Take a model away and tell it. Raise ModelChangedError for a lost race."""


class Results(Protocol):
    """What versions have measured, one by one: a model has only that of the version that serves."""

    async def keep(self, model_id: str, version: ModelVersion, result: TrainingResult) -> None:
        """Keep a version's result, which never changes; the second time does nothing."""

    async def get(self, model_id: str, version: ModelVersion) -> TrainingResult:
        """Return a version's result. Raise ResultNotKeptError."""

    async def trim(self, model: Model) -> None:
        """Remove the results of versions that the model has no more."""


class NamedArtifacts(Protocol):
    """What versions name in the artifact store."""

    def all(self) -> AsyncIterator[tuple[str, Sequence[str]]]:
        """Yield the sha256 of each version's manifest and of its plots."""


class ArtifactFiles(Protocol):
    """The files of the artifact store, by the hash of their bytes."""

    async def picture(self, sha256: str) -> bytes:
        """Return a PNG file's bytes. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""

    async def table(self, sha256: str) -> TableFile:
        """Return a table that a training kept. Raise TableMissingError, UnavailableError or ArtifactDamagedError."""

    async def named_in(self, manifest: str) -> Sequence[str]:
        """Return the sha256 of each file that a manifest names; none when it is lost. Raise UnavailableError or ArtifactDamagedError."""

    async def remove(self, *, but: Ids[bytes], before: datetime) -> int:
        """Remove what was written before this moment and whose sha256 is not among these; return how many files."""


class OldJobs(Protocol):
    """Jobs that ended long ago."""

    async def forget(self, *, before: datetime) -> int:
        """Remove what ended before this moment, but for jobs that made a version of a model that is there; return how many."""


class Jobs(Protocol):
    """The jobs of all accounts, each one document, whatever its kind."""

    async def get(self, job_id: str, *, account_id: str, kind: JobKind | None = JobKind.TRAIN) -> Job:
        """Return a job of this kind (of any, for None). Raise JobNotFoundError."""

    async def named(self, slug: str, *, account_id: str, kind: JobKind) -> Job:
        """Return the account's job of this kind and readable name. Raise JobNotFoundError."""

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no job of the account has."""

    async def find(self, account_id: str, part: Part, wanted: JobFilter, order: JobOrder = NEWEST) -> Page[Job]:
        """Return a part of an account's jobs, without logs and of results without what is long."""

    async def add(self, job: Job, event: Event) -> Job:
        """Keep a new job and tell it, in one insert, and return it; one that is known already stays, and is returned, as it is.

        Raise SlotTakenError, ModelBusyError (its model has a job that has not ended) or VersionTakenError.
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

    async def request_cancel(self, job_id: str, event: Event, *, at: datetime) -> None:
        """Write down that the owner wants the job ended, and tell it, in one write; the second time changes nothing."""

    async def note_stopped(self, job_id: str, *, at: datetime, hours: Decimal, progress: int) -> None:
        """Write down that training has ended the job, ahead of the event that tells it; an ended job stays as it is."""

    async def note_refund(self, job_id: str, *, refund: Decimal) -> None:
        """Write down what its owner was told to get back, who had cancelled it."""

    async def note_charged(self, job_id: str, *, hours: Decimal) -> None:
        """Write down what was charged. Raise JobNotSeenYetError."""
