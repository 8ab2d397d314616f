"""What models need from outside."""

from collections.abc import AsyncIterator, Callable, Sequence
from collections.abc import Collection as Ids
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.chassis.stores.parts import Page, Part
from libs.contracts.envelope import Event
from libs.contracts.tables import TableFile
from libs.contracts.training import MARKET, ModelType, TrainingResult
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.version import ModelVersion

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class ModelFilter:
    """Which of an account's market models; `builds` are alternatives.

    `algorithm` goes with `builds` and `archived` alone.
    """

    account_id: str
    builds: tuple[Build, ...] | None = None
    listed: bool | None = None
    archived: bool | None = None
    model_type: ModelType | None = None
    algorithm: str | None = None
    oldest_first: bool = False


class Models(Protocol):
    """The models of all accounts."""

    async def get(self, model_id: str, *, account_id: str | None, kind: str | None = MARKET) -> Model:
        """Return a model of this account (of anybody, for None) and kind (of any, for None). Raise ModelNotFoundError."""

    async def named(self, slug: str, *, account_id: str, kind: str | None = MARKET) -> Model:
        """Return the account's model of this readable name and kind (of any, for None). Raise ModelNotFoundError."""

    async def free_slug(self, slug: str, *, account_id: str) -> str:
        """Return the name, or the first of `…-2`, `…-3` that no model of the account has."""

    async def find(self, wanted: ModelFilter, part: Part) -> Page[Model]:
        """Return a part of models, the newest first or, where that is wanted, the oldest."""

    async def all_of(self, account_id: str, part: Part) -> Page[Model]:
        """Return a part of an account's models of every kind, the newest first."""

    async def add(self, model: Model, *events: Event, most: int) -> None:
        """Keep a new model and the events that tell of it, in one write.

        Raise ModelChangedError when it is known, TooManyModelsError when its account has `most` that are in use, SlugTakenError.
        """

    async def move(self, model: Model, *events: Event, most: int) -> None:
        """Write a model that was archived or restored, and tell it, in one write: it leaves its place among those in use or archived.

        Raise ModelChangedError for a lost race, TooManyModelsError when its account has `most` where it goes.
        """

    async def save(self, model: Model, *events: Event) -> None:
        """Write a model and the events that tell of it, in one write.

        Raise ModelChangedError for a lost race, or OutboxFullError while too many of its events wait.
        """

    async def show(self, model: Model) -> None:
        """Write what a model shows of a job. Raise ModelChangedError for a lost race.

        A crash of the store at this moment may lose it: the job's event, which tells it again, sees to it by `keep`.
        """

    async def keep(self, model_id: str) -> None:
        """Return when what a model shows cannot be lost any more."""

    async def delete(self, model: Model, *events: Event) -> None:
        """Take a model away, and tell it by these events. Raise ModelChangedError for a lost race."""


class RetrainTurns(Protocol):
    """Whose turn it is to retrain a model. A lease is taken by one alone, and is free again when its time is over."""

    async def take(self, *, holder: str, at: datetime, until: datetime) -> Model | None:
        """Take the model that has been due longest, until then; None when none is. Raise UnavailableError."""

    async def end(self, model_id: str, *, holder: str) -> None:
        """Give a turn back. Raise UnavailableError."""


class Results(Protocol):
    """What versions have measured, one by one: a model has only that of the version that serves."""

    async def keep(self, model_id: str, version: ModelVersion, result: TrainingResult) -> None:
        """Keep a version's result, which never changes; the second time does nothing."""

    async def get(self, model_id: str, version: ModelVersion) -> TrainingResult:
        """Return a version's result. Raise ResultNotKeptError."""

    async def trim(self, model: Model) -> None:
        """Remove the results of versions that the model has no more."""


class NamedArtifacts(Protocol):
    """What versions, of models and of datasets, name in the artifact store."""

    def all(self) -> AsyncIterator[tuple[str | None, Sequence[str]]]:
        """Yield the sha256 of each version's manifest, None where there is none, and of its other files."""


class ArtifactFiles(Protocol):
    """The files of the artifact store, by the hash of their bytes."""

    async def drawn(self, sha256: str) -> bytes:
        """Return the bytes of a picture or a report. Raise PlotMissingError, UnavailableError or ArtifactDamagedError."""

    async def table(self, sha256: str) -> TableFile:
        """Return a table that a training kept. Raise TableMissingError, UnavailableError or ArtifactDamagedError."""

    async def named_in(self, manifest: str) -> Sequence[str]:
        """Return the sha256 of each file that a manifest names; none when it is lost. Raise UnavailableError or ArtifactDamagedError."""

    async def remove(self, *, but: Ids[bytes], before: datetime) -> int:
        """Remove what was written before this moment and whose sha256 is not among these; return how many files."""
