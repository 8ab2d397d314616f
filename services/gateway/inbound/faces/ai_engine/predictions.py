"""AI Engine's predictions: made of rows at once, kept, listed, scored by what came."""

from datetime import datetime, time
from typing import Annotated, Any, Final

from fastapi import Path, status
from pydantic import ConfigDict, Field, StrictBool, StrictStr
from starlette.requests import Request

from libs.chassis.errors import InvalidError
from libs.contracts.envelope import now
from libs.contracts.text_predictions import EXPLAINED_MOST, TEXTS_MOST, TextPredictions
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.engine import predictions as answers
from services.gateway.domain.accounts.caller import Caller, Scope
from services.gateway.domain.dates import in_utc, is_date
from services.gateway.domain.models.errors import ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.predictions.kept import PREFIX, Came, KeptPrediction, LiveMetrics, PredictionFilter, PredictionNotFoundError
from services.gateway.domain.predictions.texts import TextReference
from services.gateway.domain.registry.errors import NotInProductionError
from services.gateway.inbound.faces.ai_engine.face import FACE, NO_SUCH_PART, PAGES
from services.gateway.inbound.http.ids import id_of
from services.gateway.inbound.http.queries import CANNOT_FILTER, query, read_id
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import needs, used
from services.gateway.inbound.http.strict_body import Number, StrictBody
from services.gateway.inbound.http.strict_route import CurrentWork, make_router, starts_work
from services.gateway.usecases.nouns import KeptPredictionUseCases
from services.gateway.usecases.predictions.make_prediction import PredictionWish
from services.gateway.usecases.predictions.predict_texts import PredictTexts

LEVEL: Final = 0.9
SENT: Final[dict[str, Any]] = {
    "model_id": MODEL_ID,
    "data": {
        "features": [
            {"price_open": 150.25, "price_high": 152.3, "price_low": 149.8, "price_close": 151.75, "volume": 1250000},
            {"price_open": 151.75, "price_high": 153.5, "price_low": 151.0, "price_close": 153.25, "volume": 1350000},
        ],
        "timestamps": ["2026-06-04T20:00:00Z", "2026-06-05T20:00:00Z"],
    },
}
ROWS: Final = (
    "Rows of one window, the oldest first: the model's features by name, or the raw columns `price_open`, `price_high`, `price_low`, "
    "`price_close` and `volume` (and further columns of the dataset), from which they are computed as in training. At most 2,000."
)
TEXTS: Final = f"In place of rows, 1 to {TEXTS_MOST} texts, for a model of texts: each is labelled."
EXPLAIN: Final = f"Of texts, at most {EXPLAINED_MOST}: whether what each word contributed is told, too."
NOTHING_SENT: Final = "Send features, for a model of markets, or texts, for a model of texts."
OF_TEXT: Final = frozenset({"score", "probabilities", "truncated", "attribution"})
TIMES: Final = "When each row was known, with a time zone; left out: a candle apart, the last one now."
SYMBOL: Final = "Whose rows they are, where the model was trained on several symbols."
MISSPELT: Final = InvalidError(
    "The rows cannot be predicted: see the details.",
    details={"data.features": ["Unknown feature 'price_clsoe'. Did you mean 'price_close'?"]},
)
NO_PREDICTION: Final = PredictionNotFoundError(answers.PREDICTION_ID)
NOT_YET: Final = "Its time has not come."
LOOKED_FOR: Final = "It will be looked for within a minute."
NO_CLASSES: Final = "It answers a number, which is no class."
ANSWERED: Final = "The model has answered."
WITHHELD: Final = "The model abstains: see abstained."
UNSAID: Final = "The model was trained on several symbols, and none was named."
NO_OUTCOME: Final = "No outcome of a kept prediction is known yet."
NO_INTERVAL: Final = "No prediction with a known outcome has an interval."
FILTERS: Final = [
    query("model_id", "Only predictions of this model."),
    query("start_date", "Only those made at or after this day or moment (ISO 8601).", examples=["2026-01-01"]),
    query("end_date", "Only those made at or before this day or moment (ISO 8601).", examples=["2026-01-31T12:00:00Z"]),
]

PredictionId = Annotated[
    str,
    id_of(PREFIX, PredictionNotFoundError),
    Path(description="The prediction's id.", examples=[answers.PREDICTION_ID]),
]
Predicting = Annotated[Caller, needs(Scope.PREDICT)]
Reading = Annotated[Caller, needs(Scope.READ, Scope.PREDICT)]
Use = Annotated[KeptPredictionUseCases, used(KeptPredictionUseCases)]
Label = Annotated[PredictTexts, used(PredictTexts)]
routes = make_router(prefix=f"{FACE.prefix}/predictions", tags=[FACE.tag("predictions")])


class RowsIn(StrictBody):
    """Rows, and when each was known; or texts, for a model of texts."""

    features: list[dict[str, Any]] | None = Field(None, min_length=1, max_length=2_000, description=ROWS)
    timestamps: list[StrictStr] | None = Field(None, max_length=2_000, description=TIMES)
    texts: list[StrictStr] | None = Field(None, min_length=1, max_length=TEXTS_MOST, description=TEXTS)
    explain: StrictBool = Field(default=False, description=EXPLAIN)


class PredictionIn(StrictBody):
    """A window to be predicted: one prediction comes of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [SENT]}, protected_namespaces=())

    model_id: StrictStr = Field(
        description="Which model: its version that serves answers. Or a name in the registry, or `name@alias`, `name@3`."
    )
    data: RowsIn = Field(description="What it looks at.")
    interval_level: Annotated[float, Number] = Field(LEVEL, ge=0.5, le=0.99, description="How often the interval is to hold the truth.")
    symbol: StrictStr | None = Field(None, max_length=40, description=SYMBOL)


@routes.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Predict rows",
    response_description="The prediction, which is kept.",
    responses=refused(FACE, ModelNotFoundError(MODEL_ID), ModelNotTrainedError("draft"), NotInProductionError("desk-tft"), MISSPELT, 504),
)
@starts_work
async def create_prediction(
    body: PredictionIn, caller: Predicting, work: CurrentWork, use: Use, label: Label
) -> answers.KeptPrediction | answers.TextsPrediction:
    """Answer one window of rows at once: what comes as many steps after the last row as the target looks ahead; or label texts."""
    if body.data.texts is not None:
        return await labelled(body, body.data.texts, label, account_id=caller.account_id)
    if body.data.features is None:
        raise InvalidError(NOTHING_SENT, details={"data.features": [NOTHING_SENT]})
    wish = PredictionWish(
        model_id=body.model_id, rows=body.data.features, times=body.data.timestamps, level=body.interval_level, symbol=body.symbol
    )
    return prediction_of(await use.make(wish, account_id=caller.account_id, work=work))


async def labelled(body: PredictionIn, texts: list[str], label: PredictTexts, *, account_id: str) -> answers.TextsPrediction:
    """Return the labels of texts in this face's words. Raise InvalidError where rows are sent beside them, or what labelling raises."""
    if body.data.features is not None:
        raise InvalidError(NOTHING_SENT, details={"data.texts": [NOTHING_SENT]})
    servable, said = await label(
        TextReference(body.model_id), account_id=account_id, texts=texts, explain=body.data.explain, field="data.texts"
    )
    told = TextPredictions.model_validate_json(said)
    rows = [{"timestamp": told.made_at, "value": each.label, **each.model_dump(include=set(OF_TEXT))} for each in told.predictions]
    return answers.TextsPrediction(
        prediction_id=None,
        model_id=servable.model_id,
        created_at=told.made_at,
        predictions=[answers.LabelledText.model_validate(row) for row in rows],
        served_precision=told.served_precision,
        version=told.version,
        reasons={"prediction_id": answers.NOT_KEPT} | {f"predictions.{name}": why for name, why in told.reasons.items()},
    )


@routes.get(
    "",
    summary="List predictions",
    response_description="A part of the list, the newest first.",
    responses=NO_SUCH_PART,
    openapi_extra={"parameters": [*FILTERS, *PAGES.parameters]},
)
async def list_predictions(request: Request, caller: Reading, use: Use) -> answers.KeptPredictions:
    """Your predictions of every model, in short."""
    part = PAGES.read(request)
    page = await use.kept.find(read_filter(request, account_id=caller.account_id), part)
    return answers.KeptPredictions(
        predictions=[
            answers.PredictionRow(prediction_id=each.id, model_id=each.model_id, created_at=each.created_at) for each in page.items
        ],
        total=page.count,
        limit=part.size,
        offset=part.skipped,
    )


@routes.get("/{prediction_id}", summary="Get a prediction", responses=refused(FACE, NO_PREDICTION))
async def get_prediction(prediction_id: PredictionId, caller: Reading, use: Use) -> answers.KeptPrediction:
    """Return it as it was made, and what came of it once that is known."""
    return prediction_of(await use.kept.get(prediction_id, account_id=caller.account_id))


def read_filter(request: Request, *, account_id: str) -> PredictionFilter:
    """Return which predictions a list's query asks for. Raise InvalidError for what is no id or moment, and an end before the start."""
    since, until = _moment(request, "start_date"), _moment(request, "end_date")
    if since and until and since > until:
        raise InvalidError(CANNOT_FILTER, details={"start_date": ["Must not be after end_date."]})
    return PredictionFilter(account_id, read_id(request, "model_id", prefix="model"), since, until)


def _moment(request: Request, name: str) -> datetime | None:
    """Return a moment; of a day its first one, or, of an end, its last. Without a time zone it is of UTC."""
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        at = in_utc(datetime.fromisoformat(text))
    except ValueError as error:
        message = f"'{text[:60]}' is no day such as 2026-01-31, and no moment such as 2026-01-31T12:00:00Z."
        raise InvalidError(CANNOT_FILTER, details={name: [message]}) from error
    if is_date(text) and name == "end_date":
        at = datetime.combine(at.date(), time.max, at.tzinfo)
    return at


def prediction_of(kept: KeptPrediction) -> answers.KeptPrediction:
    """Return a kept prediction in this face's words."""
    step = answers.PredictedStep(
        timestamp=kept.predicted_for,
        value=kept.value,
        confidence_interval=answers.ConfidenceInterval(lower=kept.interval[0], upper=kept.interval[1]) if kept.interval else None,
        prediction_set=list(kept.classes) if kept.classes is not None else None,
        probabilities=dict(kept.probabilities) if kept.probabilities else None,
        quality=kept.quality,
        abstained=dict(kept.abstained) if kept.abstained else None,
    )
    return answers.KeptPrediction(
        prediction_id=kept.id,
        model_id=kept.model_id,
        created_at=kept.created_at,
        predictions=[step],
        version=kept.version,
        symbol=kept.symbol,
        target=kept.target,
        horizon=kept.horizon,
        timeframe=kept.timeframe,
        interval_level=kept.level,
        interval_level_used=kept.used,
        interval_method=kept.method,
        input_hash=kept.input_hash,
        rows=kept.rows,
        ignored=list(kept.ignored),
        latency_ms=kept.latency_ms,
        synthetic=kept.synthetic,
        outcome=outcome_of(kept.outcome) if kept.outcome else None,
        reasons=_reasons(kept),
    )


def outcome_of(came: Came) -> answers.PredictionOutcome:
    """Return what came of a prediction in this face's words."""
    return answers.PredictionOutcome(value=came.value, error=came.error, inside_interval=came.inside, known_at=came.known_at)


def live_metrics_of(live: LiveMetrics) -> tuple[answers.LiveMetrics, dict[str, str]]:
    """Return how good kept predictions have been, and why values of it are null."""
    answer = answers.LiveMetrics(n=live.n, mae=live.mae, coverage=live.coverage, since=live.since)
    whys = dict.fromkeys(("mae", "coverage", "since"), NO_OUTCOME) if not live.n else {"coverage": NO_INTERVAL, "mae": WITHHELD}
    return answer, {f"live_metrics.{name}": why for name, why in whys.items() if getattr(live, name) is None}


def _reasons(kept: KeptPrediction) -> dict[str, str]:
    """Return why what is null of a prediction is."""
    known = kept.reasons
    of_step = {
        "value": (kept.value, WITHHELD),
        "confidence_interval": (kept.interval, known.get("interval", WITHHELD)),
        "prediction_set": (kept.classes, known.get("prediction_set", NO_CLASSES)),
        "probabilities": (kept.probabilities, NO_CLASSES),
        "quality": (kept.quality, known.get("quality", "It was not measured.")),
        "abstained": (kept.abstained, known.get("abstained", ANSWERED)),
    }
    of_all = {
        "symbol": (kept.symbol, UNSAID),
        "interval_method": (kept.method, known.get("interval", WITHHELD)),
        "outcome": (kept.outcome, kept.untold or (NOT_YET if kept.due_at > now() else LOOKED_FOR)),
    }
    whys = {f"predictions.0.{name}": why for name, (value, why) in of_step.items() if value is None}
    whys |= {name: why for name, (value, why) in of_all.items() if value is None}
    if kept.outcome is not None:
        if kept.outcome.error is None:
            whys["outcome.error"] = WITHHELD
        if kept.outcome.inside is None:
            whys["outcome.inside_interval"] = known.get("prediction_set" if kept.probabilities else "interval", WITHHELD)
    return whys
