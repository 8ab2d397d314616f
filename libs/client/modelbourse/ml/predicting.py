"""ML Development's predictions: what a recipe's model says of rows, or of those of a file or data set, waited for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from modelbourse.answers.ml_development.predictions import MlPredictions, MlPredictionWhole
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.ml.models import MODELS
from modelbourse.ml.waiting import wait_for
from modelbourse.steps import Steps

Watch = Callable[[MlPredictionWhole], None]


def predict(
    gateway: Gateway,
    model_id: str,
    rows: Sequence[Mapping[str, Any]] | None = None,
    *,
    data: str | None = None,
    version: str | None = None,
    wait: bool = True,
    timeout: float | None = None,
    progress: bool = False,
    watch: Watch | None = None,
    idempotency_key: str | None = None,
) -> Steps[MlPredictionWhole]:
    """Ask a model about rows, or about those of `data`: a path of your data root, or `dataset:<id>`; a forecast needs neither.

    With `wait` it returns the answer, as `wait_for_prediction` does. Raise InvalidRequestError with each mistake by row and column,
    ConflictError for a model that has no files to be asked, PaymentError.
    """
    body = given(rows=None if rows is None else [dict(row) for row in rows], data=data, version=version)
    asked = yield from ask_for(
        gateway, MlPredictionWhole, "POST", path_to(f"{MODELS}/", model_id, "predict", then=""), body=body, key=idempotency_key or new_key()
    )
    if not wait or asked.status == "succeeded":
        return asked
    return (yield from wait_for_prediction(gateway, model_id, asked.id, timeout=timeout, progress=progress, watch=watch))


def get_prediction(gateway: Gateway, model_id: str, prediction_id: str) -> Steps[MlPredictionWhole]:
    """Return what a model was asked, as far as it is answered. Raise NotFoundError."""
    return ask_for(gateway, MlPredictionWhole, "GET", _path(model_id, prediction_id))


def list_predictions(gateway: Gateway, model_id: str, *, limit: int = 100, offset: int = 0) -> Steps[MlPredictions]:
    """Return a part of what a model was asked, the newest first, without rows."""
    return ask_for(gateway, MlPredictions, "GET", _path(model_id), params={"limit": limit, "offset": offset})


def wait_for_prediction(
    gateway: Gateway, model_id: str, prediction_id: str, *, timeout: float | None = None, progress: bool = False, watch: Watch | None = None
) -> Steps[MlPredictionWhole]:
    """Wait until it is answered, or has failed (`status`, `error`), and return it. Raise WaitTimeoutError after `timeout` seconds.

    `progress` shows a bar on stderr (lines, where that is no terminal); `watch` is called each time it is looked at.
    """
    return wait_for(
        gateway,
        f"the prediction {prediction_id}",
        lambda: get_prediction(gateway, model_id, prediction_id),
        ended=lambda seen: seen.status in {"succeeded", "failed"},
        stands=lambda seen: (seen.progress, seen.stage if seen.status == "running" else seen.status),
        timeout=timeout,
        progress=progress,
        watch=watch,
    )


def get_prediction_file(gateway: Gateway, model_id: str, prediction_id: str, path: str = "predictions.csv") -> Steps[bytes]:
    """Return all rows of an answer as `predictions.csv` or `predictions.jsonl`. Raise NotFoundError before there are any."""
    answer = yield from gateway.ask("GET", _path(model_id, prediction_id, "files", path))
    return bytes(answer.content)


def _path(model_id: str, *parts: str) -> str:
    return path_to(f"{MODELS}/", model_id, "predictions", *parts, then="")
