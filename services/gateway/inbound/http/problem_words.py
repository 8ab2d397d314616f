"""What pydantic finds wrong with a value, in the words of whoever sent JSON: there are lists and objects, no tuples and dictionaries."""

from collections.abc import Mapping
from typing import Any, Final

from libs.contracts.names import did_you_mean

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


def words_of(problem: Mapping[str, Any]) -> str:
    """Return the sentence for one of a ValidationError's `errors()`."""
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in PLAIN:
        return PLAIN[kind]
    match kind:
        case "literal_error":
            return _choice(str(context["expected"]), given=problem.get("input"))
        case "too_short":
            return f"Must have at least {_items(context['min_length'])}, not {context['actual_length']}."
        case "too_long":
            return f"Must have at most {_items(context['max_length'])}."
        case _:
            text = str(problem["msg"]).removeprefix("Value error, ")
            return text if text.endswith((".", "?")) else f"{text}."


def _choice(expected: str, *, given: Any) -> str:
    allowed = expected.replace("'", "")
    words = allowed.replace(" or ", ", ").split(", ")
    return f"Must be {allowed}.{did_you_mean(given, words) if isinstance(given, str) else ''}"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"
