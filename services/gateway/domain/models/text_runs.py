"""A model of texts: an experiment of its account, of which several trainings may be under way at once, each making a version."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.texts import TextSpec
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.version import ModelVersion

OUTPUTS: Final = "outputs"
"""Where a run's files lie that does not say where."""


class ExperimentTakenError(PlatformError, kind=ErrorKind.CONFLICT):
    """The account's model of this readable name learns from something else than texts."""

    def __init__(self, name: str) -> None:
        message = f"'{name[:80]}' is a model of yours that does not learn from texts: give the experiment another name."
        super().__init__(message, details={"experiment_name": [message]})


def text_of(model: Model) -> TextSpec:
    """Return what the newest training of a model of texts was asked. Raise ModelNotFoundError for a model of another kind."""
    if not isinstance(model.spec, TextSpec):
        raise ModelNotFoundError(model.id)
    return model.spec


def new_experiment(spec: TextSpec, *, model_id: str, account_id: str, at: datetime) -> Model:
    """Return the model of an experiment that there was not before, with its first run under way."""
    name = spec.experiment_name
    model = Model(model_id, account_id, name, "", without_checkpoint(spec), created_at=at, updated_at=at, slug=name)
    return replace(model, build=Build.TRAINING, trainings=1)


def with_run(model: Model, *, at: datetime) -> Model:
    """Return an experiment with one more run under way. Raise ExperimentTakenError for a model of another kind, ModelArchivedError."""
    if not isinstance(model.spec, TextSpec):
        raise ExperimentTakenError(model.slug or model.name)
    model.check_in_use()
    build = Build.READY if model.versions else Build.TRAINING
    return replace(model, build=build, trainings=model.trainings + 1, updated_at=max(model.updated_at, at))


def with_version(model: Model, made: ModelVersion) -> Model:
    """Return an experiment with what a run has made, in the order in which runs ended; the same version twice changes nothing.

    Runs end in any order: a number says nothing of whether the version was removed to make room. One that was, and is told of again, stands
    where it stood, and is removed again.
    """
    if model.has_version_of(made.job_id):
        return model
    versions = tuple(sorted((*model.versions, made), key=lambda each: each.made_at))
    newest = versions[-1]
    return replace(model, versions=versions, build=Build.READY, spec=newest.spec, updated_at=max(model.updated_at, made.made_at))


def newest_run(model: Model) -> str:
    """Return the version that the run makes which was begun last."""
    return f"1.{model.trainings - 1}"


def is_unused(model: Model) -> bool:
    """Tell whether an experiment has one run and nothing to show: if that was refused there is no experiment either."""
    return model.trainings == 1 and not model.versions


def model_id_of(job_id: str) -> str:
    """Return the id of the model that a run makes where it is the first of its experiment: the same each time."""
    return f"model_{job_id.rpartition('_')[2]}"


def without_checkpoint(spec: TextSpec) -> TextSpec:
    """Return what is kept of a run's spec with its version: not where it went on from, whose files have names of their own."""
    return spec.model_copy(update={"resume": {}})
