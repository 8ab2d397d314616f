"""Answers as a route shows them in the OpenAPI document: an example, and errors in each face's own words, its own and what any may."""

from collections.abc import Mapping
from typing import Any, Final

from libs.chassis.bus.port import AskRefusedError, AskTimeoutError
from libs.chassis.errors import ErrorKind, InvalidError, PlatformError, UnavailableError
from modelbourse.answers.builder.said import CORRELATION_ID
from services.gateway.domain.errors import (
    AuthenticationError,
    EncodedBodyError,
    KeyReusedError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    TooManyRequestsError,
    UnreadableRequestError,
)
from services.gateway.inbound.http.described import Schema, component
from services.gateway.inbound.http.errors import STATUS_AND_CODE, body_of, headers_of, status_of
from services.gateway.inbound.http.face import Face, Faces

AT: Final = "2026-01-15T15:45:00.000Z"
LIMITED: Final = ("/api/", "/auth/", "/v1/")
ERROR_FROM: Final = 400
FASTAPI_S_OWN: Final = "HTTPValidationError"
MEANINGS: Final[Mapping[int, str]] = {
    400: "The request cannot be used.",
    401: "There is no valid credential.",
    402: "Too few compute credits are left, or a payment was declined.",
    403: "The credential or the account's tier is not good for this.",
    404: "There is no such thing, or it is somebody else's.",
    409: "It does not go together with what is there, or was changed at the same time.",
    413: "The request is too large.",
    415: "The request's body is compressed.",
    416: "The file does not have this part.",
    429: "Too many requests; `Retry-After` says in how many seconds to come back.",
    503: "A part of the platform is away for a moment.",
    504: "A part of the platform did not answer in time.",
}
UNREADABLE: Final = UnreadableRequestError(
    "The request's body cannot be read.", details={"body": ["The body is not JSON: Expecting value at line 1, column 1."]}
)
USUAL: Final[Mapping[int, PlatformError]] = {
    400: InvalidError(UNREADABLE.message, details=UNREADABLE.details),
    401: AuthenticationError("The token has expired; refresh it or log in again."),
    402: AskRefusedError(
        "Not enough compute credits: the job needs 0.05 hours, 0.01 are left this month on tier 'free'",
        kind=ErrorKind.UNPAID,
        code="insufficient_credits",
    ),
    403: PermissionDeniedError("This credential is not good for 'admin'; it has: predict, read."),
    404: NotFoundError("There is no such thing."),
    409: KeyReusedError(
        "This Idempotency-Key was already used for another request.",
        details={"Idempotency-Key": ["Use a new key for a new request, or send the first request again."]},
    ),
    413: PayloadTooLargeError("The request's body is too large; at most 1000000 bytes are read."),
    415: EncodedBodyError("gzip"),
    429: TooManyRequestsError("The limit of 3000 requests an hour is used up; try again in 1800 s.", retry_after_s=1800),
    503: UnavailableError("The store is not available right now; try again in a moment."),
    504: AskTimeoutError("No answer to prediction.make within 2 s"),
}


def refused(face: Face, *errors: PlatformError | int) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` for what it refuses: an error of its own, or the status of a usual one.

    What follows from its input, its credential and the gate needs no mention: `describe_refusals` adds it.
    """
    return {
        status_of(error, face=face): _refusal(face, error) for error in (USUAL[each] if isinstance(each, int) else each for each in errors)
    }


def describe_refusals(document: Schema, *, faces: Faces) -> None:
    """Add to every route the refusals that it does not describe itself, and to each the schema of its face's errors."""
    for path, methods in document["paths"].items():
        face = faces.owner_of(path)
        error_schema = component(document, face.error_model, mode="serialization")
        for operation in methods.values():
            answers = operation["responses"]
            if FASTAPI_S_OWN in str(answers.get("422")):
                del answers["422"]
            for status in _usual_statuses(path, operation, face=face):
                answers.setdefault(str(status_of(USUAL[status], face=face)), _refusal(face, USUAL[status]))
            if "requestBody" in operation:
                answers.setdefault(str(status_of(UNREADABLE, face=face)), _refusal(face, UNREADABLE))
            for status, answer in answers.items():
                if int(status) >= ERROR_FROM:
                    answer["content"]["application/json"].setdefault("schema", dict(error_schema))
            operation["responses"] = dict(sorted(answers.items()))
    # FastAPI's own shape of a validation error, which nobody is answered with here.
    for unused in (FASTAPI_S_OWN, "ValidationError"):
        document["components"]["schemas"].pop(unused, None)


def is_bounded(parameter: Schema) -> bool:
    """Tell whether a parameter of a path may be what cannot be read: no number where one is wanted, or too long."""
    schema = parameter.get("schema", {})
    return parameter["in"] == "path" and (
        schema.get("type") != "string" or bool(schema.keys() & {"maxLength", "minLength", "pattern", "enum"})
    )


def _usual_statuses(path: str, operation: Schema, *, face: Face) -> set[int]:
    statuses = set()
    asked = operation.get("parameters", [])
    if "requestBody" in operation:
        statuses |= {400, 413, 415}
    if any(parameter["in"] == "query" or is_bounded(parameter) for parameter in asked):
        statuses.add(400)
    if any(parameter["name"] == "Idempotency-Key" for parameter in asked):
        statuses |= {400, 409}
    if operation.get("security"):
        statuses |= {401, 403, 503}
    if "{" in path:
        statuses.add(404)
    if face.limits or path.startswith(LIMITED):
        statuses |= {429, 503}
    return statuses


def _refusal(face: Face, error: PlatformError) -> Schema:
    body = body_of(error, face=face)
    if "timestamp" in body:
        body["timestamp"] = AT  # The document is the same whenever it is written.
    if "correlation_id" in body:
        body["correlation_id"] = CORRELATION_ID
    meaning = MEANINGS.get(status_of(error, face=face)) if error.kind is ErrorKind.INVALID else None
    answer: Schema = {
        "description": meaning or MEANINGS[STATUS_AND_CODE[error.kind][0]],
        "content": {"application/json": {"example": body}},
    }
    if headers := headers_of(error):
        answer["headers"] = {name: {"schema": {"type": "string"}, "example": value} for name, value in headers.items()}
    return answer
