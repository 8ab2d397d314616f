"""Query parameters that nobody reads are an error: a misspelt filter must not look like one that found everything."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean

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
