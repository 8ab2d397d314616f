"""The error that a gateway's answer tells, whichever words it is told in."""

from collections.abc import Mapping
from typing import Final

import httpx

from modelbourse.errors import InvalidRequestError, RefusedError

_BY_STATUS: Final[Mapping[int, type[RefusedError]]] = {
    kind.status_code: kind for kind in RefusedError.__subclasses__() if kind.status_code is not None
} | {422: InvalidRequestError}  # as AI Engine and ML Development have it
UNREADABLE: Final = "The request cannot be used."


def refusal(answer: httpx.Response) -> RefusedError:
    """Return the error that an answer tells; the answer's body has been read."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    told = body.get("error") if isinstance(body, dict) else None
    if isinstance(told, dict):
        return told_refusal(told, status=answer.status_code, headers=answer.headers)
    # OAuth2's words: {"error": "invalid_grant", "error_description": "…"}; Trading AI's and ML Development's: {"detail": "…"}.
    words: dict[str, object] = {"code": told, "message": body.get("error_description")} if isinstance(told, str) else {}
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, str):
        words |= {"message": detail}
    elif isinstance(detail, list):
        words |= {"message": UNREADABLE, "details": _by_field(detail)}
    return told_refusal(words, status=answer.status_code, headers=answer.headers)


def told_refusal(told: Mapping[str, object], *, status: int, headers: Mapping[str, str]) -> RefusedError:
    """Return the error of a body's `error`; an error amid a stream comes with the headers of the stream."""
    details, failing = told.get("details"), told.get("failing")
    if isinstance(details, dict) and isinstance(details.get("fields"), dict):
        details = details["fields"]  # Model Builder tells the first field, and all of them by field.
    return _BY_STATUS.get(status, RefusedError)(
        str(told.get("message") or f"The gateway answered {status}."),
        status=status,
        code=str(told.get("code") or f"HTTP_{status}"),
        details=details if isinstance(details, dict) else None,
        failing=failing if isinstance(failing, list) else None,
        request_id=headers.get("x-request-id"),
        retry_after=_seconds(headers.get("retry-after")),
    )


def _by_field(problems: list[object]) -> dict[str, list[str]]:
    """Return what is wrong by field, from a list of `loc` and `msg`: `["body", "rows", 0, "price"]` is `rows.0.price`."""
    found: dict[str, list[str]] = {}
    for each in problems:
        if isinstance(each, dict) and isinstance(loc := each.get("loc"), list):
            found.setdefault(".".join(str(part) for part in loc[1:] or loc), []).append(str(each.get("msg")))
    return found


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isascii() and text.isdigit() else None
