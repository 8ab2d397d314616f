"""An experiment: what is searched for, the job that searches, and what it has found. A model's tuning is one that has a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from libs.contracts.envelope import JsonObject
from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import Artifact, TrainingSpec
from libs.contracts.tuning import TrialRow, TuneProgress, TuneResult, TuneSpec
from services.gateway.domain.experiments.errors import ExperimentStateError, NothingToMeasureError, TooFewTrialsError
from services.gateway.domain.models.engine_types import type_of


class ExperimentStatus(StrEnum):
    """Where an experiment stands."""

    CREATED = "created"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    COMPLETED = "completed"
    FAILED = "failed"


UNDER_WAY: Final = frozenset({ExperimentStatus.RUNNING, ExperimentStatus.STOPPING})
RESUMABLE: Final = frozenset({ExperimentStatus.STOPPED, ExperimentStatus.COMPLETED, ExperimentStatus.FAILED})
# A search may begin from these, and from no other.
STARTABLE: Final = RESUMABLE | {ExperimentStatus.CREATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an experiment was asked for, in its request's words, to be shown as it was.

    `space` has the ranges by the names that were given, `names` these names by the learner's own.
    """

    dataset_id: str
    space: Mapping[str, JsonObject]
    names: Mapping[str, str]
    metric: str | None
    direction: str | None
    validation: JsonObject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A search as it was last heard of. `job_id` is the job that searches, or searched last; `model_id` that of the model that is tuned.

    `result` and `partial` are what that job has answered, or had told when it ended; while it runs its own document knows more.
    """

    id: str
    account_id: str
    name: str
    description: str
    asked: Asked
    spec: TuneSpec
    created_at: datetime
    updated_at: datetime
    model_id: str | None = None
    status: ExperimentStatus = ExperimentStatus.CREATED
    job_id: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    result: TuneResult | None = None
    partial: TuneProgress | None = None
    error: str | None = None

    @property
    def model_type(self) -> str:
        """What learns, in AI Engine's word."""
        return type_of(self.spec.base.algorithm)

    @property
    def trials(self) -> Artifact | None:
        """The file of all trials so far; None before there is one."""
        return self.result.trials if self.result else self.partial.trials if self.partial else None

    @property
    def ended_trials(self) -> int:
        """How many trials have ended, whichever way."""
        return self.result.completed_trials if self.result else self.partial.completed_trials if self.partial else 0

    @property
    def best_trial(self) -> TrialRow | None:
        """The best trial so far."""
        return self.result.best_trial if self.result else self.partial.best_trial if self.partial else None

    def named(self, hyperparameters: Mapping[str, HyperparameterValue]) -> dict[str, HyperparameterValue]:
        """Return hyperparameters by the names that the experiment was asked for with."""
        return {self.asked.names.get(name, name): value for name, value in hyperparameters.items()}

    def check_startable(self) -> None:
        """Raise ExperimentStateError for one that was started before."""
        if self.status is not ExperimentStatus.CREATED:
            how = "Resume it" if self.status in RESUMABLE else "Stop it first"
            message = f"The experiment was started before. {how} to go on from where it stands."
            raise ExperimentStateError(message, state=self.status)

    def check_stoppable(self) -> None:
        """Raise ExperimentStateError for one that does not run."""
        if self.status not in UNDER_WAY:
            message = "Only a running experiment can be stopped."
            raise ExperimentStateError(message, state=self.status)

    def check_deletable(self) -> None:
        """Raise ExperimentStateError for one that runs."""
        if self.status in UNDER_WAY:
            message = "A running experiment cannot be deleted: stop it first."
            raise ExperimentStateError(message, state=self.status)

    def resumed(self, *, max_trials: int | None) -> TuneSpec:
        """Return the search that goes on from this one, up to so many trials in all; None: it measures what was found, and tries no more.

        Raise ExperimentStateError, TooFewTrialsError, or NothingToMeasureError.
        """
        if self.status not in RESUMABLE:
            how = "has not been started yet: start it." if self.status is ExperimentStatus.CREATED else "still runs."
            message = f"The experiment {how}"
            raise ExperimentStateError(message, state=self.status)
        if max_trials is None and (self.result is not None or self.best_trial is None):
            raise NothingToMeasureError(is_measured=self.result is not None)
        if max_trials is not None and max_trials <= self.ended_trials:
            raise TooFewTrialsError(max_trials, ended=self.ended_trials)
        wanted = self.ended_trials if max_trials is None else max_trials
        return self.spec.model_copy(update={"max_trials": wanted, "earlier": self.trials, "earlier_trials": self.ended_trials})

    def model_spec(self, trial: TrialRow) -> TrainingSpec:
        """Return the training of a model with a trial's hyperparameters; it finds its candles again when it is trained."""
        return self.spec.trained_with(trial.hyperparameters).model_copy(update={"own": ()})

    def seen(self, partial: JsonObject | None) -> "Experiment":
        """Return it with what its running job has told."""
        if self.status not in UNDER_WAY or partial is None:
            return self
        return replace(self, partial=TuneProgress.model_validate(partial, extra="ignore"), result=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentFilter:
    """Which of an account's experiments a list shows; the tunings of models are listed nowhere."""

    account_id: str
    status: ExperimentStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a search has ended."""

    status: ExperimentStatus
    at: datetime
    result: TuneResult | None = None
    partial: TuneProgress | None = None
    error: str | None = None
    files: tuple[str, ...] = field(default=())


def files_of(result: TuneResult | None, partial: TuneProgress | None) -> tuple[str, ...]:
    """Return the sha256 of each file that a search has left."""
    found: list[Any] = [result.trials, *result.files.values()] if result else [partial.trials] if partial and partial.trials else []
    return tuple(each.sha256 for each in found)
