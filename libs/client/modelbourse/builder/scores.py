"""Model Builder's scoring: the sentiment of texts as a column of candles."""

from collections.abc import Callable
from typing import Final

from modelbourse.answers.builder.said import BuilderPage
from modelbourse.answers.builder.scores import TextScoreRow, TextScores, TextScoreStatus
from modelbourse.asking import given, path_to
from modelbourse.builder.asking import ask_builder, get_part
from modelbourse.builder.waiting import wait_for
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

SCORE: Final = "/score"


def score_texts(
    gateway: Gateway,
    model: str,
    data_path: str,
    dataset_name: str,
    *,
    version: str | None = None,
    stage: str | None = None,
    text_column: str | None = None,
    time_column: str | None = None,
    symbol_column: str | None = None,
    symbol: str | None = None,
    timeframe: str | None = None,
    symbol_suffix: str | None = None,
    tz: str | None = None,
    output_dir: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[TextScores]:
    """Score texts with the time of their publication: each symbol's candles get `sentiment_score`, known at the candle's close.

    Raise InvalidRequestError, NotFoundError or PaymentError.
    """
    body = {"model": model, "data_path": data_path, "dataset_name": dataset_name} | given(
        version=version,
        stage=stage,
        text_column=text_column,
        time_column=time_column,
        symbol_column=symbol_column,
        symbol=symbol,
        timeframe=timeframe,
        symbol_suffix=symbol_suffix,
        tz=tz,
        output_dir=output_dir,
    )
    return ask_builder(gateway, TextScores, "POST", SCORE, body=body, key=idempotency_key or new_key())


def list_scores(
    gateway: Gateway, *, status: TextScoreStatus | None = None, limit: int = 20, offset: int = 0
) -> Steps[BuilderPage[TextScoreRow]]:
    """Return a part of your scorings, the newest first."""
    return get_part(gateway, TextScoreRow, SCORE, limit=limit, offset=offset, **given(status=status))


def get_scores(gateway: Gateway, job_id: str) -> Steps[TextScores]:
    """Return a scoring as it stands; raise NotFoundError."""
    return ask_builder(gateway, TextScores, "GET", path_to(f"{SCORE}/", job_id, then=""))


def cancel_scores(gateway: Gateway, job_id: str) -> Steps[TextScores]:
    """End a scoring; raise NotFoundError, or ConflictError for one that has ended."""
    return ask_builder(gateway, TextScores, "DELETE", path_to(f"{SCORE}/", job_id, then=""))


def wait_for_scores(
    gateway: Gateway, job_id: str, *, timeout: float | None = None, watch: Callable[[TextScores], None] | None = None
) -> Steps[TextScores]:
    """Wait until texts are scored and return how. Raise BuilderJobFailedError, BuilderJobCancelledError or WaitTimeoutError."""
    return wait_for(gateway, job_id, lambda: get_scores(gateway, job_id), timeout=timeout, watch=watch)
