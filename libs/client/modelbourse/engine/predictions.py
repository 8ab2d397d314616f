"""AI Engine's predictions: made of rows, kept, listed, with what came of them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from modelbourse.answers.engine.predictions import KeptPrediction, KeptPredictions
from modelbourse.asking import ask_for, given, path_to
from modelbourse.gateway import Gateway, new_key
from modelbourse.steps import Steps

PREDICTIONS: Final = "/v1/ai/predictions"


def create_prediction(
    gateway: Gateway,
    model_id: str,
    *,
    features: Iterable[Mapping[str, Any]],
    timestamps: Iterable[datetime | str] | None = None,
    interval_level: float | None = None,
    symbol: str | None = None,
    idempotency_key: str | None = None,
) -> Steps[KeptPrediction]:
    """Predict one window of rows, oldest first; raise InvalidRequestError with all that is wrong, ConflictError for a model not trained."""
    data: dict[str, Any] = {"features": [dict(row) for row in features]}
    if timestamps is not None:
        data["timestamps"] = [_text(at) for at in timestamps]
    body = {"model_id": model_id, "data": data} | given(interval_level=interval_level, symbol=symbol)
    return ask_for(gateway, KeptPrediction, "POST", PREDICTIONS, body=body, key=idempotency_key or new_key())


def get_prediction(gateway: Gateway, prediction_id: str) -> Steps[KeptPrediction]:
    """Return a prediction, and what came of it; raise NotFoundError."""
    return ask_for(gateway, KeptPrediction, "GET", path_to(f"{PREDICTIONS}/", prediction_id, then=""))


def list_predictions(
    gateway: Gateway,
    *,
    model_id: str | None = None,
    start_date: date | datetime | str | None = None,
    end_date: date | datetime | str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Steps[KeptPredictions]:
    """Return a part of your predictions, the newest first; both dates are inclusive."""
    dates = {name: None if at is None else _text(at) for name, at in (("start_date", start_date), ("end_date", end_date))}
    params = given(model_id=model_id, limit=limit, offset=offset, **dates)
    return ask_for(gateway, KeptPredictions, "GET", PREDICTIONS, params=params)


def _text(at: date | datetime | str) -> str:
    return at if isinstance(at, str) else at.isoformat()
