"""A model on its three axes (build, stage, listing), its versions, and what may be done to it when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from libs.contracts.tables import Table
from libs.contracts.training import JobState, Plot, TrainingResult, TrainingSpec
from services.gateway.domain.models.errors import (
    ModelArchivedError,
    ModelBusyError,
    ModelNotTrainedError,
    ModelOfferedError,
    NotADraftError,
    PlotMissingError,
    TableMissingError,
)


class Build(StrEnum):
    """How far the making of a model is."""

    DRAFT = "draft"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"


class Stage(StrEnum):
    """Where a model is used; nowhere while it is archived."""

    NONE = "none"
    STAGING = "staging"
    PRODUCTION = "production"
    ARCHIVED = "archived"


class Listing(StrEnum):
    """How a model stands on the marketplace."""

    NONE = "none"
    IN_REVIEW = "in_review"
    LISTED = "listed"
    DELISTED = "delisted"


NOT_KEPT: Final = {
    Table.TRADES: "Version {version} was trained before trades were kept: train the model again to have them.",
    Table.EQUITY_CURVE: "Version {version} was trained before the whole curve was kept: train the model again to have it.",
}
OFFERED: Final = frozenset({Listing.IN_REVIEW, Listing.LISTED})


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """What one training made. `artifact` is the sha256 of its manifest; `spec` is what it was trained with.

    `plots` are the sha256 of its pictures and `tables` of its tables, by name; none of a version from before they were made.
    """

    name: str
    job_id: str
    artifact: str
    made_at: datetime
    spec: TrainingSpec
    metrics: dict[str, float | None]
    plots: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Which training of its model made it, counted from 0."""
        return number_of(self.name)


def number_of(version: str) -> int:
    """Return which training of its model makes a version of this name, counted from 0."""
    return int(version.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class Model:
    """A model and its owner. `version` guards against lost updates; `sequence` numbers its events.

    `active_job` shows the job that works on its next version: the truth of a job is its own document. `trainings` counts all that it has
    heard of, `ended_to` is the number of the newest one that has ended, and `trimmed_to` that of the newest version that was removed to
    make room; -1 while there is none.

    `result` is that of the version that serves, the last in `versions`. `earnings` and `downloads` are what it has brought on the
    marketplace.
    """

    id: str
    account_id: str
    name: str
    description: str
    spec: TrainingSpec
    created_at: datetime
    updated_at: datetime
    build: Build = Build.DRAFT
    stage: Stage = Stage.NONE
    listing: Listing = Listing.NONE
    active_job: str | None = None
    trainings: int = 0
    ended_to: int = -1
    versions: tuple[ModelVersion, ...] = ()
    result: TrainingResult | None = None
    earnings: Decimal = Decimal("0.00")
    downloads: int = 0
    sequence: int = 1
    trimmed_to: int = -1
    version: int = 0

    @property
    def serving(self) -> ModelVersion:
        """The version that answers predictions. Raise ModelNotTrainedError when there is none yet."""
        if not self.versions:
            raise ModelNotTrainedError(self.state)
        return self.versions[-1]

    def version_named(self, name: str) -> ModelVersion:
        """Return a version. Raise ModelNotTrainedError when there is none of this name."""
        for version in self.versions:
            if version.name == name:
                return version
        raise ModelNotTrainedError(self.state)

    def why_no_plot(self, plot: Plot) -> str | None:
        """Say why the version that serves has no such plot; None when it has."""
        if not self.versions:
            return "The model has not been trained yet."
        version = self.versions[-1]
        if not version.plots:
            return f"Version {version.name} was trained before plots were drawn: train the model again to have them."
        if plot.value not in version.plots:
            return f"Version {version.name} was trained before this plot was drawn: train the model again to have it."
        return None

    def plot(self, plot: Plot) -> str:
        """Return the sha256 of a plot of the version that serves. Raise PlotMissingError."""
        if why := self.why_no_plot(plot):
            raise PlotMissingError(why)
        return self.versions[-1].plots[plot.value]

    def table(self, table: Table) -> str:
        """Return the sha256 of a table of the version that serves. Raise TableMissingError."""
        if not self.versions:
            msg = "The model has not been trained yet."
            raise TableMissingError(msg)
        version = self.versions[-1]
        if table.value not in version.tables:
            raise TableMissingError(NOT_KEPT[table].format(version=version.name))
        return version.tables[table.value]

    @property
    def next_version(self) -> str:
        """The name of the version that the next training makes: `1.0`, then `1.1` and so on."""
        return f"1.{self.trainings}"

    def has_version_of(self, job_id: str) -> bool:
        """Tell whether this job has made one of the versions."""
        return any(version.job_id == job_id for version in self.versions)

    def check_draft(self) -> None:
        """Raise NotADraftError for anything but a draft, which may be deleted, also while it is archived."""
        if self.build is not Build.DRAFT:
            raise NotADraftError(self.state)

    def check_changeable(self) -> None:
        """Raise ModelArchivedError for an archived model, NotADraftError for anything but a draft."""
        self.check_in_use()
        self.check_draft()

    def edited(self, *, name: str, description: str, spec: TrainingSpec, at: datetime) -> "Model":
        """Return the draft with another configuration. Raise ModelArchivedError or NotADraftError."""
        self.check_changeable()
        return replace(self, name=name, description=description, spec=spec, updated_at=at, sequence=self.sequence + 1)

    def check_trainable(self) -> None:
        """Raise ModelBusyError while a job runs, ModelArchivedError for an archived model.

        One that is on sale may be trained anew: what serves goes on serving until the new version is ready.
        """
        if self.active_job is not None:
            raise ModelBusyError(self.active_job)
        self.check_in_use()

    def training_begun(self, job_id: str, *, version: str, at: datetime) -> "Model":
        """Return the model with a job at work on a version; one that it knows, or whose end it has heard of, changes nothing.

        Raise ModelArchivedError.
        """
        number = number_of(version)
        if self.active_job == job_id or number <= self.ended_to:
            return self
        self.check_in_use()
        begun = max(self.trainings, number + 1)
        return replace(self, build=Build.TRAINING, active_job=job_id, trainings=begun, updated_at=max(self.updated_at, at))

    def training_succeeded(self, made: ModelVersion, *, result: TrainingResult) -> "Model":
        """Return the model with a new version that serves from now on; the same version twice changes nothing."""
        if self.has_version_of(made.job_id) or self._was_trimmed(made):
            return self
        ended = self._without(made.job_id, number=made.number, build=Build.READY)
        return replace(ended, versions=(*self.versions, made), result=result, updated_at=made.made_at)

    def trimmed(self, most: int, *, kept: Collection[str]) -> "Model":
        """Return the model without its oldest versions beyond so many, but for those named in `kept` and the one that serves."""
        free = [version for version in self.versions[:-1] if version.name not in kept]
        gone = free[: max(len(self.versions) - most, 0)]
        left = tuple(version for version in self.versions if version not in gone)
        return replace(self, versions=left, trimmed_to=max([self.trimmed_to, *(version.number for version in gone)]))

    def _was_trimmed(self, made: ModelVersion) -> bool:
        """Tell whether a version was removed, and its event comes again."""
        return made.number <= self.trimmed_to

    def training_ended(self, job_id: str, state: JobState, *, version: str, at: datetime) -> "Model":
        """Return the model after a job that made nothing: what served before goes on serving; the same end twice changes nothing."""
        number = number_of(version)
        if number <= self.ended_to:
            return self
        without = Build.FAILED if state is JobState.FAILED else Build.DRAFT
        return replace(self._without(job_id, number=number, build=Build.READY if self.versions else without), updated_at=at)

    @property
    def is_archived(self) -> bool:
        """Whether its owner has put it away."""
        return self.stage is Stage.ARCHIVED

    @property
    def state(self) -> str:
        """How far its making is, or that it is archived: what refusals name."""
        return self.stage.value if self.is_archived else self.build.value

    def check_in_use(self) -> None:
        """Raise ModelArchivedError for an archived model."""
        if self.is_archived:
            raise ModelArchivedError

    def archived(self, *, at: datetime) -> "Model":
        """Return the model put away, which keeps all that it has; archived twice is once.

        Raise ModelBusyError while a job runs, ModelOfferedError while it is in review or on sale.
        """
        if self.is_archived:
            return self
        if self.active_job is not None:
            raise ModelBusyError(self.active_job)
        if self.listing in OFFERED:
            raise ModelOfferedError(self.listing.value)
        return replace(self, stage=Stage.ARCHIVED, updated_at=at, sequence=self.sequence + 1)

    def restored(self, *, at: datetime) -> "Model":
        """Return the model in use again, as it was; one that is in use stays as it is."""
        if not self.is_archived:
            return self
        return replace(self, stage=Stage.NONE, updated_at=at, sequence=self.sequence + 1)

    def sold(self, listing: Listing, *, earnings: Decimal) -> "Model":
        """Return the model as it stands on the marketplace, and what it has brought there; the same twice changes nothing."""
        if (self.listing, self.earnings) == (listing, earnings):
            return self
        return replace(self, listing=listing, earnings=earnings)

    def _without(self, job_id: str, *, number: int, build: Build) -> "Model":
        """Return the model after a job's end, also where that is heard of before its beginning."""
        heard = replace(self, trainings=max(self.trainings, number + 1), ended_to=max(self.ended_to, number))
        return replace(heard, build=build, active_job=None) if self.active_job in {None, job_id} else heard
