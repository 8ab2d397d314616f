"""Another manifest of a recipe, made of what a message asks for: checked by its family, and shown as a difference."""

from typing import Final

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from services.gateway.domain.assistant.asked_changes import asked_changes, leaves
from services.gateway.domain.assistant.asked_features import Asked
from services.gateway.domain.assistant.recipes_told import changes_in_words, meaning_of, recipe_source, version_source
from services.gateway.domain.assistant.speech import Proposal, Speech
from services.gateway.domain.recipes.inheritance import difference, merged, resolved
from services.gateway.domain.recipes.recipe import Recipe, RecipeVersion

FIELD: Final = "manifest_json"
NOTHING: Final = "It cannot be told what is to be changed"


def tell_proposal(speech: Speech, message: str, recipe: Recipe, version: RecipeVersion) -> None:
    """Propose what a message asks of a recipe's newest version; nothing is applied."""
    at = version_source(speech, version)
    asked = asked_changes(message, version.resolved, family=recipe.family)
    for problem in asked.problems:
        speech.say(problem, at)
    try:
        made = _made(asked, recipe, version)
    except InvalidError as error:
        speech.say(f"What is asked for is refused by the schema of {recipe.family}: {error.message.rstrip('.')}.", at)
        speech.why_no_proposal = error.message
        speech.suggest(f"Every key of {recipe.family}, with what is allowed", "GET", f"/schemas/{recipe.family}")
        return
    if made is None:
        _tell_nothing(speech, recipe, version, asked)
        return
    speech.proposal = made
    speech.say(f"Proposed for {recipe.name} ({recipe.id}), over its version {version.ref.number}: {made.summary}.", at)
    for each in made.diff:
        if meaning := meaning_of(recipe.family, str(each["path"]), made.resolved):
            speech.say(f"{each['path']} is: {meaning}", at)
    speech.say("The changed manifest keeps to its family's schema. Nothing was changed: what it does to figures, a run of it tells.")
    _suggest(speech, recipe, made)


def _made(asked: Asked, recipe: Recipe, version: RecipeVersion) -> Proposal | None:
    """Return the proposal; None where nothing would be another. Raise InvalidError where the family refuses it."""
    whole = resolved(merged(version.resolved, asked.patch), family=recipe.family, field=FIELD)
    diff = tuple(difference(version.resolved, whole))
    if not diff:
        return None
    # A clone inherits all that its source is: it is sent the change alone, where a recipe's own version is sent all that it says itself.
    sent = merged(version.manifest, asked.patch) if recipe.account_id is not None else asked.patch
    return Proposal(recipe.id, version.ref.version_id, recipe.family, sent, whole, diff, changes_in_words(diff))


def _tell_nothing(speech: Speech, recipe: Recipe, version: RecipeVersion, asked: Asked) -> None:
    if asked.problems:
        speech.why_no_proposal = asked.problems[0]
    elif asked.patch:
        speech.why_no_proposal = "The recipe is as you ask already."
        speech.say(speech.why_no_proposal, version_source(speech, version))
    else:
        speech.why_no_proposal = f"{NOTHING}."
        places = ", ".join("/" + "/".join(path) for path, _ in leaves(version.resolved))
        speech.say(f"{NOTHING}; of version {version.ref.number} of {recipe.id} that can be {places}.", version_source(speech, version))
    speech.suggest(f"Every key of {recipe.family}, with its meaning", "GET", f"/schemas/{recipe.family}")
    speech.questions += ["Propose a lower learning rate", "Propose to hold out 30 %"]


def _suggest(speech: Speech, recipe: Recipe, made: Proposal) -> None:
    note = made.summary[:500]
    body: JsonObject = {"manifest_json": made.manifest, "change_note": note}
    if recipe.account_id is not None and recipe.status != "archived":
        speech.suggest("Add it as a version", "POST", f"/recipes/{recipe.id}/versions", body)
        return
    why = "the platform's own, which nobody changes" if recipe.account_id is None else "archived"
    speech.say(f"The recipe is {why}: clone it, and add the version to the clone.", recipe_source(speech, recipe))
    speech.suggest("Clone it", "POST", f"/recipes/{recipe.id}/clone?name=My%20{recipe.family}")
    speech.suggest("Add the version to the clone", "POST", "/recipes/{id of the clone}/versions", body)
