"""What a question names, and what it is about: decided by words alone, so that the same question has the same answer."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from libs.contracts.ids import is_id
from services.gateway.domain.assistant.asked_changes import ASKS, PROPOSES
from services.gateway.domain.assistant.speech import Topic
from services.gateway.domain.recipes.baselines import RECIPE_IDS, baseline

NAMED: Final = re.compile(r"\b(recipe|ver|run|job|model|snap)_[a-z0-9_]{2,80}\b")
SHIPPED_VERSIONS: Final[Mapping[str, str]] = {baseline(each).newest.version_id: each for each in RECIPE_IDS}
"""Versions of the platform's own recipes, and whose they are."""
DEPTH_MOST: Final = 6
# Who asks does not ask for a change, though a word of one may stand there.
QUESTION: Final = re.compile(
    r"\s*(what|why|which|how (did|does|is|was|are|well|good|long|far)|how do(?! i (?!use|try))|when|where|is|are|did|does|was|has|have)\b",
    re.IGNORECASE,
)
# The first that is found is what a question is about.
TOPICS: Final[Sequence[tuple[Topic, re.Pattern[str]]]] = tuple(
    (topic, re.compile(words, re.IGNORECASE))
    for topic, words in (
        (
            Topic.CHOICE,
            r"\b(which|what) (recipe|family)\b(?! \w+ (this|it|my|that))|\brecipe (for|to)\b|where (do|should) i (start|begin)",
        ),
        (Topic.FAILURE, r"\b(fail\w*|errors?\b(?! (band|bar))|crash\w*|broken?|broke|went wrong|cancelled)"),
        (Topic.CHANGES, r"\b(changed|changes|difference|differ|differs|diff|between)\b"),
        (Topic.DRIFT, r"\b(drift\w*|stale|fresh\w*|decay\w*|degrad\w*|still (good|accurate|right|well)|alerts?|monitor\w*|health\w*)\b"),
        (
            Topic.PROMOTION,
            r"\b(promot\w*|production|deploy\w*|go live|staging|approv\w*|retire\w*|roll ?back|gate)\b",
        ),
        (Topic.STATUS, r"\b(status|progress|how long|how far|finished|done|ready|queued?|cost\w*|charged|price of|credits)\b"),
        (
            Topic.RESULT,
            r"\b(results?|metrics?|figures?|baselines?|beats?|better|worse|perform\w*|scor\w*|accura\w*|importan\w*|how (good|well|did))\b",
        ),
        (
            Topic.RECIPE,
            r"\b(what (does|is|do|are)|explain|describe|summar\w*|tell me|learns?|manifest|family|inherits?|settings|hyperparameters?)\b",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Ids that a question names, the message's before those of its context; each None where none is named."""

    recipe_id: str | None = None
    version_ids: tuple[str, ...] = ()
    run_id: str | None = None
    model_id: str | None = None

    @property
    def nothing(self) -> bool:
        """Whether nothing is named."""
        return (self.recipe_id, self.version_ids, self.run_id, self.model_id) == (None, (), None, None)


def mentioned(message: str, context: Mapping[str, Any], *, recipe_id: str | None) -> Mentioned:
    """Return what is named: in the message, then by `recipe_id`, then anywhere in the context."""
    found = [each.group() for each in NAMED.finditer(message)]
    found += [recipe_id] if recipe_id else []
    found += [each.group() for text in _texts(context) for each in NAMED.finditer(text)]
    known = list(dict.fromkeys(each for each in found if _is_named(each)))

    def first(*prefixes: str) -> str | None:
        return next((each for each in known if each.partition("_")[0] in prefixes), None)

    versions = tuple(each for each in known if each.startswith("ver_"))
    run = first("run", "job")
    recipe = first("recipe") or next((SHIPPED_VERSIONS[each] for each in versions if each in SHIPPED_VERSIONS), None)
    return Mentioned(recipe, versions, f"run_{run.partition('_')[2]}" if run else None, first("model"))


def topic_of(message: str, *, named: Mentioned) -> Topic:
    """Return what a question is about; what names a thing and nothing else asks for it."""
    plain = NAMED.sub(" ", message)
    found = next((topic for topic, words in TOPICS if words.search(plain)), None)
    wants = ASKS.search(plain) and not QUESTION.match(plain) and found not in {Topic.PROMOTION, Topic.CHOICE} and not named.nothing
    if wants or PROPOSES.search(plain):
        return Topic.PROPOSAL
    if found is not None and (found is not Topic.RECIPE or not named.nothing or re.search(r"\brecipes?\b", plain, re.IGNORECASE)):
        if found is Topic.RECIPE and named.recipe_id is None and not named.version_ids and (named.run_id or named.model_id):
            return Topic.RESULT
        return found
    if named.nothing:
        return Topic.PAGES
    return Topic.RECIPE if named.recipe_id and not (named.run_id or named.model_id) else Topic.RESULT


def _is_named(text: str) -> bool:
    return text in RECIPE_IDS or text in SHIPPED_VERSIONS or is_id(text, prefix=text.partition("_")[0])


def _texts(value: object, *, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < DEPTH_MOST and isinstance(value, dict):
        for each in value.values():
            yield from _texts(each, depth=depth + 1)
    elif depth < DEPTH_MOST and isinstance(value, list):
        for each in value:
            yield from _texts(each, depth=depth + 1)
