"""What the assistant tells of recipes: what one does, what changed between its versions, and which one is for a task."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.families import schema_at
from libs.contracts.names import listed
from libs.contracts.recipes import FAMILIES, FAMILY_MEANINGS, Family
from libs.contracts.shipped_data.families import SHIPPED_DATA
from services.gateway.domain.assistant.speech import Speech, shown
from services.gateway.domain.recipes.inheritance import difference
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion

CHANGES_MOST: Final = 12
TASKS: Final[Mapping[Family, str]] = {
    "pricing": r"\b(pric\w*|discount\w*|markdown\w*|elasticit\w*|margins?|revenue management)\b",
    "next_best_action": r"\b(uplift|campaigns?|churn\w*|retention|customers?|offers?|coupons?|e?-?mail\w*|treat\w*|actions?)\b",
    "location_scoring": r"\b(locations?|sites?|stores?|branch\w*|places?|rents?|houses?|spatial|where to open|maps?)\b",
    "forecasting": r"\b(forecast\w*|demand|sales|inventory|replenish\w*|season\w*|series|next (week|month|year))\b",
}
"""Words of tasks that a family is for."""


def recipe_source(speech: Speech, recipe: Recipe) -> int:
    """Return the number of a recipe as a source."""
    return speech.about("recipe", f"/api/ml-development/recipes/{recipe.id}?resolved=true", f"Recipe {recipe.name} ({recipe.id})")


def version_source(speech: Speech, version: RecipeVersion) -> int:
    """Return the number of a recipe's version as a source."""
    ref = version.ref
    path = f"/api/ml-development/recipes/{ref.recipe_id}/versions/{ref.version_id}"
    return speech.about("recipe_version", path, f"Version {ref.number} of {ref.recipe_id} ({ref.version_id})")


def tell_recipe(speech: Speech, recipe: Recipe, version: RecipeVersion) -> None:
    """Tell what a recipe does, by its newest version."""
    at, manifest = recipe_source(speech, recipe), version.resolved
    whose = "the platform's own" if recipe.account_id is None else "yours"
    speech.say(
        f"{recipe.name} ({recipe.id}) is a recipe of the family {recipe.family}, of level {recipe.level}, {recipe.status}, and {whose}.", at
    )
    speech.say(f"What its models are for: {FAMILY_MEANINGS[recipe.family][0].lower()}{FAMILY_MEANINGS[recipe.family][1:]}", at)
    for note in recipe.notes:
        speech.say(note, at)
    of = version_source(speech, version)
    speech.say(f"Its newest version {version.ref.number} learns from {_data_of(manifest)}.", of)
    learner, split = manifest["learner"], manifest["split"]
    settings = ", ".join(f"{name} {shown(value)}" for name, value in learner.get("hyperparameters", {}).items())
    speech.say(
        f"The learner is {learner['name']}{f' ({settings})' if settings else ''}, measured against {manifest['baseline']['name']}.", of
    )
    speech.say(f"Held out are {split['test_fraction']:.0%} by {split['method']}, and the seed of every draw is {manifest['seed']}.", of)
    objective = ", ".join(f"{name} {shown(value)}" for name, value in manifest.get("objective", {}).items() if value is not None)
    if objective:
        speech.say(f"Its objective: {objective}.", of)
    if version.ancestors:
        speech.say(f"It inherits from {' and '.join(f'{each.recipe_id} {each.number}' for each in version.ancestors)}.", of)
    ids: JsonObject = {"recipe_id": recipe.id, "recipe_version_id": version.ref.version_id}
    speech.suggest("What a training would cost", "POST", "/runs/estimate", ids | {"run_type": "train"})
    speech.suggest("Train it once", "POST", "/runs", ids | {"run_type": "train"})
    speech.suggest("Register a model of it", "POST", "/models", ids | {"name": recipe.name})
    speech.suggest("Every key of its manifest", "GET", f"/schemas/{recipe.family}")
    speech.questions += ["What changed between its versions?", "Propose a lower learning rate", "Which recipe is for demand forecasts?"]


def _data_of(manifest: JsonObject) -> str:
    kind, _, name = manifest["data"]["source"].partition(":")
    filters = f", of which {len(manifest['data']['filters'])} filters choose rows" if manifest["data"]["filters"] else ""
    known = SHIPPED_DATA.get(name) if kind == "shipped" else None
    if known is None:
        return f"{manifest['data']['source']}{filters}"
    made = "generated" if known.synthetic else "real"
    return f"{manifest['data']['source']} ({known.title.rstrip('.')}; {known.rows:,} {made} rows){filters}"


def tell_changes(speech: Speech, recipe: Recipe, before: RecipeVersion | None, after: RecipeVersion) -> None:
    """Tell how two versions differ, and what was written down about the later one."""
    at = version_source(speech, after)
    if before is None:
        speech.say(f"{after.ref.number} is the only version of {recipe.name} ({recipe.id}): nothing has changed yet.", at)
        return
    was = version_source(speech, before)
    changes = list(difference(before.resolved, after.resolved))
    if not changes:
        speech.say(f"Versions {before.ref.number} and {after.ref.number} do the same: their resolved manifests are equal.", was, at)
    else:
        speech.say(
            f"From version {before.ref.number} to {after.ref.number} of {recipe.name}, {len(changes)} place{_s(changes)} of the manifest "
            f"changed: {changes_in_words(changes)}.",
            was,
            at,
        )
        for each in changes[:CHANGES_MOST]:
            if meaning := meaning_of(recipe.family, str(each["path"]), after.resolved):
                speech.say(f"{each['path']} is: {meaning}", at)
    if after.change_note:
        speech.say(f"{after.created_by} noted: {shown(after.change_note, most=300).rstrip('.')}.", at)
    ids: JsonObject = {"recipe_id": recipe.id, "recipe_version_id": after.ref.version_id}
    speech.suggest("Measure the later version", "POST", "/runs", ids | {"run_type": "backtest"})
    speech.suggest("All versions with their diffs", "GET", f"/recipes/{recipe.id}/versions")


def changes_in_words(changes: Sequence[JsonObject]) -> str:
    """Return changes as a list of words."""
    told = [_change(each) for each in changes[:CHANGES_MOST]]
    return "; ".join(told) + (f"; and {len(changes) - CHANGES_MOST} more" if len(changes) > CHANGES_MOST else "")


def _change(change: JsonObject) -> str:
    match change["op"]:
        case "add":
            return f"{change['path']} was added as {shown(change['to'])}"
        case "remove":
            return f"{change['path']} was taken away (it was {shown(change['from'])})"
        case _:
            return f"{change['path']} from {shown(change['from'])} to {shown(change['to'])}"


def meaning_of(family: Family, pointer: str, manifest: JsonObject) -> str:
    """Return what a place of a manifest means, by the family's schema; empty where it says nothing."""
    text = str(schema_at(family, pointer.strip("/").split("/"), manifest).get("description", ""))
    return f"{text.rstrip('.')}." if text else ""


def tell_choice(speech: Speech, message: str, *, recipes: Sequence[Recipe]) -> None:
    """Tell which family and which of the recipes one sees are for a task."""
    families = [family for family in FAMILIES if re.search(TASKS[family], message, re.IGNORECASE)]
    if not families:
        at = speech.about("recipes", "/api/ml-development/recipes", "Recipes")
        for family in FAMILIES:
            speech.say(f"recipe_{family}_base is the platform's baseline of {family}: {FAMILY_MEANINGS[family]}", at)
        speech.say("Say what you want to decide, and on which data, and it can be said which one is for it.")
        speech.say("Models that learn from candles of a market are made without a recipe, in AI Studio, AI Engine and Trading AI.")
    for family in families:
        _tell_family(speech, family, [each for each in recipes if each.family == family])
    speech.suggest("All approved recipes", "GET", "/recipes?status=approved")
    speech.questions += [f"What does recipe_{family}_base do?" for family in families or FAMILIES]


def _tell_family(speech: Speech, family: Family, recipes: Sequence[Recipe]) -> None:
    shipped = next(each for each in recipes if each.account_id is None)
    at, own = recipe_source(speech, shipped), [each for each in recipes if each.account_id is not None and each.status != "archived"]
    speech.say(f"For that the family is {family}: {FAMILY_MEANINGS[family]}", at)
    data = [each.name for each in SHIPPED_DATA.values() if each.family == family]
    speech.say(f"Start from {shipped.id}, the platform's approved baseline, on data that ship ({listed(data)}) or on your own.", at)
    if own:
        each = own[0]
        more = f", and {len(own) - 1} more" if len(own) > 1 else ""
        speech.say(f"Of your own you have {each.name} ({each.id}, {each.status}){more}.", recipe_source(speech, each))
    ids: JsonObject = {"recipe_id": shipped.id, "recipe_version_id": shipped.newest.version_id}
    speech.suggest(f"Try {shipped.id} once", "POST", "/runs", ids | {"run_type": "train"})
    speech.suggest(f"Make {shipped.id} your own", "POST", f"/recipes/{shipped.id}/clone?name=My%20{family}")
    speech.suggest(f"Every key of {family}", "GET", f"/schemas/{family}")


def _s(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"
