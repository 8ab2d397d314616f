"""Trading AI's words for errors: `{"detail": "…"}`, one text that names each field and what is wrong with it."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, Field

from libs.chassis.errors import ErrorKind, PlatformError
from libs.contracts.envelope import JsonObject
from libs.contracts.training import JobState
from services.gateway.domain.deployments.errors import IncompleteTrainingError, NotDeployableError
from services.gateway.domain.errors import TooManyRequestsError
from services.gateway.domain.jobs.errors import JobEndedError, JobNotFoundError
from services.gateway.domain.problems import REQUIRED
from services.gateway.inbound.faces.trading_ai.task_words import ENDED, TRAINING_STATUSES, TaskEndedError
from services.gateway.inbound.faces.trading_ai.task_words import STATUSES as TASK_STATUSES
from services.gateway.inbound.faces.trading_ai.words import STATUSES
from services.gateway.inbound.http.face import Access, Face, Limit, Window
from services.gateway.inbound.http.paging import Offsets
from services.gateway.inbound.http.refusals import refused
from services.gateway.usecases.jobs.retry_job import NotFailedError

# How its lists are walked.
PAGES: Final = Offsets(size=50)
# Six timeframes of a thousand candles each, every number in full and a line each, and what is said besides.
CANDLES_BODY: Final = 2_000_000
TOO_MANY: Final = "Rate limit exceeded. Please try again later."
TOO_MANY_REQUESTS: Final = TooManyRequestsError(TOO_MANY, retry_after_s=60)
# What the platform calls a job that is not there, and what it is called here.
NOT_FOUND: Final[Mapping[str, str]] = {"backtest job": "Backtest", "training job": "Training job"}
# So many sentences of an error are read; how many more there are is said.
TOLD_MOST: Final = 20
WHAT_TO_SEND: Final = "Send a JSON object with the fields that /docs names for this path."


class Refusal(BaseModel):
    """An error."""

    detail: str = Field(description="What is wrong; of a request that cannot be used, by field.")


class CannotCancel(Refusal):
    """A task that has ended; a request that cannot be used has `detail` alone."""

    success: bool = Field(default=False, description="False.")
    task_id: str = Field("", description="The task.")
    status: str = Field("", description="How it has ended.")
    message: str = Field("", description="The same as `detail`.")


class CannotDeploy(Refusal):
    """A training whose model cannot be deployed; a request that cannot be used has `detail` alone."""

    success: bool = Field(default=False, description="False.")


def error_body(error: PlatformError) -> JsonObject:
    """Say an error as the document does."""
    return Refusal(detail=_detail(error)).model_dump() | _beside(error)


def _beside(error: PlatformError) -> JsonObject:
    """Return what the document says of some errors beside the text."""
    match error:
        case TaskEndedError():
            status = TASK_STATUSES[error.ended_as]
            return {"success": False, "task_id": error.job_id, "status": status, "message": _detail(error)}
        case NotDeployableError():
            return {"success": False}
        case _:
            return {}


def _detail(error: PlatformError) -> str:
    match error:
        case JobNotFoundError():
            return f"{NOT_FOUND.get(error.noun, 'Task')} not found: {error.job_id}"
        case TaskEndedError() | NotFailedError() | IncompleteTrainingError():
            return _about_state(error)
        case JobEndedError():
            return f"Only a backtest that is PENDING or RUNNING can be cancelled; this one is {STATUSES[JobState(error.state)]}."
        case _ if error.kind is ErrorKind.INVALID and error.details:
            told = [(field, words) for field, problems in error.details.items() for words in problems]
            more = f" And {len(told) - TOLD_MOST:,} more." if len(told) > TOLD_MOST else ""
            return " ".join(_about(field, words) for field, words in told[:TOLD_MOST]) + more
        case _:
            return error.message


def _about_state(error: TaskEndedError | NotFailedError | IncompleteTrainingError) -> str:
    """Return why a task, or a training, is in no state for what is wanted."""
    match error:
        case TaskEndedError():
            return f"Cannot cancel {ENDED[error.ended_as]} task"
        case NotFailedError():
            return f"Cannot retry task with status {TASK_STATUSES[JobState(error.state)]}. Only FAILURE tasks can be retried."
        case IncompleteTrainingError():
            return f"Cannot deploy incomplete training job. Status: {TRAINING_STATUSES[error.state]}"


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
    bodies=dict.fromkeys(("/ai/analyze", "/ai/strategy-recommendations", "/ai/market-condition"), CANDLES_BODY),
)


def refused_as(model: type[Refusal], *errors: PlatformError | int) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` as `refused` does; a 400 is of this model."""
    described = refused(FACE, *errors)
    return described | {400: described[400] | {"model": model}}
