"""ML Development's models: registered from a version of a recipe, made by its runs, watched in production."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modelbourse.answers.ml_development.models import MlModels, MlModelWhole, ModelStatus
from modelbourse.answers.ml_development.monitoring import MlAlerts, MlLabels, MlSnapshot, MlSnapshots, MlWatch
from modelbourse.answers.ml_development.recipes import FamilyName
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.ml.recipes import ML
from modelbourse.steps import Steps

MODELS: Final = f"{ML}/models"


def list_models(
    gateway: Gateway,
    *,
    family: FamilyName | None = None,
    status: ModelStatus | None = None,
    recipe_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[MlModels]:
    """Return a part of your models of recipes, the newest first."""
    params = {"model_family": family, "status": status, "recipe_id": recipe_id, "limit": limit, "offset": offset}
    return ask_for(gateway, MlModels, "GET", MODELS, params=params)


def register_model(
    gateway: Gateway, name: str, recipe_id: str, version_id: str, *, owner: str = "", idempotency_key: str | None = None
) -> Steps[MlModelWhole]:
    """Register a model of a recipe's version, a draft, of which runs make versions."""
    body = {"name": name, "recipe_id": recipe_id, "recipe_version_id": version_id, "owner": owner}
    return ask_for(gateway, MlModelWhole, "POST", MODELS, body=body, key=idempotency_key or new_key())


def get_model(gateway: Gateway, model_id: str) -> Steps[MlModelWhole]:
    """Return a model with its versions and its place in the registry. Raise NotFoundError."""
    return ask_for(gateway, MlModelWhole, "GET", _path(model_id))


def update_model(
    gateway: Gateway,
    model_id: str,
    *,
    name: str | None = None,
    status: ModelStatus | None = None,
    owner: str | None = None,
    version: str | None = None,
) -> Steps[MlModelWhole]:
    """Give a model another name, owner or status. Raise ConflictError where the gate of its name refuses a promotion."""
    return ask_for(gateway, MlModelWhole, "PUT", _path(model_id), body=given(name=name, status=status, owner=owner, version=version))


def list_snapshots(gateway: Gateway, model_id: str, *, limit: int = 20, offset: int = 0) -> Steps[MlSnapshots]:
    """Return a part of the looks at a model, of whatever kind, the newest first."""
    return ask_for(gateway, MlSnapshots, "GET", _path(model_id, "monitoring"), params={"limit": limit, "offset": offset})


def get_snapshot(gateway: Gateway, model_id: str, snapshot_id: str) -> Steps[MlSnapshot]:
    """Return a look at a model, with the bins of its features. Raise NotFoundError."""
    return ask_for(gateway, MlSnapshot, "GET", _path(model_id, "monitoring", snapshot_id))


def take_snapshot(
    gateway: Gateway,
    model_id: str,
    *,
    data: str | None = None,
    labels: str | None = None,
    version: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlSnapshot]:
    """Have a look at a model computed as a job: drift, performance, freshness. Ask again by its id."""
    body = given(data=data, labels=labels, version=version)
    return ask_for(gateway, MlSnapshot, "POST", _path(model_id, "monitoring"), body=body, key=idempotency_key or new_key())


def list_alerts(gateway: Gateway, model_id: str) -> Steps[MlAlerts]:
    """Return the alerts of a model: those that do most harm first, then those that are over."""
    return ask_for(gateway, MlAlerts, "GET", _path(model_id, "monitoring", "alerts"))


def get_rules(gateway: Gateway, model_id: str) -> Steps[MlWatch]:
    """Return the rules by which a model is watched, and when it is looked at next."""
    return ask_for(gateway, MlWatch, "GET", _path(model_id, "monitoring", "rules"))


def change_rules(gateway: Gateway, model_id: str, rules: Mapping[str, Any]) -> Steps[MlWatch]:
    """Change rules by which a model is watched; what is left out stays, and None gives a rule its default back."""
    return ask_for(gateway, MlWatch, "PUT", _path(model_id, "monitoring", "rules"), body=dict(rules))


def send_labels(gateway: Gateway, model_id: str, rows: Sequence[Mapping[str, Any]]) -> Steps[MlLabels]:
    """Send what came true: rows of `value` with `prediction_id`, or with `timestamp` and `symbol`."""
    return ask_for(gateway, MlLabels, "POST", _path(model_id, "labels"), body={"rows": [dict(each) for each in rows]})


def _path(model_id: str, *parts: str) -> str:
    return path_to(f"{MODELS}/", model_id, *parts, then="")
