"""Error answers as the OpenAPI document shows them: each route gets those that the gate and its input can bring about."""

from typing import Any, Final

Schema = dict[str, Any]

ERROR: Final = "Error"
OAUTH_ERROR: Final = "OAuthError"
TOKEN: Final = "/auth/token"  # noqa: S105  # a path
LIMITED: Final = ("/api/", "/auth/")
SCHEMAS: Final[dict[str, Schema]] = {
    ERROR: {
        "type": "object",
        "required": ["error", "timestamp"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "details"],
                "properties": {
                    "code": {"type": "string", "description": "Stable; for programs."},
                    "message": {"type": "string", "description": "For people."},
                    "details": {
                        "type": "object",
                        "description": "Messages by field.",
                        "additionalProperties": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
            "timestamp": {"type": "string", "format": "date-time"},
        },
    },
    OAUTH_ERROR: {
        "type": "object",
        "description": "RFC 6749 section 5.2.",
        "required": ["error", "error_description"],
        "properties": {
            "error": {"enum": ["invalid_grant", "invalid_request", "unsupported_grant_type", "slow_down", "temporarily_unavailable"]},
            "error_description": {"type": "string"},
        },
    },
}
SAID: Final[dict[int, tuple[str, str, dict[str, list[str]]]]] = {
    400: ("VALIDATION_ERROR", "The request cannot be used: see name.", {"name": ["This field is required"]}),
    401: ("AUTHENTICATION_ERROR", "The token has expired; refresh it or log in again.", {}),
    403: ("PERMISSION_DENIED", "This credential is not good for 'admin'; it has: predict, read.", {}),
    404: ("RESOURCE_NOT_FOUND", "There is no such thing.", {}),
    409: ("CONFLICT", "There is already an account with this username.", {"username": ["There is already an account with this username."]}),
    413: ("PAYLOAD_TOO_LARGE", "The request's body is too large; at most 1000000 bytes are read.", {}),
    429: ("RATE_LIMIT_EXCEEDED", "The limit of 3000 requests an hour is used up; try again in 1800 s.", {}),
    503: ("SERVICE_UNAVAILABLE", "The store is not available right now; try again in a moment.", {}),
}
OAUTH_SAID: Final[dict[int, tuple[str, str]]] = {
    400: ("invalid_grant", "The username or password is wrong."),
    413: ("invalid_request", "The request's body is too large; at most 1000000 bytes are read."),
    429: ("slow_down", "Too many failed attempts; try again in 4 s."),
    503: ("temporarily_unavailable", "The store is not available right now; try again in a moment."),
}


def describe_refusals(schema: Schema) -> None:
    """Add to every route the refusals that it does not describe itself."""
    schema.setdefault("components", {}).setdefault("schemas", {}).update(SCHEMAS)
    # FastAPI's own shape of a validation error, which nobody is answered with here.
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            answers.pop("422", None)
            for status in sorted(_statuses(path, operation)):
                answers.setdefault(str(status), _oauth(status) if path == TOKEN else _standard(status))
            operation["responses"] = dict(sorted(answers.items()))


def _statuses(path: str, operation: Schema) -> set[int]:
    statuses = set()
    if "requestBody" in operation:
        statuses |= {400, 413}
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        statuses.add(400)
    if operation.get("security"):
        statuses |= {401, 403, 503}
    if "{" in path:
        statuses.add(404)
    if path.startswith(LIMITED):
        statuses |= {429, 503}
    if path == "/auth/register":
        statuses.add(409)
    return statuses


def _standard(status: int) -> Schema:
    code, message, details = SAID[status]
    body = {"error": {"code": code, "message": message, "details": details}, "timestamp": "2026-11-23T09:30:00.000Z"}
    return _answer(code, schema=ERROR, example=body)


def _oauth(status: int) -> Schema:
    code, message = OAUTH_SAID[status]
    return _answer(code, schema=OAUTH_ERROR, example={"error": code, "error_description": message})


def _answer(description: str, *, schema: str, example: Schema) -> Schema:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}
    return {"description": description, "content": {"application/json": content}}
