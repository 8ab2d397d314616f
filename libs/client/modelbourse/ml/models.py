"""ML Development's models: registered from a version of a recipe, made by its runs."""

from typing import Final

from modelbourse.answers.ml_development.models import MlModels, MlModelWhole, ModelStatus
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


def delete_model(gateway: Gateway, model_id: str) -> Steps[None]:
    """Delete a model with its versions, snapshots and labels; its runs stay. Raise ConflictError while one is in production."""
    yield from gateway.ask("DELETE", _path(model_id))


def _path(model_id: str) -> str:
    return path_to(f"{MODELS}/", model_id, then="")
