"""What a recipe inherits: its manifest as a merge patch over its parent's, checked by its family, and how two manifests differ."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import JsonObject
from libs.contracts.manifests.families import keys_of, read_manifest
from libs.contracts.names import did_you_mean
from libs.contracts.recipes import Family
from services.gateway.domain.problems import words_of
from services.gateway.domain.recipes.named_data import Problem, data_problems

BYTES_MOST: Final = 32_000
"""Of a manifest as JSON."""
SHOWN: Final = 60
PROBLEMS_MOST: Final = 20


def merged(target: JsonObject, patch: Mapping[str, Any]) -> JsonObject:
    """Return a document with a merge patch (RFC 7396): objects are merged key by key, null removes a key, all else replaces.

    Beyond the RFC, a part with another `name` begins anew: hyperparameters of one learner mean nothing to another.
    """
    found = dict(target)
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping):
            inner = found.get(key)
            under = inner if isinstance(inner, dict) and value.get("name", inner.get("name")) == inner.get("name") else {}
            found[key] = merged(under, value)
        else:
            found[key] = value
    return found


def resolved(document: JsonObject, *, family: Family, field: str) -> JsonObject:
    """Return a manifest with every default of its family.

    Raise InvalidError with each mistake below `field` (`manifest.learner.name`), its JSON pointer (RFC 6901) in the words.
    """
    if (size := len(json.dumps(document, ensure_ascii=False).encode())) > BYTES_MOST:
        problem = f"It has {size} bytes with what it inherits; at most {BYTES_MOST} are kept."
        msg = f"The manifest cannot be kept: {problem}"
        raise InvalidError(msg, details={field: [problem]})
    try:
        manifest = read_manifest(document, family=family)
    except ValidationError as error:
        found = [(_path(each, document), each) for each in error.errors(include_url=False)[:PROBLEMS_MOST]]
        raise _refusal([(path, _words(each, path, document, family)) for path, each in found], field=field) from error
    if problems := list(data_problems(manifest, family=family)):
        raise _refusal(problems[:PROBLEMS_MOST], field=field)
    return manifest.model_dump(mode="json")


def _refusal(problems: Sequence[Problem], *, field: str) -> InvalidError:
    details: dict[str, list[str]] = {}
    for path, words in problems:
        details.setdefault(".".join([field, *path]), []).append(f"{pointer(path) or '/'}: {words}")
    return InvalidError(f"The manifest cannot be used: {next(iter(details.values()))[0]}", details=details)


def pointer(path: tuple[str, ...]) -> str:
    """Return a JSON pointer (RFC 6901): `/learner/hyperparameters/max_depth`."""
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in path)


def difference(before: Any, after: Any, *, path: tuple[str, ...] = ()) -> Iterator[JsonObject]:
    """Yield what must be added, removed and replaced to make one document of another, by JSON pointer; a list is replaced whole."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after or type(before) is not type(after):
            yield {"op": "replace", "path": pointer(path), "from": before, "to": after}
        return
    for key in sorted(before.keys() | after.keys()):
        place = (*path, key)
        if key not in after:
            yield {"op": "remove", "path": pointer(place), "from": before[key], "to": None}
        elif key not in before:
            yield {"op": "add", "path": pointer(place), "from": None, "to": after[key]}
        else:
            yield from difference(before[key], after[key], path=place)


def _path(problem: Mapping[str, Any], document: Any) -> tuple[str, ...]:
    """Return where a mistake is in the document: pydantic's place without the names of the alternatives that it tried."""
    path: list[str] = []
    here, place = document, problem["loc"]
    for number, part in enumerate(place):
        if (isinstance(here, dict) and part in here) or (isinstance(here, list) and isinstance(part, int) and part < len(here)):
            here = here[part]
        elif number < len(place) - 1 or problem["type"] != "missing":
            continue
        path.append(str(part)[:SHOWN])
    return tuple(path)


def _words(problem: Mapping[str, Any], path: tuple[str, ...], document: JsonObject, family: Family) -> str:
    match problem["type"]:
        case "extra_forbidden":
            known = keys_of(family, path[:-1], document)
            return f"There is no such key; there are {', '.join(known)}.{did_you_mean(path[-1], known)}"
        case "union_tag_not_found":
            return f"Its {problem['ctx']['discriminator']} is missing.".replace("'", "")
        case "union_tag_invalid":
            given, known = str(problem["ctx"]["tag"]), problem["ctx"]["expected_tags"].replace("'", "").split(", ")
            return f"'{given[:SHOWN]}' is not one of {', '.join(known)}.{did_you_mean(given, known)}"
        case _:
            return words_of(problem)
