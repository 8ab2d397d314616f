"""How AI Studio's routes describe themselves in the OpenAPI document: bodies, examples, errors."""

from typing import Any, Final

from pydantic import BaseModel

AT: Final = "2026-01-15T15:45:00.000Z"
ERRORS: Final[dict[int, tuple[str, str]]] = {
    400: ("VALIDATION_ERROR", "The request cannot be used; `details` maps fields to problems."),
    401: ("AUTHENTICATION_ERROR", "There is no valid credential."),
    402: ("INSUFFICIENT_CREDITS", "Too few compute credits are left."),
    403: ("PERMISSION_DENIED", "The credential or subscription is not good for this."),
    404: ("RESOURCE_NOT_FOUND", "There is no such thing, or it is somebody else's."),
    409: ("CONFLICT", "The thing is busy or was changed at the same time."),
    413: ("PAYLOAD_TOO_LARGE", "The body is too large."),
    429: ("RATE_LIMIT_EXCEEDED", "Too many requests this hour; `Retry-After` says when to come back."),
    503: ("SERVICE_UNAVAILABLE", "A part of the platform is away for a moment."),
    504: ("TIMEOUT", "A part of the platform did not answer in time."),
}
ERROR_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["error", "timestamp"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            },
        },
        "timestamp": {"type": "string", "format": "date-time"},
    },
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error answers of a route: these and those that every route has."""
    return {status: _error(status) for status in sorted({401, 429, 503, *statuses})}


def answer(description: str, example: Any) -> dict[str, Any]:
    """Return a success answer with an example."""
    return {"description": description, "content": {"application/json": {"schema": _schema_of(example), "example": example}}}


def json_body(schema: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return the OpenAPI part that describes a JSON body which the route reads itself."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema.model_json_schema()}}}}


def query(name: str, description: str, *, words: list[str] | None = None, whole: bool = False) -> dict[str, Any]:
    """Return the OpenAPI part that describes a query parameter which the route reads itself."""
    schema: dict[str, Any] = {"type": "integer", "minimum": 1} if whole else {"type": "string"}
    if words:
        schema["enum"] = words
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


PAGES: Final = [
    query("page", "Page number, from 1.", whole=True),
    query("page_size", "Results a page, 1 to 100; 20 by default.", whole=True),
]


def _error(status: int) -> dict[str, Any]:
    code, description = ERRORS[status]
    details = {"features": ["This field is required"]} if status == 400 else {}  # noqa: PLR2004  # the table's key
    example = {"error": {"code": code, "message": description, "details": details}, "timestamp": AT}
    return {"description": description, "content": {"application/json": {"schema": ERROR_SCHEMA, "example": example}}}


def _schema_of(example: Any) -> dict[str, Any]:
    """Return the loosest schema that an example's shape has: a documented value may be null, with a reason."""
    match example:
        case dict():
            return {"type": "object", "properties": {name: _schema_of(value) for name, value in example.items()}}
        case list():
            return {"type": "array", "items": _schema_of(example[0]) if example else {}}
        case bool():
            return {"type": ["boolean", "null"]}
        case int() | float():
            return {"type": ["number", "null"]}
        case str():
            return {"type": ["string", "null"]}
        case _:
            return {}
