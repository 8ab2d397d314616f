"""Query parameters: described, read, and refused where nobody reads them, as a misspelt filter must not look like one that found all."""

from collections.abc import Collection, Iterable
from typing import Any, Final, TypeVar

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.names import did_you_mean

W = TypeVar("W", bound=str)
SHOWN: Final = 60
NAMED_MOST: Final = 20


def known_queries(dependant: Dependant, extra: dict[str, Any] | None) -> frozenset[str]:
    """Return the names of a route's query parameters: FastAPI's own, and those that the OpenAPI document has besides."""
    declared = {field.alias for field in get_flat_params(dependant) if isinstance(field.field_info, params.Query)}
    return frozenset(declared | {each["name"] for each in (extra or {}).get("parameters", ()) if each["in"] == "query"})


def check_queries(given: Iterable[str], *, known: Collection[str]) -> None:
    """Raise InvalidError for a parameter that is not known, with the nearest that is."""
    strange = list(dict.fromkeys(name for name in given if name not in known))[:NAMED_MOST]
    if not strange:
        return
    names, problems = ", ".join(sorted(known)), {}
    for name in (each[:SHOWN] for each in strange):
        problems[name] = [f"There is no such parameter; there are {names}.{did_you_mean(name, known)}"]
    message = f"Unknown query parameter: {', '.join(problems)}."
    raise InvalidError(message, details=problems)


def query(name: str, description: str, **schema: Any) -> dict[str, Any]:
    """Return the OpenAPI part that describes a query parameter which the route reads itself; a string, if `schema` has no type."""
    schema = {"type": "string"} | schema
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def read_word(request: Request, name: str, *, known: Iterable[W]) -> W | None:
    """Read a filter that is one of some words. Raise InvalidError that lists them and names the nearest."""
    word, words = request.query_params.get(name), list(known)
    if word is None or word == "":
        return None
    found = next((each for each in words if each == word), None)
    if found is None:
        problem = f"'{word[:SHOWN]}' is not one of {', '.join(words)}.{did_you_mean(word, words)}"
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [problem]})
    return found


def read_id(request: Request, name: str, *, prefix: str) -> str | None:
    """Read a filter that is an id. Raise InvalidError for what cannot be one."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    if not is_id(text, prefix=prefix):
        msg = "The list cannot be filtered like this."
        raise InvalidError(msg, details={name: [f"'{text[:SHOWN]}' is not an id: it begins with {prefix}_."]})
    return text
