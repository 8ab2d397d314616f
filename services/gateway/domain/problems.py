"""What is wrong with what somebody sent, by field, in plain words: JSON has lists and objects, no tuples and dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from libs.contracts.names import did_you_mean, nearest, suggestion
from libs.contracts.problems import first_problems

Problems = dict[str, list[str]]
NOWHERE: Final[Mapping[str, str]] = {}
SHOWN: Final = 60
REQUIRED: Final = "This field is required"
PLAIN: Final = {
    "missing": REQUIRED,
    "extra_forbidden": "There is no such field.",
    "list_type": "Must be a list.",
    "tuple_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
}


def type_problems(schema: type[BaseModel], body: Mapping[str, Any], *, elsewhere: Mapping[str, str] = NOWHERE) -> Problems:
    """Return what pydantic finds, in plain words, and unknown keys with the nearest known one.

    `elsewhere` has the paths of fields that are known in other objects of the same body, by name.
    """
    known = schema.model_fields
    problems: Problems = {}
    try:
        # Without unknown keys: pydantic would make an error of each, however many there are.
        schema.model_validate({name: value for name, value in body.items() if name in known})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            problems.setdefault(field_of(problem["loc"]) or "body", []).append(words_of(problem))
    unknown = [name for name in body if name not in known]
    return problems | first_problems(unknown, lambda name: (field_of([name]), _unknown(name, known, elsewhere)))


def field_of(place: Sequence[str | int]) -> str:
    """Return the name of a field from where pydantic found it, without `body`, `query` and the like in front."""
    named = [str(part)[:100] for part in place]
    inner = named[1:] if named and named[0] in {"body", "query", "path", "header", "cookie"} else named
    return ".".join(inner[:8]) or (named[0] if named else "body")


def words_of(problem: Mapping[str, Any]) -> str:
    """Return the sentence for one of a ValidationError's `errors()`."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in PLAIN:
        return PLAIN[kind]
    match kind:
        case "literal_error" | "enum":
            return _choice(str(context["expected"]), given=problem.get("input"))
        case "too_short":
            return f"Must have at least {_items(context['min_length'])}, not {context['actual_length']}."
        case "too_long":
            return f"Must have at most {_items(context['max_length'])}."
        case _:
            text = str(problem["msg"]).removeprefix("Value error, ")
            return text if text.endswith((".", "?")) else f"{text}."


def _unknown(name: str, known: Collection[str], elsewhere: Mapping[str, str]) -> str:
    near = nearest(name, [*known, *elsewhere], most=1)
    hint = suggestion([elsewhere.get(each, each) for each in near]) or f" Known fields: {', '.join(known)}."
    return f"Unknown field '{name[:SHOWN]}'.{hint}"


def _choice(expected: str, *, given: Any) -> str:
    allowed = expected.replace("'", "")
    words = allowed.replace(" or ", ", ").split(", ")
    return f"Must be {allowed}.{did_you_mean(given, words) if isinstance(given, str) else ''}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
