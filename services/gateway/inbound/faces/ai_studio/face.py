"""AI Studio's words for errors: `{"error": {"code", "message", "details"}, "timestamp"}`."""

from collections.abc import Mapping
from typing import Final

from libs.chassis.errors import PlatformError
from libs.contracts.envelope import JsonObject
from services.gateway.inbound.faces.ai_studio.translate import status_words
from services.gateway.inbound.http.errors import ErrorOut, standard_body
from services.gateway.inbound.http.face import Access, Face

# What the platform's standard codes do not tell apart.
CODES: Final[Mapping[str, str]] = {
    "not_a_subscriber": "SUBSCRIPTION_REQUIRED",
    "payment_declined": "PAYMENT_DECLINED",
}


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document's "Standard Error Format" has it."""
    body = standard_body(error)
    if error.code in CODES:
        body["error"]["code"] = CODES[error.code]
    body["error"]["details"] = status_words(body["error"]["details"])
    return body


FACE: Final = Face(
    name="ai_studio",
    prefixes=("/api/ai-studio",),
    error_body=error_body,
    error_model=ErrorOut,
    access=Access.CLOSED,
    trailing_slash=True,
)
