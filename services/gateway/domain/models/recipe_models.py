"""A model of a recipe: how far it has come, which of its versions that is of, and what reported and declared versions are."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from libs.chassis.errors import InvalidError
from libs.contracts.gateway import Stage
from libs.contracts.recipe_runs import RecipeModelSpec
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.domain.models.model import Build, Model
from services.gateway.domain.models.text_runs import with_version
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.version import Status

MetricsSource = Literal["measured", "reported"]
SLUG_MOST: Final = 80


class Standing(StrEnum):
    """How far a model has come."""

    DRAFT = "draft"
    STAGING = "staging"
    PRODUCTION = "production"
    RETIRED = "retired"


# What a model may become. What was put away comes back step by step: production has its gate, and is not come to from a drawer.
MOVES: Final[Mapping[Standing, tuple[Standing, ...]]] = {
    Standing.DRAFT: (Standing.STAGING, Standing.PRODUCTION, Standing.RETIRED),
    Standing.STAGING: (Standing.DRAFT, Standing.PRODUCTION, Standing.RETIRED),
    Standing.PRODUCTION: (Standing.STAGING, Standing.DRAFT, Standing.RETIRED),
    Standing.RETIRED: (Standing.DRAFT, Standing.STAGING),
}
# What a version of it is in the registry then; a retired model is put away as a whole.
STATUS_OF: Final[Mapping[Standing, Status]] = {
    Standing.DRAFT: Status.REGISTERED,
    Standing.STAGING: Status.STAGING,
    Standing.PRODUCTION: Status.PRODUCTION,
}


class StandingRefusedError(InvalidError):
    """A model cannot become that from where it stands."""

    def __init__(self, now: Standing, wanted: Standing) -> None:
        may = " or ".join(MOVES[now])
        message = f"Invalid status value: the model is {now}, and cannot become {wanted}; it may become {may}."
        super().__init__(message, details={"status": [message]})


def check_move(model: Model, wanted: Standing) -> None:
    """Raise StandingRefusedError for what a model cannot become; to stay what it is, it always may."""
    now = standing_of(model)
    if wanted is not now and wanted not in MOVES[now]:
        raise StandingRefusedError(now, wanted)


def recipe_of(model: Model) -> RecipeModelSpec:
    """Return what a model of a recipe is made of. Raise ModelNotFoundError for a model of another kind."""
    if not isinstance(model.spec, RecipeModelSpec):
        raise ModelNotFoundError(model.id)
    return model.spec


def standing_of(model: Model) -> Standing:
    """Return how far a model has come: as far as the foremost of its versions, unless it is put away."""
    stages = {version.stage for version in model.versions}
    if model.is_archived:
        return Standing.RETIRED
    if Stage.PRODUCTION in stages:
        return Standing.PRODUCTION
    return Standing.STAGING if Stage.STAGING in stages else Standing.DRAFT


def metrics_source(version: ModelVersion | None) -> MetricsSource | None:
    """Return whose word a version's metrics are: the platform's where it has measured any; None where there are none."""
    if version is None or not (version.metrics or version.reported):
        return None
    return "measured" if version.metrics else "reported"


def registry_name(name: str) -> str:
    """Return a readable name, as the registry takes one, made of what a person calls a model; `model` where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._]+", "-", plain.lower()).strip("-._")[:SLUG_MOST].rstrip("-._") or "model"


def check_same_recipe(model: Model, spec: RecipeModelSpec) -> None:
    """Raise InvalidError for a run of another recipe than the model's: its versions would measure different things."""
    own = recipe_of(model)
    if own.recipe_id != spec.recipe_id:
        message = (
            f"{model.id} is registered from {own.recipe_id}: a run of {spec.recipe_id} makes nothing of it. Register a model from that."
        )
        raise InvalidError(message, details={"model_id": [message]})


def begun(model: Model, *, at: datetime) -> Model:
    """Return a model with one more training under way, whose version has the next number. Raise ModelArchivedError."""
    model.check_in_use()
    build = Build.READY if model.versions else Build.TRAINING
    return replace(model, build=build, trainings=model.trainings + 1, updated_at=max(model.updated_at, at))


def with_measured(model: Model, made: ModelVersion) -> Model:
    """Return a model with what a run has made and measured; the same twice changes nothing.

    What was reported of the same run before stays beside it, and so does the stage that it was given.
    """
    known = next((each for each in model.versions if each.job_id == made.job_id), None)
    if known is None:
        return with_version(model, made)
    if known.artifact:
        return model
    whole = replace(made, stage=known.stage, staged_at=known.staged_at, aliases=known.aliases, reported=known.reported)
    return _with(model, known, whole, at=made.made_at)


def with_reported(model: Model, made: ModelVersion) -> Model:
    """Return a model with a version that an outside worker has reported; told again, it has the newest figures."""
    known = next((each for each in model.versions if each.job_id == made.job_id), None)
    if known is None:
        return with_version(model, made)
    return model if known.reported == made.reported else _with(model, known, replace(known, reported=made.reported), at=made.made_at)


def declared(model: Model, *, at: datetime) -> Model:
    """Return a model that has a version, if only the one of its recipe, of which nothing was measured: a stage is a version's."""
    if model.versions:
        return model
    made = ModelVersion(name=model.next_version, job_id="", artifact="", made_at=at, spec=model.spec, metrics={})
    return with_version(replace(model, trainings=model.trainings + 1), made)


def chosen(model: Model) -> ModelVersion:
    """Return the version that a status is given to where none is named: the newest that is not archived, else the newest."""
    return next((each for each in reversed(model.versions) if each.stage is not Stage.ARCHIVED), model.versions[-1])


def renamed(model: Model, *, name: str | None, owner: str | None, at: datetime) -> Model:
    """Return a model with another name, or another owner; None leaves either as it is, and the same twice changes nothing."""
    wanted = (model.name if name is None else name, model.owner if owner is None else owner)
    if wanted == (model.name, model.owner):
        return model
    return replace(model, name=wanted[0], owner=wanted[1], updated_at=at, sequence=model.sequence + 1)


def _with(model: Model, known: ModelVersion, changed: ModelVersion, *, at: datetime) -> Model:
    versions = tuple(changed if each is known else each for each in model.versions)
    return replace(model, versions=versions, updated_at=max(model.updated_at, at))
