"""Errors as HTTP: the status of each kind of trouble, headers, and the body in the words of the owning face."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import orjson
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.chassis.errors import ErrorKind, InvalidError, PlatformError
from libs.contracts.envelope import JsonObject, Moment
from services.gateway.domain.errors import (
    AuthenticationError,
    DocumentsClosedError,
    EncodedBodyError,
    MethodNotAllowedError,
    StillRunningError,
    TooManyRequestsError,
)
from services.gateway.domain.problems import field_of, words_of
from services.gateway.inbound.http.face import Face

# The only place that knows a kind's status, but for what a face declares otherwise. A test says that no kind is missing.
STATUS_AND_CODE: Final[Mapping[ErrorKind, tuple[int, str]]] = {
    ErrorKind.INVALID: (400, "VALIDATION_ERROR"),
    ErrorKind.UNAUTHENTICATED: (401, "AUTHENTICATION_ERROR"),
    ErrorKind.UNPAID: (402, "INSUFFICIENT_CREDITS"),
    ErrorKind.FORBIDDEN: (403, "PERMISSION_DENIED"),
    ErrorKind.NOT_FOUND: (404, "RESOURCE_NOT_FOUND"),
    ErrorKind.CONFLICT: (409, "CONFLICT"),
    ErrorKind.TOO_LARGE: (413, "PAYLOAD_TOO_LARGE"),
    ErrorKind.UNSUPPORTED: (415, "UNSUPPORTED_MEDIA_TYPE"),
    ErrorKind.TOO_MANY: (429, "RATE_LIMIT_EXCEEDED"),
    ErrorKind.INTERNAL: (500, "INTERNAL_ERROR"),
    ErrorKind.UNAVAILABLE: (503, "SERVICE_UNAVAILABLE"),
    ErrorKind.TIMEOUT: (504, "TIMEOUT"),
}


# Where a request is not as described (`("body", "name")`), in which words, and pydantic's name of the problem.
RequestProblem: TypeAlias = tuple[tuple[str | int, ...], str, str]
# What the codes by kind do not tell apart.
OWN_CODES: Final[Mapping[str, str]] = {
    "account_suspended": "ACCOUNT_SUSPENDED",
    "subscription_required": "SUBSCRIPTION_REQUIRED",
}


class FailingRule(BaseModel):
    """A rule of a gate that a version does not pass."""

    metric: str = Field(description="Which metric.")
    op: str = Field(description="How it is compared.")
    wanted: float | None = Field(description="What it must reach; null where that is not known.")
    got: float | None = Field(description="What the platform has measured; null where it has not.")


class ProblemOut(BaseModel):
    """What is wrong."""

    code: str = Field(description="Stable, for programs: `VALIDATION_ERROR`, `RESOURCE_NOT_FOUND` …")
    message: str = Field(description="For people.")
    details: dict[str, list[str]] = Field(description="Messages by field.")
    failing: list[FailingRule] = Field(
        default_factory=list, description="Of a promotion that does not pass its gate, the sentences of `details.failing` as numbers."
    )


class ErrorOut(BaseModel):
    """An error in the platform's own words."""

    error: ProblemOut = Field(description="What is wrong, and where.")
    timestamp: Moment = Field(description="When it was refused (UTC).")


class OAuthErrorOut(BaseModel):
    """An error in OAuth2's words (RFC 6749 section 5.2)."""

    error: Literal["invalid_grant", "invalid_request", "unsupported_grant_type", "slow_down", "temporarily_unavailable", "server_error"] = (
        Field(description="Stable, for programs.")
    )
    error_description: str = Field(description="For people.")


class RangeNotSatisfiableError(InvalidError, code="range_not_satisfiable"):
    """A file does not have the part that is wanted of it (RFC 9110, section 15.5.17)."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes.", details={"Range": [f"The file has {size} bytes."]})
        self.size = size


class UnusableRequestError(InvalidError, code="invalid"):
    """A request that is not as its route describes it; `problems` are where, in which words and what kind, for faces that list them."""

    def __init__(self, details: Mapping[str, list[str]], *, problems: Sequence[RequestProblem]) -> None:
        fields = ", ".join(list(details)[:5])
        super().__init__(f"The request cannot be used: see {fields}." if fields else "The request cannot be used.", details=dict(details))
        self.problems = tuple(problems)


def status_of(error: PlatformError, *, face: Face) -> int:
    """Return the HTTP status of an error, as a face has it."""
    if isinstance(error, face.conflicts):
        return STATUS_AND_CODE[ErrorKind.CONFLICT][0]
    if isinstance(error, MethodNotAllowedError):
        return 405
    exception = next((status for kind, status in face.exceptions.items() if isinstance(error, kind)), None)
    return exception or face.statuses.get(error.kind) or STATUS_AND_CODE[error.kind][0]


def body_of(error: PlatformError, *, face: Face) -> JsonObject:
    """Say an error in a face's words, the fields as its requests have them."""
    if face.spell is None or not error.details:
        return face.error_body(error)
    # Not copy.copy, which would call an initialiser that takes something else.
    spelled = type(error).__new__(type(error))
    spelled.__dict__.update(error.__dict__)
    spelled.details = {".".join(map(face.spell, name.split("."))): problems for name, problems in error.details.items()}
    return face.error_body(spelled)


def standard_code(error: PlatformError) -> str:
    """Return an error's code in capitals, by its kind."""
    if isinstance(error, MethodNotAllowedError):
        return "METHOD_NOT_ALLOWED"
    return OWN_CODES.get(error.code, STATUS_AND_CODE[error.kind][1])


def standard_body(error: PlatformError) -> JsonObject:
    """Say an error in the platform's own words: `{"error": {"code", "message", "details"}, "timestamp"}`."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"code": standard_code(error), "message": error.message, "details": error.details, **error.facts}
    return {"error": said, "timestamp": at}


def oauth_body(error: PlatformError) -> JsonObject:
    """Say an error in OAuth2's words (RFC 6749 section 5.2; `slow_down` from RFC 8628 section 3.5)."""
    by_kind = {ErrorKind.TOO_MANY: "slow_down", ErrorKind.UNAVAILABLE: "temporarily_unavailable", ErrorKind.INTERNAL: "server_error"}
    code = error.code if error.code in {"invalid_grant", "unsupported_grant_type"} else by_kind.get(error.kind, "invalid_request")
    hints = " ".join(f"{field}: {' '.join(problems)}" for field, problems in error.details.items())
    return {"error": code, "error_description": f"{error.message} {hints}".strip()}


def headers_of(error: PlatformError) -> dict[str, str]:
    """Return the headers that an error's answer needs."""
    if isinstance(error, DocumentsClosedError):
        return {"www-authenticate": 'Bearer realm="modelbourse", Basic realm="Modelbourse documents", charset="UTF-8"'}
    if isinstance(error, AuthenticationError):
        return {"www-authenticate": 'Bearer realm="modelbourse"'}
    if isinstance(error, TooManyRequestsError):
        return {"retry-after": str(error.retry_after_s)}
    if isinstance(error, MethodNotAllowedError):
        return {"allow": error.allow}
    if isinstance(error, EncodedBodyError | RangeNotSatisfiableError):
        # RFC 9110, sections 15.5.16 and 15.5.17: what would have been read, what there is.
        return {"accept-encoding": "identity"} if isinstance(error, EncodedBodyError) else {"content-range": f"bytes */{error.size}"}
    passes = error.kind is ErrorKind.UNAVAILABLE or isinstance(error, StillRunningError)
    return {"retry-after": "1"} if passes else {}


def answer_error(error: PlatformError, *, face: Face) -> Response:
    """Return the answer to a refused request, in the face's words."""
    if face.error_page is not None:
        page = face.error_page(error, status_of(error, face=face))
        page.headers.update(headers_of(error))
        return page
    body = orjson.dumps(body_of(error, face=face), default=str)
    return Response(body, status_code=status_of(error, face=face), headers=headers_of(error), media_type="application/json")


def invalid_request(problems: Iterable[Mapping[str, Any]]) -> UnusableRequestError:
    """Turn pydantic's list of problems into one error with messages by field (`training_config.symbols.0`)."""
    details: dict[str, list[str]] = {}
    listed: list[RequestProblem] = []
    for problem in problems:
        words = words_of(problem)
        details.setdefault(field_of(problem["loc"]), []).append(words)
        listed.append((tuple(problem["loc"]), words, problem["type"]))
    return UnusableRequestError(details, problems=listed)
