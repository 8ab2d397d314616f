"""ML Development's pages: the library of recipes, a recipe, and the form of its manifest."""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.inbound.pages.face import LIBRARY
from services.gateway.inbound.pages.page import PRICES, Action, Facts, Form, Page, Read, filled, json_of, several

ML: Final = "/api/ml-development"
SIZE: Final = 20
FAMILIES: Final = ("pricing", "next_best_action", "location_scoring", "forecasting")
LEVELS: Final = ("baseline", "industry", "client")
STATUSES: Final = ("draft", "approved", "archived")
RUN_TYPES: Final = ("train", "eval", "backtest")


def to_recipe(answer: Any, _: Mapping[str, str]) -> str:
    """Return the page of a recipe that was answered."""
    return f"{LIBRARY}/recipes/{answer['id']}"


def to_model(answer: Any, _: Mapping[str, str]) -> str:
    """Return the page of a model that was answered."""
    return f"{LIBRARY}/models/{answer['id']}"


def to_run(answer: Any, _: Mapping[str, str]) -> str:
    """Return the page of a run that was answered."""
    return f"{LIBRARY}/runs/{answer['id']}"


def run_of(form: Form) -> dict[str, Any]:
    """Return the body of a new run."""
    return filled(form, "recipe_id", "recipe_version_id", "run_type", "model_id", "model_version")


def _new_recipe(form: Form) -> dict[str, Any]:
    said = filled(form, "name", "model_family", "level", "parent_id")
    return {**said, "tags": several(form, "tags"), "manifest": json_of(form.get("manifest", ""))}


def _described(form: Form) -> dict[str, Any]:
    return {"name": form.get("recipe_name", ""), "tags": several(form, "tags")}


def _generated(form: Form) -> dict[str, Any]:
    """Return what is to be generated; what is typed goes before the dataset that is chosen."""
    fit_to = form.get("fit_to", "").strip() or form.get("dataset", "")
    return {"generate": filled({**form, "fit_to": fit_to}, "fit_to", numbers=("rows", "seed"))}


def _new_version(form: Form) -> dict[str, Any]:
    return {"manifest_json": json_of(form.get("manifest_json", "")), "change_note": form.get("change_note", "")}


def _new_model(form: Form) -> dict[str, Any]:
    return filled(form, "name", "owner", "recipe_id", "recipe_version_id")


RUN: Final = Action("POST", f"{ML}/runs", run_of, to_run, "The run is queued.")
ESTIMATE: Final = Action("POST", f"{ML}/runs/estimate", run_of, shows="estimate")
CHOICES: Final = {"families": FAMILIES, "levels": LEVELS, "statuses": STATUSES, "run_types": RUN_TYPES, "size": SIZE}


def _shape(facts: Facts) -> Mapping[str, Any]:
    """Return what a recipe may become, and who may change it."""
    recipe, example = facts["recipe"], facts.get("synthetic") or {}
    waits = recipe["status"] == "approved" and recipe["approved_version_id"] != recipe["version_id"]
    moves = {"draft": ("approved", "archived"), "approved": ("approved", "archived") if waits else ("archived",)}.get(recipe["status"], ())
    generation = example.get("generation") or {}
    return CHOICES | {
        "moves": () if recipe["is_shipped"] else moves,
        "fit_choices": [(f"dataset:{each['id']}", each["name"]) for each in (facts.get("datasets") or {}).get("datasets", ())],
        "generation": generation,
        "generating": generation.get("status") in {"queued", "running"},
    }


PAGES: Final = (
    Page(
        path=LIBRARY,
        template="recipes.html",
        title="Model library",
        reads={
            "recipes": Read(f"{ML}/recipes", query=("model_family", "level", "status", "tag", "search"), size=SIZE),
            "models": Read(f"{ML}/models", fixed={"limit": 5}),
            "runs": Read(f"{ML}/runs", fixed={"limit": 5}),
        },
        shape=lambda _: CHOICES,
    ),
    Page(
        path=f"{LIBRARY}/recipes/new",
        template="new_recipe.html",
        title="New recipe",
        crumbs=((LIBRARY, "Model library"),),
        reads={"recipes": Read(f"{ML}/recipes", fixed={"limit": 500})},
        shape=lambda _: CHOICES,
        actions={
            "create": Action("POST", f"{ML}/recipes", _new_recipe, to_recipe, "The recipe is made; it is a draft until it is approved.")
        },
    ),
    Page(
        path=f"{LIBRARY}/recipes/{{recipe_id}}",
        template="recipe.html",
        title=lambda facts: str(facts["recipe"]["name"]),
        crumbs=((LIBRARY, "Model library"),),
        reads={
            "prices": PRICES,
            "recipe": Read(f"{ML}/recipes/{{recipe_id}}", fixed={"resolved": "true"}),
            "versions": Read(f"{ML}/recipes/{{recipe_id}}/versions", size=SIZE),
            "synthetic": Read(f"{ML}/recipes/{{recipe_id}}/synthetic-example", needed=False),
        },
        more=lambda facts: {
            "datasets": Read("/v1/ai/datasets", fixed={"kind": "table", "status": "ready", "limit": 100}, needed=False),
            "models": Read(f"{ML}/models", fixed={"recipe_id": facts["recipe"]["id"], "limit": 10}),
            "runs": Read(f"{ML}/runs", fixed={"recipe_id": facts["recipe"]["id"], "limit": 10}),
        },
        shape=_shape,
        actions={
            "status": Action(
                "PUT", f"{ML}/recipes/{{recipe_id}}", lambda form: filled(form, "status"), done="The recipe has its new status."
            ),
            "clone": Action(
                "POST", f"{ML}/recipes/{{recipe_id}}/clone?name={{name}}", None, to_recipe, "This is the clone, a draft of yours."
            ),
            "describe": Action("PUT", f"{ML}/recipes/{{recipe_id}}", _described, done="It is called so."),
            "version": Action("POST", f"{ML}/recipes/{{recipe_id}}/versions", _new_version, done="The version is made."),
            "delete": Action("DELETE", f"{ML}/recipes/{{recipe_id}}", goes=lambda *_: LIBRARY, done="The recipe is deleted."),
            "model": Action("POST", f"{ML}/models", _new_model, to_model, "The model is registered. A training makes its first version."),
            "generate": Action(
                "POST",
                f"{ML}/recipes/{{recipe_id}}/synthetic-example",
                _generated,
                done="Rows are generated by a job; what is measured of them stands beside them.",
            ),
            "run": RUN,
            "estimate": ESTIMATE,
        },
    ),
    Page(
        path=f"{LIBRARY}/schemas/{{family}}",
        template="schema.html",
        title=lambda facts: f"Manifests: {facts['schema'].get('title', 'schema')}",
        crumbs=((LIBRARY, "Model library"),),
        reads={"schema": Read(f"{ML}/schemas/{{family}}")},
    ),
)
