"""AI Studio's predictions of many days: `/explain/` and `/batch-predict/`, as one JSON body or as a stream of lines."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.envelope import now
from libs.contracts.example_predictions import RANGE
from libs.market.own import OwnCatalogue
from modelbourse.answers import predictions as answers
from modelbourse.answers.answer import MODEL_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.dates import is_date
from services.gateway.domain.models.errors import EXPIRED_EXAMPLE, ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.predictions.ranges import BODY_MOST, LAST, STREAM_MOST, SYMBOLS_MOST, Plan, Range, too_many
from services.gateway.domain.problems import REQUIRED, Problems
from services.gateway.inbound.faces.ai_studio.face import FACE, ModelId, error_body, make_routes
from services.gateway.inbound.faces.ai_studio.predictions import near_misses, symbol_problems
from services.gateway.inbound.faces.ai_studio.range_rows import Explained, Predicted, Rows
from services.gateway.inbound.faces.ai_studio.reading import read_object
from services.gateway.inbound.http.described import Schema, ShownAs, answered
from services.gateway.inbound.http.exchange import exchange_of
from services.gateway.inbound.http.queries import query
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.representations import wants
from services.gateway.inbound.http.security import needs, used
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.predictions.predict_range import PredictedRange, PredictRange

Predictor = Annotated[Caller, needs(Scope.PREDICT)]
Use = Annotated[PredictRange, used(PredictRange)]
routes = make_routes("predictions")

LINES: Final = "application/x-ndjson"
DATES: Final = ("start_date", "end_date")
SWITCHES: Final = ("include_confidence", "include_shap", "include_interactions")
TRUE_OR_FALSE: Final = "Must be true or false."
WITH_INTERACTIONS: Final = (
    "With SHAP interaction values, `interactions`: a symmetric matrix by feature, each line of which adds up to the feature's SHAP value. "
    "Null for networks. A row then counts as many times as the model has features."
)
TOO_LARGE: Final = InvalidError(
    "The range is too large for one answer.", details={"start_date": [too_many(60_480, symbols=7, most=BODY_MOST)]}
)
MADE_AT: Final = datetime(2026, 1, 14, 15, 30, tzinfo=UTC)  # of the version in examples
REFUSED: Final = refused(FACE, TOO_LARGE, ModelNotFoundError(MODEL_ID), ModelNotTrainedError("draft"), EXPIRED_EXAMPLE, 504)
BOUNDS: Final = (
    f"Dates are UTC days, both inclusive; without `start_date` the last {LAST} candles up to `end_date` are meant. At most {SYMBOLS_MOST} "
    f"symbols and {BODY_MOST} rows (days times candles a day, holidays included); with `Accept: {LINES}` {STREAM_MOST}: a row a "
    'line as they come, then `{"summary": …}` with what stands beside the rows, or `{"error": …}` if something failed half-way.'
)
FILTERS: Final = [
    query(
        "symbols",
        f"Symbols, separated by commas, at most {SYMBOLS_MOST}; default: those that the model was trained on.",
        several=True,
        examples=["AAPL,MSFT"],
    ),
    query("start_date", f"First day, inclusive; default: the last {LAST} candles.", format="date", examples=["2012-12-03"]),
    query("end_date", "Last day, inclusive; default: the last there is.", format="date", examples=["2012-12-14"]),
    query("include_interactions", WITH_INTERACTIONS, type="boolean", default=False, examples=[True]),
]


class BatchIn(BaseModel):
    """Which symbols to predict on which days."""

    model_config = ConfigDict(extra="ignore")

    symbols: list[StrictStr] = Field(
        min_length=1, max_length=SYMBOLS_MOST, description="They are answered in this order.", examples=[["AAPL", "MSFT"]]
    )
    start_date: date | None = Field(
        None, description=f"First day, inclusive, UTC; left out: the last {LAST} candles up to `end_date`.", examples=["2012-12-03"]
    )
    end_date: date | None = Field(None, description="Last day, inclusive, UTC; left out: the last there is.", examples=["2012-12-14"])
    include_confidence: bool = Field(default=True, description="With `confidence` and `probabilities`.", examples=[True])
    include_shap: bool = Field(
        default=False, description="With `feature_contributions`, `base_value` and what belongs to them.", examples=[True]
    )
    include_interactions: bool = Field(default=False, description=f"{WITH_INTERACTIONS} It needs `include_shap`.", examples=[False])


@dataclass(frozen=True, slots=True)
class Batch:
    """What a request asks for."""

    range: Range
    confidence: bool
    shap: bool
    interactions: bool


async def _answer(run: PredictedRange, rows: Rows, *, lines: bool) -> Response:
    if not lines:
        return Response(await _body(run, rows), media_type="application/json")
    written = _lines(run, rows)
    # What fails before the first line still has a status of its own.
    first = await anext(written)
    return StreamingResponse(_from(first, written), media_type=LINES)


async def _body(run: PredictedRange, rows: Rows) -> bytes:
    """Return one JSON object; each page is written as it comes, so that no one moment has all the work."""
    async with aclosing(run.pages) as pages:
        written = [row async for symbol, page in pages for row in rows.write(symbol, page)]
    return _whole(rows, written, at=now())


def _whole(rows: Rows, written: Sequence[bytes], *, at: datetime) -> bytes:
    return b'{"%s":[%s],%s' % (rows.name.encode(), b",".join(written), rows.summary(at=at).model_dump_json()[1:].encode())


async def _lines(run: PredictedRange, rows: Rows) -> AsyncGenerator[bytes, None]:
    """Yield lines, many at a time. Raise what fails before the first one; what fails later is the last line."""
    begun = False
    try:
        async with aclosing(run.pages) as pages:
            async for symbol, page in pages:
                if written := rows.write(symbol, page):
                    begun = True
                    yield b"".join(b"%s\n" % row for row in written)
    except PlatformError as error:
        if not begun:
            raise
        yield orjson.dumps(error_body(error), option=orjson.OPT_APPEND_NEWLINE)
    else:
        yield _last_line(rows, at=now())


def _last_line(rows: Rows, *, at: datetime) -> bytes:
    return b'{"summary":%s}\n' % rows.summary(at=at).model_dump_json().encode()


async def _from(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(rest):
        yield first
        async for chunk in rest:
            yield chunk


def read_explain(query: QueryParams, *, own: Collection[str] = ()) -> Batch:
    """Return what a query asks for. Raise InvalidError with all problems."""
    given: dict[str, Any] = {name: query[name] for name in DATES if query.get(name)}
    symbols = [symbol.strip() for part in query.getlist("symbols") for symbol in part.split(",")] if "symbols" in query else None
    if symbols == [""]:
        symbols = None
    problems = _date_problems(given) | near_misses(query, known=("symbols", *DATES, "include_interactions"))
    problems |= symbol_problems(symbols, own=own) if symbols is not None else {}
    interactions = query.get("include_interactions") or "false"
    problems |= {} if interactions in {"true", "false"} else {"include_interactions": [TRUE_OR_FALSE]}
    _check(problems, "The explanation cannot be made: see the details.")
    return Batch(_range(symbols, given), confidence=True, shap=True, interactions=interactions == "true")


def read_batch(body: Any, *, own: Collection[str] = ()) -> Batch:
    """Return what a body asks for. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = _date_problems(given) | near_misses(given, known=BatchIn.model_fields)
    problems |= {"symbols": [REQUIRED]} if given.get("symbols") is None else symbol_problems(given["symbols"], own=own)
    problems |= {name: [TRUE_OR_FALSE] for name in SWITCHES if name in given and not isinstance(given[name], bool)}
    shap, interactions = given.get("include_shap", False), given.get("include_interactions", False)
    if interactions is True and shap is False:
        problems["include_interactions"] = ["Needs include_shap: interactions are parts of the SHAP values."]
    _check(problems, "The prediction cannot be made: see the details.")
    return Batch(_range(given["symbols"], given), given.get("include_confidence", True), shap, interactions)


def _range(symbols: list[str] | None, given: Mapping[str, Any]) -> Range:
    start, end = (date.fromisoformat(given[name]) if given.get(name) else None for name in DATES)
    return Range(tuple(symbols) if symbols is not None else None, start, end)


def _date_problems(given: Mapping[str, Any]) -> Problems:
    problems = {name: ["Must be a date such as 2012-12-31."] for name in DATES if given.get(name) is not None and not is_date(given[name])}
    start, end = given.get("start_date"), given.get("end_date")
    if not problems and start and end and start > end:  # as text they sort as dates do
        problems["end_date"] = [f"Must not be before start_date, which is {start}."]
    return problems


def _check(problems: Problems, message: str) -> None:
    if problems:
        raise InvalidError(message, details=problems)


def _shown(kind: type[answers.RangeSummary], rows: Rows) -> dict[int | str, Schema]:
    """Describe an answer by an example, as it is written whole and as lines."""
    written, at = rows.write("AAPL", RANGE), datetime(2026, 1, 15, 15, 30, tzinfo=UTC)
    shown = answered(kind.model_validate_json(_whole(rows, written, at=at)))
    lines = b"".join([*(b"%s\n" % row for row in written), _last_line(rows, at=at)])
    shown[200]["content"][LINES] = {"schema": {"type": "string"}, "example": lines.decode()}
    return shown


@routes.get(
    "/models/{model_id}/explain/",
    summary="Explain a model's predictions",
    description="SHAP values of each candle's prediction, from what was known at its close: `base_value` plus the SHAP values is "
    "`prediction_value`, the model's output for what it predicts, on `scale`. `feature_importance_global` is the mean of |SHAP| over "
    f"the rows of this answer, as shares of 1. {BOUNDS}",
    response_description="Explanations, symbol by symbol, the oldest first.",
    response_model=answers.Explanations,
    responses=REFUSED | _shown(answers.Explanations, Explained("1.0", Plan(("AAPL",), ()), made_at=MADE_AT)),
    openapi_extra={"parameters": FILTERS},
)
async def explain(model_id: ModelId, request: Request, caller: Predictor, predict: Use) -> Response:
    """See `description`."""
    own = await exchange_of(request.scope).use_cases[FindOwn](caller.account_id)
    wanted = read_explain(request.query_params, own=own.candles)
    run, lines = await _predicted(request, wanted, model_id=model_id, caller=caller, predict=predict, own=own)
    said = run.servable
    rows = Explained(said.version, run.plan, made_at=said.made_at, static_data=said.static_data, interactions=wanted.interactions)
    return await _answer(run, rows, lines=lines)


@routes.post(
    "/models/{model_id}/batch-predict/",
    summary="Predict many symbols on many days",
    description="Each candle's prediction, from what was known at its close, as `predict` would have made it then. Days without a "
    f"candle, and candles with too few before them for the model's features, are left out and counted in `skipped`. {BOUNDS}",
    response_description="Predictions, symbol by symbol, the oldest first.",
    response_model=answers.BatchPredictions,
    responses=REFUSED | _shown(answers.BatchPredictions, Predicted("1.0", Plan(("AAPL",), ()), made_at=MADE_AT, confidence=True)),
)
async def batch_predict(
    model_id: ModelId, request: Request, body: Annotated[Any, Body(), ShownAs(BatchIn)], caller: Predictor, predict: Use
) -> Response:
    """See `description`."""
    own = await exchange_of(request.scope).use_cases[FindOwn](caller.account_id)
    batch = read_batch(body, own=own.candles)
    run, lines = await _predicted(request, batch, model_id=model_id, caller=caller, predict=predict, own=own)
    said = run.servable
    rows = Predicted(
        said.version, run.plan, made_at=said.made_at, confidence=batch.confidence, static_data=said.static_data,
        interactions=batch.interactions,
    )  # fmt: skip
    return await _answer(run, rows, lines=lines)


async def _predicted(
    request: Request, wanted: Batch, *, model_id: str, caller: Caller, predict: PredictRange, own: OwnCatalogue
) -> tuple[PredictedRange, bool]:
    """Return the range that is being predicted, and whether its rows are wanted as lines."""
    lines = wants(request.headers.get("accept"), LINES)
    run = await predict(
        model_id, account_id=caller.account_id, wanted=wanted.range, most=STREAM_MOST if lines else BODY_MOST, explain=wanted.shap,
        interactions=wanted.interactions, own=own,
    )  # fmt: skip
    return run, lines
