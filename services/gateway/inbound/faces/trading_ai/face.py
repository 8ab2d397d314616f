"""Trading AI's words for errors: `{"detail": "…"}`, one text that names each field and what is wrong with it."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, Field

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.training import JobState
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.problems import REQUIRED
from services.gateway.inbound.faces.trading_ai.words import STATUSES
from services.gateway.inbound.http.face import Access, Face, Limit, Window
from services.gateway.inbound.http.paging import Offsets

# How its lists are walked.
PAGES: Final = Offsets(size=50)
TOO_MANY: Final = "Rate limit exceeded. Please try again later."
TOO_MANY_REQUESTS: Final = TooManyRequestsError(TOO_MANY, retry_after_s=60)
# What the platform calls a job that is not there, and what it is called here.
NOT_FOUND: Final[Mapping[str, str]] = {"backtest job": "Backtest", "training job": "Training job"}
WHAT_TO_SEND: Final = "Send a JSON object with strategy_name, symbol, timeframe, start_date and end_date."


class Refusal(BaseModel):
    """An error."""

    detail: str = Field(description="What is wrong; of a request that cannot be used, by field.")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document does."""
    return Refusal(detail=_detail(error)).model_dump()


def _detail(error: PlatformError) -> str:
    match error:
        case JobNotFoundError():
            return f"{NOT_FOUND.get(error.noun, 'Task')} not found: {error.job_id}"
        case JobEndedError():
            return f"Only a backtest that is PENDING or RUNNING can be cancelled; this one is {STATUSES[JobState(error.state)]}."
        case _ if error.kind is ErrorKind.INVALID and error.details:
            return " ".join(_about(field, words) for field, problems in error.details.items() for words in problems)
        case _:
            return error.message


def _about(field: str, words: str) -> str:
    """Return what is wrong with a field in a sentence; it needs no name in front where it has it, or where it is the whole body."""
    if field == "body":
        return f"{'There is no body.' if words == REQUIRED else words} {WHAT_TO_SEND}"
    sentence = words if words.endswith((".", "?")) else f"{words}."
    # What there is not is not named by a sentence that lists what there is, though it may hold the word: `order` in `sort_order`.
    named = field in words and not words.startswith("There is no such ")
    return sentence if named else f"{field}: {sentence}"


FACE: Final = Face(
    name="trading_ai",
    title="Trading AI",
    nouns={
        "signals": "Analyses of a market, and what came of them.",
        "tasks": "Work that takes long: trainings and backtests.",
        "training jobs": "Trainings of models, and their deployment.",
        "backtests": "Strategies by rules or by models, played on candles of the past.",
        "monitoring": "The health of the platform, and its alerts.",
        "chat": "Questions about the platform, answered from its own pages.",
    },
    prefixes=("/api/backtests", "/api/tasks", "/api/training/jobs", "/api/monitoring", "/api/chat/project", "/ai"),
    exact=frozenset({"/", "/health", "/debug/gpt4", "/predict-trend", "/ws"}),
    error_body=error_body,
    error_model=Refusal,
    access=Access.DOCUMENTED,
    limits=(Limit(60, Window.MINUTE, refusal=TOO_MANY),),
)
