"""A model: how far its making is, its versions and which of them serves, how it stands on the marketplace, and what may be done when."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from libs.contracts.gateway import Stage
from libs.contracts.model_specs import AnySpec
from libs.contracts.tables import Table
from libs.contracts.training import JobState, TrainingResult, TrainingSpec
from services.gateway.domain.models.errors import (
    LastVersionError,
    ModelArchivedError,
    ModelBusyError,
    ModelNotFoundError,
    ModelNotTrainedError,
    ModelOfferedError,
    NotADraftError,
    PlotMissingError,
    PrivateTrainingError,
    TableMissingError,
    VersionNotFoundError,
)
from services.gateway.domain.models.schedule import UNSCHEDULED, Schedule, with_retrain
from services.gateway.domain.models.version import NOT_KEPT, ModelVersion, foremost, number_of, private_symbols


class Build(StrEnum):
    """How far the making of a model is."""

    DRAFT = "draft"
    TRAINING = "training"
    READY = "ready"
    FAILED = "failed"


class Listing(StrEnum):
    """How a model stands on the marketplace."""

    NONE = "none"
    IN_REVIEW = "in_review"
    LISTED = "listed"
    DELISTED = "delisted"


OFFERED: Final = frozenset({Listing.IN_REVIEW, Listing.LISTED})
# The state of a model that is put away, which has nothing to do with the stages of its versions.
ARCHIVED: Final = "archived"


@dataclass(frozen=True, slots=True)
class Model:
    """A model and its owner. `version` guards against lost updates; `sequence` numbers its events.

    `active_job` shows the job that works on its next version: the truth of a job is its own document. `trainings` counts all that it has
    heard of, `ended_to` is the number of the newest one that has ended, and `trimmed_to` that of the newest version that was removed to
    make room; -1 while there is none. `result` is that of the version that serves; those of the others lie beside it (ports.py: Results).
    `earnings` and `downloads` are what it has brought on the marketplace. `schedule` is that of its retraining, `slug` a readable name,
    `owner` whom its account has named as responsible for it.
    """

    id: str
    account_id: str
    name: str
    description: str
    spec: AnySpec
    created_at: datetime
    updated_at: datetime
    build: Build = Build.DRAFT
    is_archived: bool = False
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
    schedule: Schedule = UNSCHEDULED
    version: int = 0
    slug: str | None = None
    owner: str = ""

    @property
    def market(self) -> TrainingSpec:
        """What is learned from candles, and how. Raise ModelNotFoundError for a model of another kind, which the caller cannot express."""
        if not isinstance(self.spec, TrainingSpec):
            raise ModelNotFoundError(self.id)
        return self.spec

    @property
    def in_service(self) -> ModelVersion | None:
        """The version that serves: the one in production, else the newest that is not archived; None before there is any."""
        return foremost(self.versions)

    @property
    def serving(self) -> ModelVersion:
        """The version that answers predictions. Raise ModelNotTrainedError when there is none yet."""
        if (version := self.in_service) is None:
            raise ModelNotTrainedError(self.state)
        return version

    @property
    def serving_subscribers(self) -> ModelVersion:
        """The version that answers subscribers who stay on none. Raise ModelNotTrainedError when none may serve them."""
        if (version := foremost(self.public)) is None:
            raise ModelNotTrainedError(self.state)
        return version

    @property
    def public(self) -> tuple[ModelVersion, ...]:
        """The versions that may serve others than their owner."""
        return tuple(version for version in self.versions if not version.private_symbols)

    @property
    def offered(self) -> tuple[ModelVersion, ...]:
        """The versions that a subscriber may choose to stay on: who is on an archived one already goes on with it."""
        return tuple(version for version in self.public if version.stage is not Stage.ARCHIVED)

    def version_named(self, name: str) -> ModelVersion:
        """Return a version by its name or an alias. Raise ModelNotTrainedError when there are none, VersionNotFoundError."""
        if not self.versions:
            raise ModelNotTrainedError(self.state)
        for version in self.versions:
            if name in {version.name, *version.aliases}:
                return version
        raise VersionNotFoundError(name, known=[each for version in self.versions for each in (version.name, *version.aliases)])

    def why_not_drawn(self, name: str) -> str | None:
        """Say why the version that serves has no such plot, or no report; None when it has."""
        return "The model has not been trained yet." if (version := self.in_service) is None else version.why_not_drawn(name)

    def drawn(self, name: str) -> str:
        """Return the sha256 of a plot, or of the report, of the version that serves. Raise PlotMissingError."""
        if why := self.why_not_drawn(name):
            raise PlotMissingError(why)
        return self.serving.plots[name]

    def table(self, table: Table) -> str:
        """Return the sha256 of a table of the version that serves. Raise TableMissingError."""
        if (version := self.in_service) is None:
            msg = "The model has not been trained yet."
            raise TableMissingError(msg)
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

    def edited(self, *, name: str, description: str, spec: TrainingSpec, at: datetime) -> "Model":
        """Return the model with other texts or retraining or, while it is a draft, another configuration; the same twice changes nothing.

        Raise ModelArchivedError or NotADraftError.
        """
        self.check_in_use()
        if with_retrain(spec, None) != with_retrain(self.market, None):
            self.check_draft()
        if (name, description, spec) == (self.name, self.description, self.spec):
            return self
        return replace(self, name=name, description=description, spec=spec, updated_at=at, sequence=self.sequence + 1)

    def check_trainable(self, spec: TrainingSpec) -> None:
        """Raise ModelBusyError while a job runs, ModelArchivedError for an archived model.

        One that is on sale may be trained anew, but not on its owner's own candles (PrivateTrainingError): what serves goes on until then.
        """
        if self.active_job is not None:
            raise ModelBusyError(self.active_job)
        self.check_in_use()
        if self.listing in OFFERED and (private := private_symbols(spec)):
            raise PrivateTrainingError(self.listing.value, private)

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

    def training_succeeded(self, made: ModelVersion) -> "Model":
        """Return the model with a new version, which serves unless another is in production; the same version twice changes nothing."""
        if self.has_version_of(made.job_id) or made.number <= self.trimmed_to:  # The event of one that was removed comes again.
            return self
        ended = self._without(made.job_id, number=made.number, build=Build.READY)
        return replace(ended, versions=(*self.versions, made), updated_at=made.made_at)

    def staged(self, version: str, stage: Stage, *, at: datetime, displaced: Stage = Stage.ARCHIVED) -> "Model":
        """Return the model with a version in this stage, given at this moment; the same twice changes nothing.

        One version is in production at most: what was there before is archived, or `displaced` to another stage.
        Raise ModelArchivedError, ModelNotTrainedError, VersionNotFoundError, or LastVersionError when none would be left to serve.
        """
        self.check_in_use()
        named = self.version_named(version)

        def moved(each: ModelVersion) -> ModelVersion:
            if each is named:
                return each.staged(stage, at=at)
            return each.staged(displaced, at=at) if stage is each.stage is Stage.PRODUCTION else each

        versions = tuple(map(moved, self.versions))
        if all(each.stage is Stage.ARCHIVED for each in versions):
            raise LastVersionError(named.name)
        return self._with(versions, at=max(self.updated_at, at))

    def aliased(self, version: str, aliases: Collection[str], *, at: datetime) -> "Model":
        """Return the model with a version that has these aliases and no others; whichever had one of them before has it no more.

        Raise ModelArchivedError, ModelNotTrainedError or VersionNotFoundError.
        """
        self.check_in_use()
        named, given = self.version_named(version), tuple(sorted(set(aliases)))

        def pointed_to(each: ModelVersion) -> ModelVersion:
            return replace(each, aliases=given if each is named else tuple(alias for alias in each.aliases if alias not in given))

        return self._with(tuple(map(pointed_to, self.versions)), at=at)

    def _with(self, versions: tuple[ModelVersion, ...], *, at: datetime) -> "Model":
        return self if versions == self.versions else replace(self, versions=versions, updated_at=at, sequence=self.sequence + 1)

    def trimmed(self, most: int, *, kept: Collection[str]) -> "Model":
        """Return the model with its newest versions, so many.

        Those that serve, those that its owner relies on and those named in `kept` stay beside them.
        """
        serving, older = (self.serving, foremost(self.public)), self.versions[:-most]
        gone = [each for each in older if each not in serving and not each.is_relied_on and each.name not in kept]
        left = tuple(version for version in self.versions if version not in gone)
        return replace(self, versions=left, trimmed_to=max([self.trimmed_to, *(version.number for version in gone)]))

    def training_ended(self, job_id: str, state: JobState, *, version: str, at: datetime) -> "Model":
        """Return the model after a job that made nothing: what served before goes on serving; the same end twice changes nothing."""
        number = number_of(version)
        if number <= self.ended_to:
            return self
        without = Build.FAILED if state is JobState.FAILED else Build.DRAFT
        return replace(self._without(job_id, number=number, build=Build.READY if self.versions else without), updated_at=at)

    @property
    def state(self) -> str:
        """How far its making is, or that it is archived: what refusals name."""
        return ARCHIVED if self.is_archived else self.build.value

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
        return replace(self, is_archived=True, updated_at=at, sequence=self.sequence + 1)

    def restored(self, *, at: datetime) -> "Model":
        """Return the model in use again, as it was; one that is in use stays as it is."""
        if not self.is_archived:
            return self
        return replace(self, is_archived=False, updated_at=at, sequence=self.sequence + 1)

    def sold(self, listing: Listing, *, earnings: Decimal) -> "Model":
        """Return the model as it stands on the marketplace, and what it has brought there; the same twice changes nothing."""
        if (self.listing, self.earnings) == (listing, earnings):
            return self
        return replace(self, listing=listing, earnings=earnings)

    def _without(self, job_id: str, *, number: int, build: Build) -> "Model":
        """Return the model after a job's end, also where that is heard of before its beginning."""
        heard = replace(self, trainings=max(self.trainings, number + 1), ended_to=max(self.ended_to, number))
        return replace(heard, build=build, active_job=None) if self.active_job in {None, job_id} else heard
