"""ML Development's answers about models of recipes, made of models, their versions and their names in the registry."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.gateway import Stage
from modelbourse.answers.ml_development import models as answers
from services.gateway.domain.jobs.recipe_runs import run_id_of
from services.gateway.domain.models.model import Model
from services.gateway.domain.models.recipe_models import Standing, metrics_source, recipe_of, standing_of
from services.gateway.domain.models.version import ModelVersion
from services.gateway.domain.registry.as_registered import as_registered
from services.gateway.domain.registry.name import RegisteredName

STATUSES: Final[Mapping[Standing, answers.ModelStatus]] = {
    Standing.DRAFT: "draft",
    Standing.STAGING: "staging",
    Standing.PRODUCTION: "production",
    Standing.RETIRED: "retired",
}
STAGES: Final[Mapping[Stage, answers.ModelStatus]] = {
    Stage.NONE: "draft",
    Stage.STAGING: "staging",
    Stage.PRODUCTION: "production",
    Stage.ARCHIVED: "retired",
}
NO_VERSION: Final = "No run has made a version of it yet."
NO_METRICS: Final = "Nothing was measured of it, and nothing reported."
NO_RUN: Final = "It was given a status before any run had made a version."
NO_FILES: Final = "It was not trained here: there are no files."
NOT_REGISTERED: Final = "It is registered when it first comes to staging or production."


def row_of(model: Model) -> answers.MlModel:
    """Return a model as lists show it."""
    return answers.MlModel(**_short(model))


def model_of(model: Model, name: RegisteredName | None) -> answers.MlModelWhole:
    """Return a model with its versions and its place in the registry."""
    model = as_registered(model, name)
    values = _short(model) | {"versions": [_version(each) for each in reversed(model.versions)], "registry": _registered(model, name)}
    if values["registry"] is None:
        values["reasons"] |= {"registry": NOT_REGISTERED}
    return answers.MlModelWhole(**values)


def _short(model: Model) -> dict[str, Any]:
    spec, version = recipe_of(model), model.in_service
    source = metrics_source(version)
    reasons = {} if version else {"version": NO_VERSION}
    return {
        "id": model.id,
        "name": model.name,
        "model_family": spec.family,
        "recipe_id": spec.recipe_id,
        "recipe_version_id": spec.recipe_version_id,
        "status": STATUSES[standing_of(model)],
        "owner": model.owner,
        "created_at": model.created_at,
        "updated_at": model.updated_at,
        "version": version.name if version else None,
        "metrics": _metrics(version),
        "metrics_source": source,
        "reasons": reasons if source else reasons | {"metrics_source": NO_METRICS if version else NO_VERSION},
    }


def _metrics(version: ModelVersion | None) -> dict[str, float | None]:
    """Return what a version measures: as the platform has measured it, or as it was reported where that is all there is."""
    return {} if version is None else dict(version.metrics or version.reported)


def _version(version: ModelVersion) -> answers.MlModelVersion:
    source = metrics_source(version)
    values = {"run_id": run_id_of(version.job_id) if version.job_id else None, "artifact": version.artifact or None}
    whys = {"run_id": NO_RUN, "artifact": NO_FILES, "metrics_source": NO_METRICS}
    return answers.MlModelVersion(
        version=version.name,
        status=STAGES[version.stage],
        recipe_version_id=version.recipe.recipe_version_id,
        made_at=version.made_at,
        metrics=dict(version.metrics),
        reported=dict(version.reported),
        metrics_source=source,
        aliases=list(version.aliases),
        reasons={name: whys[name] for name, value in (values | {"metrics_source": source}).items() if value is None},
        **values,
    )


def _registered(model: Model, name: RegisteredName | None) -> answers.MlModelRegistered | None:
    own = [] if name is None else [each for each in name.versions if each.model_id == model.id]
    if name is None or not own:
        return None
    newest = own[-1]
    return answers.MlModelRegistered(
        model_name=name.name,
        version=newest.number,
        production=name.production_number,
        approval=newest.approval.decision.value if newest.approval else "none",
        gate_rules=len(name.gate.rules),
        reasons={} if name.production else {"production": "No version is in production."},
    )
