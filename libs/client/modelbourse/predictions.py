"""Predictions and their reasons: for the latest candles, or for symbols by dates, as one answer or row by row."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import httpx

from modelbourse.answers.answer import Answer
from modelbourse.answers.predictions import BatchPrediction, Explanation, Explanations, ExplanationSummary, Predictions, RangeSummary
from modelbourse.asking import ask_for, given, path_to
from modelbourse.errors import CutOffError
from modelbourse.gateway import Gateway
from modelbourse.models import MODELS
from modelbourse.refusals import told_refusal
from modelbourse.steps import Emit, Flow, Line, Steps

Day = dt.date | str
A = TypeVar("A", bound=Answer)
S = TypeVar("S", bound=Answer)
LINES: Final = "application/x-ndjson"
# A large range is computed while one waits for its first or its next row.
RANGE_TIMEOUT_S: Final = 300.0
CUT_OFF: Final = "the stream broke off before its end: not all rows have come"
# An error amid a stream has no status of its own: the answer began with 200.
STATUS_OF: Final = {"TIMEOUT": 504, "SERVICE_UNAVAILABLE": 503, "VALIDATION_ERROR": 400, "RESOURCE_NOT_FOUND": 404}


def predict(
    gateway: Gateway,
    model_id: str,
    symbols: Sequence[str],
    *,
    features: Mapping[str, Mapping[str, float] | None] | None = None,
) -> Steps[Predictions]:
    """Predict symbols from their latest candles, or from a symbol's features where all of them are given.

    Raise ConflictError (`MODEL_EXPIRED`) when the version is older than its model's `retrain.expire_after`.
    """
    body = given(symbols=_several(symbols), features=features)
    return ask_for(gateway, Predictions, "POST", path_to(MODELS, model_id, then="/predict/"), body=body)


def batch_predict(
    gateway: Gateway,
    model_id: str,
    symbols: Sequence[str],
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    include_confidence: bool = True,
    include_shap: bool = False,
    include_interactions: bool = False,
) -> Flow[BatchPrediction, RangeSummary]:
    """Iterate over predictions of symbols by dates as they are computed; then `summary` says what was left out.

    Without a start the last 30 candles. Interactions need SHAP values. Raise CutOffError when the stream breaks off, RefusedError when
    it ends in an error.
    """
    body = given(symbols=_several(symbols), start_date=_day(start_date), end_date=_day(end_date))
    body |= {"include_confidence": include_confidence, "include_shap": include_shap, "include_interactions": include_interactions}
    path = path_to(MODELS, model_id, then="/batch-predict/")
    return _rows(gateway, "POST", path, kind=BatchPrediction, end=RangeSummary, body=body)


def explain(
    gateway: Gateway,
    model_id: str,
    symbols: Sequence[str] | None = None,
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    include_interactions: bool = False,
) -> Steps[Explanations]:
    """Explain predictions of symbols by dates: SHAP values, and global importance over them. At most 10,000 rows.

    With interactions, `row.interactions["rsi_14"]["macd_signal"]` is what two features do together; a row then counts as many times as
    the model has features.
    """
    params = _explain(symbols, start_date, end_date, interactions=include_interactions)
    return ask_for(gateway, Explanations, "GET", path_to(MODELS, model_id, then="/explain/"), params=params, timeout=RANGE_TIMEOUT_S)


def explain_rows(
    gateway: Gateway,
    model_id: str,
    symbols: Sequence[str] | None = None,
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    include_interactions: bool = False,
) -> Flow[Explanation, ExplanationSummary]:
    """Iterate over explanations as they are computed, up to 250,000; then `summary` has the global importance.

    Interactions are as those of `explain`.
    """
    params = _explain(symbols, start_date, end_date, interactions=include_interactions)
    return _rows(gateway, "GET", path_to(MODELS, model_id, then="/explain/"), kind=Explanation, end=ExplanationSummary, params=params)


def _explain(symbols: Sequence[str] | None, start: Day | None, end: Day | None, *, interactions: bool) -> dict[str, Any]:
    named = {"symbols": ",".join(_several(symbols)) if symbols else None, "start_date": _day(start), "end_date": _day(end)}
    return named | {"include_interactions": "true" if interactions else None}


def _several(symbols: Sequence[str]) -> list[str]:
    """Return symbols as a list; one alone, which Python takes for a sequence of letters, is one."""
    return [symbols] if isinstance(symbols, str) else list(symbols)


def _day(day: Day | None) -> str | None:
    return day.isoformat() if isinstance(day, dt.date) else day


def _rows(gateway: Gateway, method: str, path: str, *, kind: type[A], end: type[S], **options: Any) -> Flow[A, S]:
    """Hand out a stream's rows and return what its last line says of all of them."""
    headers = {"Accept": LINES}
    answer = yield from gateway.ask(method, path, headers=headers, stream=True, timeout=RANGE_TIMEOUT_S, **options)
    while True:
        try:
            line = yield Line(answer.extensions["lines"])
        except httpx.TransportError as error:
            raise CutOffError(CUT_OFF) from error
        if line is None:
            raise CutOffError(CUT_OFF)
        if line.startswith('{"summary":'):
            return end.model_validate(json.loads(line)["summary"])
        if line.startswith('{"error":'):
            told = json.loads(line)["error"]
            raise told_refusal(told, status=STATUS_OF.get(told["code"], 500), headers=answer.headers)
        yield Emit(kind.model_validate_json(line))
