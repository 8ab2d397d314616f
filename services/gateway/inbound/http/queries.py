"""Query parameters by one rule: what a route does not know is refused, what is there twice too, and no value is not given.

A misspelt filter must not look like one that found everything, and of two values nobody knows which is meant. A route that takes none
passes over what comes: clients send `page` to lists of one page.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from starlette.datastructures import QueryParams
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.ids import is_id
from libs.contracts.names import did_you_mean

W = TypeVar("W", bound=str)
SHOWN: Final = 60
NAMED_MOST: Final = 20
CANNOT_FILTER: Final = "The list cannot be filtered like this."
TWICE: Final = "It is there more than once: send it once."


class InvalidQueryError(InvalidError, code="invalid"):
    """A request's query cannot be used; `details` names its parameters."""


def known_queries(dependant: Dependant, extra: Mapping[str, Any] | None) -> dict[str, bool]:
    """Return a route's query parameters, and whether each may come more than once (OpenAPI's `explode`).

    They are FastAPI's own, and those that the OpenAPI document has besides.
    """
    declared = {field.alias: False for field in get_flat_params(dependant) if isinstance(field.field_info, params.Query)}
    besides = (each for each in (extra or {}).get("parameters", ()) if each["in"] == "query")
    return declared | {each["name"]: each.get("explode", False) for each in besides}


def check_queries(given: QueryParams, *, known: Mapping[str, bool]) -> None:
    """Raise InvalidError for a parameter that is not known, with the nearest that is, and for one that is there twice."""
    problems = dict(_problems(given, known))
    if not problems:
        return
    strange = [name for name in problems if name not in known]
    message = f"Unknown query parameter: {', '.join(strange)}." if strange else f"Query parameter given twice: {', '.join(problems)}."
    raise InvalidQueryError(message, details=problems)


def _problems(given: QueryParams, known: Mapping[str, bool]) -> Iterator[tuple[str, list[str]]]:
    wrong = [name for name in given if name not in known or (not known[name] and len(given.getlist(name)) > 1)]
    names = ", ".join(sorted(known))
    for name in wrong[:NAMED_MOST]:
        unknown = f"There is no such parameter; there are {names}.{did_you_mean(name[:SHOWN], known)}"
        yield name[:SHOWN], [TWICE if name in known else unknown]


def without_empty(given: QueryParams) -> QueryParams:
    """Return the parameters that have a value."""
    return QueryParams([(name, value) for name, value in given.multi_items() if value])


def query(name: str, description: str, *, several: bool = False, **schema: Any) -> dict[str, Any]:
    """Return the OpenAPI part that describes a query parameter which the route reads itself; a string, if `schema` has no type.

    One of which `several` are taken may be repeated.
    """
    schema = {"type": "string"} | schema
    described = {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
    return described | {"explode": True} if several else described


def read_word(request: Request, name: str, *, known: Iterable[W]) -> W | None:
    """Read a filter that is one of some words. Raise InvalidError that lists them and names the nearest."""
    word = request.query_params.get(name)
    return as_word(word, name, known=known) if word else None


def read_id(request: Request, name: str, *, prefix: str) -> str | None:
    """Read a filter that is an id. Raise InvalidError for what cannot be one."""
    text = request.query_params.get(name)
    return as_id(text, name, prefix=prefix) if text else None


def as_word(text: str, name: str, *, known: Iterable[W], refusal: str = CANNOT_FILTER) -> W:
    """Return that of some words which was given under a name. Raise InvalidError that lists them and names the nearest."""
    words = {str(word): word for word in known}
    if text not in words:
        problem = f"'{text[:SHOWN]}' is not one of {', '.join(words)}.{did_you_mean(text, list(words))}"
        raise InvalidError(refusal, details={name: [problem]})
    return words[text]


def as_seconds(text: str, name: str, *, most: int, refusal: str = CANNOT_FILTER) -> int:
    """Return what was given under a name as seconds, 0 where nothing was. Raise InvalidError for what is no number of them."""
    text = text or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise InvalidError(refusal, details={name: [f"'{text[:SHOWN]}' is no number of seconds from 0 to {most}."]})
    return int(text)


def as_id(text: str, name: str, *, prefix: str, refusal: str = CANNOT_FILTER) -> str:
    """Return what was given under a name as an id. Raise InvalidError for what cannot be one."""
    if not is_id(text, prefix=prefix):
        raise InvalidError(refusal, details={name: [f"'{text[:SHOWN]}' is not an id: it begins with {prefix}_."]})
    return text
