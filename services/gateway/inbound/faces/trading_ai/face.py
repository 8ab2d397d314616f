"""Trading AI's words for errors: `{"detail": "…"}`, one text that names each field and what is wrong with it."""

from typing import Final

from pydantic import BaseModel, Field

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.envelope import JsonObject
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.models.errors import JobNotFoundError
from services.gateway.inbound.http.face import Access, Face, Limit, Window
from services.gateway.inbound.http.paging import Offsets

TOO_MANY: Final = "Rate limit exceeded. Please try again later."
TOO_MANY_REQUESTS: Final = TooManyRequestsError(TOO_MANY, retry_after_s=60)
PAGES: Final = Offsets(size=50)


class Refusal(BaseModel):
    """An error."""

    detail: str = Field(description="What is wrong; of a request that cannot be used, by field.")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document does."""
    return Refusal(detail=_detail(error)).model_dump()


def _detail(error: PlatformError) -> str:
    if isinstance(error, JobNotFoundError):
        return f"Backtest not found: {error.job_id}"
    if error.kind is ErrorKind.INVALID and error.details:
        return " ".join(_about(field, words) for field, problems in error.details.items() for words in problems)
    return error.message


def _about(field: str, words: str) -> str:
    """Return what is wrong with a field; the words need no name in front where they have it already, or where it is the whole body."""
    return words if field == "body" or field in words else f"{field}: {words}"


FACE: Final = Face(
    name="trading_ai",
    title="Trading AI",
    nouns={"backtests": "Strategies by rules, played on candles of the past."},
    prefixes=("/api/backtests",),
    error_body=error_body,
    error_model=Refusal,
    access=Access.DOCUMENTED,
    limits=(Limit(60, Window.MINUTE, refusal=TOO_MANY),),
)
