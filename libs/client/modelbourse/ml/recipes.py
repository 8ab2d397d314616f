"""ML Development's recipes: how a model of a family is made; versions that never change; the schema of a family's manifests."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from modelbourse.answers.ml_development.recipes import (
    FamilyName,
    LevelName,
    MlRecipe,
    MlRecipes,
    MlRecipeVersion,
    MlRecipeVersions,
    MlRecipeWhole,
    RecipeStatusName,
)
from modelbourse.asking import ask_for, given, path_to, strings_of
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

ML: Final = "/api/ml-development"
RECIPES: Final = f"{ML}/recipes"


def list_recipes(
    gateway: Gateway,
    *,
    family: FamilyName | None = None,
    level: LevelName | None = None,
    status: RecipeStatusName | None = None,
    tag: str | None = None,
    search: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[MlRecipes]:
    """Return a part of the recipes: the platform's own first, then yours, the newest first."""
    params = {"model_family": family, "level": level, "status": status, "tag": tag, "search": search, "limit": limit, "offset": offset}
    return ask_for(gateway, MlRecipes, "GET", RECIPES, params=params)


def get_recipe(gateway: Gateway, recipe_id: str, *, resolved: bool = False) -> Steps[MlRecipeWhole]:
    """Return a recipe; with `resolved` also what a run of its newest version does. Raise NotFoundError."""
    params = {"resolved": "true"} if resolved else None
    return ask_for(gateway, MlRecipeWhole, "GET", _path(recipe_id), params=params)


def create_recipe(
    gateway: Gateway,
    *,
    name: str,
    family: FamilyName,
    level: LevelName = "client",
    parent_id: str | None = None,
    tags: str | Iterable[str] = (),
    manifest: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlRecipe]:
    """Make a recipe, a draft whose `manifest` is version 1.0.0. Raise InvalidRequestError with each mistake by its place."""
    body = {"name": name, "model_family": family, "level": level, "parent_id": parent_id, "tags": strings_of("tags", tags)}
    whole = body | {"manifest": dict(manifest or {})}
    return ask_for(gateway, MlRecipe, "POST", RECIPES, body=whole, key=idempotency_key or new_key())


def clone_recipe(gateway: Gateway, recipe_id: str, name: str, *, idempotency_key: str | None = None) -> Steps[MlRecipe]:
    """Make a recipe of your own of another one, whole."""
    key = idempotency_key or new_key()
    return ask_for(gateway, MlRecipe, "POST", _path(recipe_id, "clone"), params={"name": name}, key=key)


def update_recipe(
    gateway: Gateway,
    recipe_id: str,
    *,
    name: str | None = None,
    status: RecipeStatusName | None = None,
    tags: str | Iterable[str] | None = None,
) -> Steps[MlRecipe]:
    """Give a recipe another name, status or tags; what is left out stays. Raise ConflictError for one of the platform's own."""
    body = given(name=name, status=status, tags=None if tags is None else strings_of("tags", tags))
    return ask_for(gateway, MlRecipe, "PUT", _path(recipe_id), body=body)


def delete_recipe(gateway: Gateway, recipe_id: str) -> Steps[None]:
    """Take a recipe away with its versions. Raise InvalidRequestError while something rests on it."""
    yield from gateway.ask("DELETE", _path(recipe_id))


def list_versions(gateway: Gateway, recipe_id: str, *, limit: int = 100, offset: int = 0) -> Steps[MlRecipeVersions]:
    """Return a part of a recipe's versions, the newest first, each with how it differs from the one before."""
    return ask_for(gateway, MlRecipeVersions, "GET", _path(recipe_id, "versions"), params={"limit": limit, "offset": offset})


def get_version(gateway: Gateway, recipe_id: str, version_id: str) -> Steps[MlRecipeVersion]:
    """Return a version with its manifest, resolved too. Raise NotFoundError."""
    return ask_for(gateway, MlRecipeVersion, "GET", _path(recipe_id, "versions", version_id))


def add_version(
    gateway: Gateway,
    recipe_id: str,
    manifest: Mapping[str, Any],
    *,
    change_note: str = "",
    idempotency_key: str | None = None,
) -> Steps[MlRecipeVersion]:
    """Add a version; `manifest` is whole, or with a parent what it changes of the parent's. Raise InvalidRequestError by its places."""
    body = {"recipe_id": recipe_id, "manifest_json": dict(manifest), "change_note": change_note}
    key = idempotency_key or new_key()
    return ask_for(gateway, MlRecipeVersion, "POST", _path(recipe_id, "versions"), body=body, key=key)


def get_schema(gateway: Gateway, family: FamilyName) -> Steps[dict[str, Any]]:
    """Return the JSON Schema of a family's manifests: every key with its meaning, what is allowed and its default."""
    return ask_for(gateway, dict[str, Any], "GET", path_to(f"{ML}/schemas/", family, then="", noun="family"))


def _path(recipe_id: str, *parts: str) -> str:
    return path_to(f"{RECIPES}/", recipe_id, *parts, then="")
