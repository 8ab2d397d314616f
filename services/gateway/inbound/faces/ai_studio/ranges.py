"""AI Studio's predictions of many days: `/explain/` and `/batch-predict/`, as one JSON body or as a stream of lines."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, get_args

import orjson
from fastapi import Body
from pydantic import BaseModel, ConfigDict, Field, StrictStr
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.envelope import now
from libs.contracts.example_predictions import RANGE
from libs.contracts.inference import CandlePrediction, RangePredictions
from modelbourse.answers import predictions as answers
from modelbourse.answers.answer import MODEL_ID
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.dates import is_date
from services.gateway.domain.models.errors import EXPIRED_EXAMPLE, ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.predictions.ranges import BODY_MOST, LAST, STREAM_MOST, SYMBOLS_MOST, LeftOut, Plan, Range
from services.gateway.domain.problems import REQUIRED, Problems
from services.gateway.inbound.faces.ai_studio.face import FACE, ModelId, error_body, make_routes
from services.gateway.inbound.faces.ai_studio.predictions import near_misses, symbol_problems
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
IMPORTANCE: Final = "feature_importance_global"
NO_ROWS: Final = "There is no explanation to take a mean of."
NO_CONTRIBUTIONS: Final = "No feature contributes anything to these predictions."
SCALES: Final[Mapping[str, answers.Scale]] = {scale: scale for scale in get_args(answers.Scale)}
# Keys that a row does not have: of a forecast alone, where the model abstains alone, with `include_confidence`, with `include_shap`.
OF_FORECASTS: Final = frozenset({"interval", "horizon"})
OF_ABSTAINING: Final = frozenset({"abstained"})
OF_CONFIDENCE: Final = frozenset({"confidence", "probabilities"})
OF_SHAP: Final = frozenset({"feature_contributions", "base_value", "scale", "additivity_error"})
DATES: Final = ("start_date", "end_date")
SWITCHES: Final = ("include_confidence", "include_shap")
TOO_LARGE: Final = InvalidError(
    "The range is too large for one answer.",
    details={
        "start_date": [f"7 symbols and their days at 96 candles a day are 60480 predictions; at most {BODY_MOST}: ask for fewer days."]
    },
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


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch prediction's request asks for."""

    range: Range
    confidence: bool
    shap: bool


class Rows(ABC):
    """A range's rows, written as they come and counted; then what is said of all of them. `name` is the key of their list."""

    name: ClassVar[str]

    def __init__(self, version: str, plan: Plan, *, made_at: datetime, static_data: bool = False) -> None:
        self.version, self.count, self.static_data = version, 0, static_data
        self._made_at, self._reasons = made_at, dict[str, str]()
        self._ages: dict[str, answers.SymbolAge] = {}
        self._symbols = (*plan.symbols, *(each.symbol for each in plan.left_out))
        self._skipped: dict[tuple[str, str], int] = {}
        self._skip(plan.left_out)

    def write(self, symbol: str, page: RangePredictions) -> list[bytes]:
        """Return a page's rows as JSON."""
        self.count += len(page.predictions)
        self._ages[symbol] = answers.SymbolAge(symbol=symbol, data_as_of=page.data_as_of, age_bars=page.age_bars, stale=page.stale)
        self._skip([LeftOut(symbol, each.reason, each.count) for each in page.skipped])
        self._reasons |= page.reasons
        return [self._row(symbol, page, each).encode() for each in page.predictions]

    def summary(self, *, at: datetime) -> answers.RangeSummary:
        """Return what stands beside the rows, once all of them are written."""
        return answers.RangeSummary(**self._of_all(at=at), reasons=self._reasons)

    @abstractmethod
    def _row(self, symbol: str, page: RangePredictions, each: CandlePrediction) -> str:
        """Return a row as JSON."""

    def _of_all(self, *, at: datetime) -> dict[str, Any]:
        oldest = max(self._ages.values(), key=lambda each: each.age_bars or 0, default=None)
        return {
            "model_version": self.version,
            "prediction_timestamp": at,
            "count": self.count,
            "skipped": self._left_out(),
            "ages": list(self._ages.values()),
            **{name: getattr(oldest, name, None) for name in ("data_as_of", "age_bars", "stale")},
            "static_data": self.static_data,
            "model_age_days": round(max(timedelta(0), at - self._made_at) / timedelta(days=1), 4),
        }

    def _left_out(self) -> list[answers.Skipped]:
        ordered = sorted(self._skipped.items(), key=lambda each: self._symbols.index(each[0][0]))
        return [answers.Skipped(symbol=symbol, count=count, reason=reason) for (symbol, reason), count in ordered]

    def _skip(self, left_out: Sequence[LeftOut]) -> None:
        for each in left_out:
            key = (each.symbol, each.reason)
            self._skipped[key] = self._skipped.get(key, 0) + each.count


class Explained(Rows):
    """The rows of `/explain/`, and how much each feature moves all of them."""

    name = "explanations"

    def __init__(self, version: str, plan: Plan, *, made_at: datetime, static_data: bool = False) -> None:
        super().__init__(version, plan, made_at=made_at, static_data=static_data)
        self._sums: dict[str, float] = {}

    def summary(self, *, at: datetime) -> answers.ExplanationSummary:
        """Return the importance of features over all rows and what else stands beside them."""
        total = sum(self._sums.values())
        reason = NO_ROWS if not self.count else None if total else NO_CONTRIBUTIONS
        return answers.ExplanationSummary(
            feature_importance_global=None if reason else {name: share / total for name, share in self._sums.items()},
            **self._of_all(at=at),
            reasons=self._reasons | ({IMPORTANCE: reason} if reason else {}),
        )

    def _row(self, symbol: str, page: RangePredictions, each: CandlePrediction) -> str:
        row = explanation_of(symbol, page, each)
        # Contributions to forecasts are in prices: as shares of the close, one symbol's count no more than another's.
        unit = abs(each.output) if each.interval else 1.0
        for name, contribution in row.shap_values.items():
            self._sums[name] = self._sums.get(name, 0.0) + abs(contribution) / unit
        return row.model_dump_json(exclude=_without(each))


class Predicted(Rows):
    """The rows of `/batch-predict/`."""

    name = "predictions"

    def __init__(self, version: str, plan: Plan, *, made_at: datetime, confidence: bool, static_data: bool = False) -> None:
        super().__init__(version, plan, made_at=made_at, static_data=static_data)
        self._always_without = frozenset() if confidence else OF_CONFIDENCE

    def _row(self, symbol: str, page: RangePredictions, each: CandlePrediction) -> str:
        without = _without(each) | self._always_without
        if each.contributions is None:
            without |= OF_SHAP
        return prediction_of(symbol, page, each).model_dump_json(exclude=without)


def explanation_of(symbol: str, page: RangePredictions, each: CandlePrediction) -> answers.Explanation:
    """Return a row of `/explain/`, with all keys that any model's has."""
    assert each.contributions is not None
    assert each.base_value is not None
    assert each.additivity_error is not None
    return answers.Explanation(
        symbol=symbol,
        timestamp=each.as_of,
        prediction=each.prediction,
        base_value=each.base_value,
        shap_values=dict(zip(page.features, each.contributions, strict=True)),
        expected_value=each.base_value,
        prediction_value=each.output,
        scale=SCALES[page.scale],
        additivity_error=each.additivity_error,
        **_shared(page, each),
    )


def prediction_of(symbol: str, page: RangePredictions, each: CandlePrediction) -> answers.BatchPrediction:
    """Return a row of `/batch-predict/`, with all keys that any has."""
    return answers.BatchPrediction(
        symbol=symbol,
        date=each.day,
        prediction=each.prediction,
        confidence=each.confidence,
        probabilities=each.probabilities,
        value=each.value,
        feature_contributions=None if each.contributions is None else dict(zip(page.features, each.contributions, strict=True)),
        base_value=each.base_value,
        scale=SCALES[page.scale],
        additivity_error=each.additivity_error,
        **_shared(page, each),
    )


def _without(each: CandlePrediction) -> set[str]:
    return {*(() if each.interval else OF_FORECASTS), *(() if each.abstained else OF_ABSTAINING)}


def _shared(page: RangePredictions, each: CandlePrediction) -> dict[str, Any]:
    """Return what a row of either kind says besides."""
    interval, abstained = each.interval, each.abstained
    return {
        "as_of": each.as_of,
        "synthetic": page.synthetic,
        "in_sample": each.in_sample,
        "interval": answers.Interval(low=interval.low, high=interval.high, level=interval.level) if interval else None,
        "horizon": each.horizon,
        "synthetic_parts": list(page.synthetic_parts),
        "quality": each.quality,
        "abstained": answers.Abstained(**abstained.model_dump()) if abstained else None,
    }


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


def read_explain(query: QueryParams, *, own: Collection[str] = ()) -> Range:
    """Return the range that a query asks for. Raise InvalidError with all problems."""
    given: dict[str, Any] = {name: query[name] for name in DATES if query.get(name)}
    symbols = [symbol.strip() for part in query.getlist("symbols") for symbol in part.split(",")] if "symbols" in query else None
    if symbols == [""]:
        symbols = None
    problems = _date_problems(given) | near_misses(query, known=("symbols", *DATES))
    problems |= symbol_problems(symbols, own=own) if symbols is not None else {}
    _check(problems, "The explanation cannot be made: see the details.")
    return _range(symbols, given)


def read_batch(body: Any, *, own: Collection[str] = ()) -> Batch:
    """Return what a body asks for. Raise InvalidError with all problems."""
    given = read_object(body)
    problems = _date_problems(given) | near_misses(given, known=BatchIn.model_fields)
    problems |= {"symbols": [REQUIRED]} if given.get("symbols") is None else symbol_problems(given["symbols"], own=own)
    problems |= {name: ["Must be true or false."] for name in SWITCHES if name in given and not isinstance(given[name], bool)}
    _check(problems, "The prediction cannot be made: see the details.")
    return Batch(_range(given["symbols"], given), given.get("include_confidence", True), given.get("include_shap", False))


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
    lines = wants(request.headers.get("accept"), LINES)
    most = STREAM_MOST if lines else BODY_MOST
    run = await predict(model_id, account_id=caller.account_id, wanted=wanted, most=most, explain=True, own=own)
    rows = Explained(run.servable.version, run.plan, made_at=run.servable.made_at, static_data=run.servable.static_data)
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
    lines = wants(request.headers.get("accept"), LINES)
    most = STREAM_MOST if lines else BODY_MOST
    run = await predict(model_id, account_id=caller.account_id, wanted=batch.range, most=most, explain=batch.shap, own=own)
    said, confidence = run.servable, batch.confidence
    rows = Predicted(said.version, run.plan, made_at=said.made_at, confidence=confidence, static_data=said.static_data)
    return await _answer(run, rows, lines=lines)
