"""Of what form an answer is wanted (`Accept`), and whether the client has it: strong ETag, If-None-Match, 304 (RFC 9110, 8.8.3, 13.1.2)."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

# Kept by its owner's client alone, and asked about each time: the address shows another picture when a new version serves.
CACHE: Final = "private, no-cache"
VARY: Final = "authorization"
# What was drawn is looked at: it has its styles in it, and fetches and runs nothing.
DRAWN_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
PARAMETER: Final[dict[str, Any]] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The `ETag` of what you have; the answer is 304 without a body while it is the same.",
}
HEADERS: Final[dict[str, Any]] = {
    "ETag": {"schema": {"type": "string"}, "description": "The SHA-256 of the body.", "example": f'"{"6b1f0e0f" * 8}"'},
    "Cache-Control": {"schema": {"type": "string"}, "example": CACHE},
}
SAME: Final[dict[str, Any]] = {"description": "You have it: it is the one with the ETag that you named.", "headers": HEADERS}


def wants(accept: str | None, kind: str) -> bool:
    """Tell whether an Accept header names a media type; whoever names none that there is gets JSON."""
    kinds = [part.partition(";") for part in (accept or "").lower().split(",")]
    return any(named.strip() == kind and "q=0" not in rest.replace(" ", "").split(";") for named, _, rest in kinds)


def etag_of(sha256: str) -> str:
    """Return the strong ETag of bytes with this hash."""
    return f'"{sha256}"'


def has(request: Request, sha256: str) -> bool:
    """Tell whether the client says that it has the bytes with this hash."""
    named = [tag.strip().removeprefix("W/") for line in request.headers.getlist("if-none-match") for tag in line.split(",")]
    return "*" in named or etag_of(sha256) in named


def kept_answer(body: bytes | None, *, sha256: str, media_type: str, policy: str | None = None) -> Response:
    """Return the body with what a cache needs to know of it, or 304 when there is none to send; `policy` is for browsers that show it."""
    headers = {"etag": etag_of(sha256), "cache-control": CACHE, "vary": VARY}
    if policy is not None:
        headers["content-security-policy"] = policy
    if body is None:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
