"""AI Studio's answers about many days: `/explain/` and `/batch-predict/`, as one JSON body or as a stream of lines."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Body
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError, PlatformError
from services.gateway.domain.caller import Caller, Scope
from services.gateway.domain.model_errors import ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.ranges import BODY_MOST, LAST, STREAM_MOST, SYMBOLS_MOST
from services.gateway.inbound.faces.ai_studio.answers_ranges import BatchPredictions, Explanations
from services.gateway.inbound.faces.ai_studio.documents import ModelId
from services.gateway.inbound.faces.ai_studio.examples import BATCH_PREDICTIONS, EXPLANATIONS, MODEL_ID
from services.gateway.inbound.faces.ai_studio.face import FACE, error_body
from services.gateway.inbound.faces.ai_studio.reading_ranges import read_batch, read_explain
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, check_model_id
from services.gateway.inbound.faces.ai_studio.telling_ranges import Explaining, Predicting, Telling
from services.gateway.inbound.faces.ai_studio.wire import BatchIn
from services.gateway.inbound.http.accepting import wants
from services.gateway.inbound.http.described import ShownAs
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs
from services.gateway.inbound.http.strict_query import query
from services.gateway.inbound.http.strict_route import make_router
from services.gateway.usecases.predict_range import PredictedRange, PredictRange

LINES: Final = "application/x-ndjson"
Predictor = Annotated[Caller, needs(Scope.PREDICT)]
TOO_LARGE: Final = InvalidError(
    "The range is too large for one answer.",
    details={
        "start_date": [f"7 symbols and their days at 96 candles a day are 60480 predictions; at most {BODY_MOST}: ask for fewer days."]
    },
)
REFUSED: Final = refused(FACE, TOO_LARGE, ModelNotFoundError(MODEL_ID), ModelNotTrainedError("draft"), 504)
BOUNDS: Final = (
    f"Dates are UTC days, both inclusive; without `start_date` the last {LAST} candles up to `end_date` are meant. At most {SYMBOLS_MOST} "
    f"symbols and {BODY_MOST} rows (days times candles a day, holidays included); with `Accept: {LINES}` {STREAM_MOST}: a row a "
    'line as they come, then `{"summary": …}` with what stands beside the rows, or `{"error": …}` if something failed half-way.'
)
FILTERS: Final = [
    query(
        "symbols",
        f"Symbols, separated by commas, at most {SYMBOLS_MOST}; default: those that the model was trained on.",
        examples=["AAPL,MSFT"],
    ),
    query("start_date", f"First day, inclusive; default: the last {LAST} candles.", format="date", examples=["2012-12-03"]),
    query("end_date", "Last day, inclusive; default: the last there is.", format="date", examples=["2012-12-14"]),
]


def make_range_routes(predict: PredictRange) -> APIRouter:
    """Return the routes."""
    routes = make_router(prefix=PREFIX, tags=[TAG])
    _add_explaining(routes, predict)
    _add_batches(routes, predict)
    return routes


def _add_explaining(routes: APIRouter, predict: PredictRange) -> None:
    @routes.get(
        "/models/{model_id}/explain/",
        summary="Explain a model's predictions",
        description="SHAP values of each candle's prediction, from what was known at its close: `base_value` plus the SHAP values is "
        "`prediction_value`, the model's output for what it predicts, on `scale`. `feature_importance_global` is the mean of |SHAP| over "
        f"the rows of this answer, as shares of 1. {BOUNDS}",
        response_description="Explanations, symbol by symbol, the oldest first.",
        responses=REFUSED | _lines_of(EXPLANATIONS, name=Explaining.name),
        openapi_extra={"parameters": FILTERS},
    )
    async def explain(model_id: ModelId, request: Request, caller: Predictor) -> Annotated[Any, ShownAs(Explanations)]:
        """See `description`."""
        wanted = read_explain(request.query_params)
        lines = wants(request.headers.get("accept"), LINES)
        most = STREAM_MOST if lines else BODY_MOST
        run = await predict(check_model_id(model_id), account_id=caller.account_id, wanted=wanted, most=most, explain=True)
        return await _answer(run, Explaining(run), lines=lines)


def _add_batches(routes: APIRouter, predict: PredictRange) -> None:
    @routes.post(
        "/models/{model_id}/batch-predict/",
        summary="Predict many symbols on many days",
        description="Each candle's prediction, from what was known at its close, as `predict` would have made it then. Days without a "
        f"candle, and candles with too few before them for the model's features, are left out and counted in `skipped`. {BOUNDS}",
        response_description="Predictions, symbol by symbol, the oldest first.",
        responses=REFUSED | _lines_of(BATCH_PREDICTIONS, name=Predicting.name),
    )
    async def batch_predict(
        model_id: ModelId, request: Request, body: Annotated[Any, Body(), ShownAs(BatchIn)], caller: Predictor
    ) -> Annotated[Any, ShownAs(BatchPredictions)]:
        """See `description`."""
        batch = read_batch(body)
        lines = wants(request.headers.get("accept"), LINES)
        most = STREAM_MOST if lines else BODY_MOST
        run = await predict(check_model_id(model_id), account_id=caller.account_id, wanted=batch.range, most=most, explain=batch.shap)
        return await _answer(run, Predicting(run, confidence=batch.confidence), lines=lines)


async def _answer(run: PredictedRange, telling: Telling, *, lines: bool) -> Response:
    if not lines:
        return Response(await _body(run, telling), media_type="application/json")
    told = _lines(run, telling)
    # What fails before the first line still has a status of its own.
    first = await anext(told)
    return StreamingResponse(_from(first, told), media_type=LINES)


async def _body(run: PredictedRange, telling: Telling) -> bytes:
    """Return one JSON object; each page is written as it comes, so that no one moment has all the work."""
    async with aclosing(run.pages) as pages:
        written = [orjson.dumps(rows)[1:-1] async for symbol, page in pages if (rows := telling.rows(symbol, page))]
    return b'{"%s":[%s],%s' % (telling.name.encode(), b",".join(written), orjson.dumps(telling.summary())[1:])


async def _lines(run: PredictedRange, telling: Telling) -> AsyncGenerator[bytes, None]:
    """Yield lines, many at a time. Raise what fails before the first one; what fails later is the last line."""
    begun = False
    try:
        async with aclosing(run.pages) as pages:
            async for symbol, page in pages:
                if rows := telling.rows(symbol, page):
                    begun = True
                    yield b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    except PlatformError as error:
        if not begun:
            raise
        yield orjson.dumps(error_body(error), option=orjson.OPT_APPEND_NEWLINE)
    else:
        yield orjson.dumps({"summary": telling.summary()}, option=orjson.OPT_APPEND_NEWLINE)


async def _from(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


def _lines_of(example: dict[str, Any], *, name: str) -> dict[int | str, dict[str, Any]]:
    """Describe the stream of lines by an example of the whole."""
    summary = {"summary": {key: value for key, value in example.items() if key != name}}
    lines = "".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE).decode() for line in (*example[name], summary))
    return {200: {"content": {LINES: {"schema": {"type": "string"}, "example": lines}}}}
