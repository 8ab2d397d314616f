"""AI Studio's predictions of now: the hot path, a route of the gate's own with one decode and no re-encoding."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

import orjson
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr

from libs.chassis.errors import InvalidError, PlatformError
from libs.contracts.example_predictions import PREDICTED
from libs.contracts.names import did_you_mean
from libs.contracts.problems import MOST
from libs.contracts.text_predictions import EXPLAINED_MOST, TEXTS_MOST
from libs.market.catalogue import typo_of
from libs.market.own import OwnCatalogue
from modelbourse.answers import predictions as answers
from modelbourse.answers.answer import MODEL_ID
from modelbourse.answers.texts import TextPredictions
from services.gateway.domain.accounts.caller import Scope
from services.gateway.domain.models.errors import EXPIRED_EXAMPLE, ModelNotFoundError, ModelNotTrainedError
from services.gateway.domain.predictions.ranges import SYMBOLS_MOST
from services.gateway.domain.predictions.texts import TextReference
from services.gateway.domain.problems import REQUIRED
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.reading import read_object
from services.gateway.inbound.http.described import component
from services.gateway.inbound.http.ids import id_check
from services.gateway.inbound.http.quick import Posted, QuickRoute
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import SIGNED
from services.gateway.inbound.http.strict_json import read_json
from services.gateway.inbound.http.strict_route import check_content_type
from services.gateway.usecases.datasets.find_own import FindOwn
from services.gateway.usecases.predictions.predict import Predict
from services.gateway.usecases.predictions.predict_texts import PredictTexts

OF_TEXTS: Final = b'"texts"'
"""What the body of such a request has; one of own columns may have it, too."""
NOT_BOTH: Final = "Give symbols, for a model of markets, or texts, for a model of texts."
PATH: Final = f"{FACE.prefix}/models/{{model_id}}/predict/"
SYMBOL_LONGEST: Final = 40
FEATURES: Final = {"rsi_14": 65.2, "macd_signal": 0.025, "bollinger_position": 0.8, "volume_ma_ratio": 1.25, "price_ma_50_ratio": 1.03}


class PredictIn(BaseModel):
    """Which symbols to predict; features that are left out are computed from the latest candles.

    A model of windows (LSTM, GRU, TRANSFORMER, ENSEMBLE) takes given features as those of the latest candle; the candles before it
    come from data.
    """

    model_config = ConfigDict(extra="ignore")

    symbols: list[StrictStr] = Field(
        min_length=1, max_length=SYMBOLS_MOST, description="They are answered in this order.", examples=[["AAPL", "MSFT"]]
    )
    features: dict[str, dict[str, float] | None] = Field(
        default_factory=dict, description="By symbol, then by feature.", examples=[{"AAPL": FEATURES}]
    )


class StudioTextsIn(BaseModel):
    """Which texts to label, with a model that learned from texts (Model Builder's)."""

    model_config = ConfigDict(extra="ignore")

    texts: list[StrictStr] = Field(
        min_length=1, max_length=TEXTS_MOST, description="They are answered in this order.", examples=[["ACME's profit surges"]]
    )
    explain: StrictBool = Field(
        default=False, description=f"Whether what each word contributed is told, too, of at most {EXPLAINED_MOST} texts.", examples=[False]
    )


KNOWN: Final = frozenset(PredictIn.model_fields)
KNOWN_OF_TEXTS: Final = frozenset({"symbols", *StudioTextsIn.model_fields})
check_model_id: Final = id_check("model", ModelNotFoundError)


async def make_predictions(posted: Posted) -> bytes:
    """Predict. A test holds what is answered, which inference has written, to `answers.Predictions`."""
    exchange = posted.exchange
    caller, predict = exchange.require(Scope.PREDICT), exchange.use_cases[Predict]
    model_id, sent = check_model_id(posted.parameters["model_id"]), await posted.read()
    if OF_TEXTS in sent and (given := read_texts(sent, content_type=posted.content_type)) is not None:
        return await label_texts(given, exchange.use_cases[PredictTexts], model_id=model_id, account_id=caller.account_id)
    find = exchange.use_cases[FindOwn]
    own = find.remembered(caller.account_id) or await _own_of(find, predict, model_id, account_id=caller.account_id)
    symbols, features = read_predict(sent, content_type=posted.content_type, own=own.candles)
    body: bytes = await predict(model_id, account_id=caller.account_id, symbols=symbols, features=features, own=own)
    return body


route: Final = QuickRoute(PATH, make_predictions)


async def _own_of(find: FindOwn, predict: Predict, model_id: str, *, account_id: str) -> OwnCatalogue:
    """Read the caller's own candles; the model is looked up meanwhile."""
    own, _ = await asyncio.gather(find(account_id), _look_up(predict, model_id, account_id=account_id))
    return own


async def _look_up(predict: Predict, model_id: str, *, account_id: str) -> None:
    with suppress(PlatformError):  # Said when the prediction is made: what is wrong with the request's form goes first.
        await predict.serving(model_id, account_id=account_id)


def read_predict(body: bytes, *, content_type: str | None, own: Collection[str] = ()) -> tuple[list[str], dict[str, Any]]:
    """Return symbols and features of a request; `own` are the caller's own symbols. Raise InvalidError with all problems of their form."""
    check_content_type(content_type)
    given = read_object(_read(body))
    symbols, features = given.get("symbols"), given.get("features")
    if problems := _problems(given, symbols, features, own=own):
        msg = "The prediction cannot be made: see the details."
        raise InvalidError(msg, details=problems)
    assert isinstance(symbols, list)
    return symbols, features or {}


def read_texts(body: bytes, *, content_type: str | None) -> dict[str, Any] | None:
    """Return a request about texts, None for one without. Raise InvalidError for what is no object, and for near misses of its keys."""
    check_content_type(content_type)
    given = read_object(_read(body))
    if "texts" not in given:
        return None
    if problems := near_misses(given, known=KNOWN_OF_TEXTS):
        msg = "The prediction cannot be made: see the details."
        raise InvalidError(msg, details=problems)
    return given


async def label_texts(given: Mapping[str, Any], predict: PredictTexts, *, model_id: str, account_id: str) -> bytes:
    """Return what inference answers. Raise InvalidError with all problems of the form, or what PredictTexts raises."""
    texts, explain = given.get("texts"), given.get("explain", False)
    problems: dict[str, list[str]] = {}
    if given.get("symbols") is not None:
        problems["symbols"] = [NOT_BOTH]
    if type(texts) is not list or not all(type(text) is str for text in texts):
        problems["texts"] = [f"Must be a list of 1 to {TEXTS_MOST} texts."]
    if type(explain) is not bool:
        problems["explain"] = ["Must be true or false."]
    if problems:
        message = "The prediction cannot be made: see the details."
        raise InvalidError(message, details=problems)
    assert isinstance(texts, list)
    _, said = await predict(TextReference(model_id), account_id=account_id, texts=texts, explain=explain)
    return said


def _read(body: bytes) -> Any:
    """Read the body with the quick reader; with the strict one where that fails, or may have passed over a key that is there twice."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return read_json(body, constants=True)  # Some clients write NaN: so the error can name the feature.
    return given if body.count(b":") == _keys(given) else read_json(body, constants=True)


def _keys(given: Any) -> int:
    """Return how many keys there are where a request of the right form has any; others make it be read strictly."""
    if type(given) is not dict:
        return 0
    features = given.get("features")
    if type(features) is not dict:
        return len(given)
    return len(given) + len(features) + sum([len(values) for values in features.values() if type(values) is dict])


def _problems(given: dict[str, Any], symbols: Any, features: Any, *, own: Collection[str]) -> dict[str, list[str]]:
    problems = near_misses(given, known=KNOWN)
    problems |= {"symbols": [REQUIRED]} if symbols is None else symbol_problems(symbols, own=own)
    if features is not None and type(features) is not dict:
        problems["features"] = ["Must be an object: symbol to an object of feature names and numbers."]
    return problems


def symbol_problems(symbols: Any, *, own: Collection[str] = ()) -> dict[str, list[str]]:
    """Return what is wrong with a list of symbols; on every prediction's way, so that it costs next to nothing when all is well."""
    if type(symbols) is not list or not 1 <= len(symbols) <= SYMBOLS_MOST:
        return {"symbols": [f"Must be a list of 1 to {SYMBOLS_MOST} symbols."]}
    if [symbol for symbol in symbols if type(symbol) is not str or not 1 <= len(symbol) <= SYMBOL_LONGEST or not symbol.isprintable()]:
        return {"symbols": [f"Each symbol must be a string of 1 to {SYMBOL_LONGEST} visible characters."]}
    if len(set(symbols)) != len(symbols):
        return {"symbols": ["Symbols must not repeat."]}
    # Also where its features are given: whoever asks for a symbol that there is not means another one.
    typos = [typo.message for symbol in symbols if (typo := typo_of(symbol, own=own))]
    return {"symbols": typos} if typos else {}


def near_misses(given: Iterable[str], *, known: Collection[str]) -> dict[str, list[str]]:
    """Refuse what is near a known name: it is a typo that would change the answer. Others are ignored, and after so many nobody looks."""
    hints = [(name[:SYMBOL_LONGEST], did_you_mean(name, known)) for name in [name for name in given if name not in known][:MOST]]
    return {name: [f"Unknown field '{name}'.{hint}"] for name, hint in hints if hint}


def describe_predict(schema: dict[str, Any]) -> None:
    """Add the route to the OpenAPI document, which FastAPI cannot see."""
    example = PREDICTED.model_dump(mode="json")
    kinds = [component(schema, each, mode="serialization") for each in (answers.Predictions, TextPredictions)]
    asked = [component(schema, each) for each in (PredictIn, StudioTextsIn)]
    answered = {"schema": {"anyOf": kinds}, "example": example}
    predicted = {"description": "Predictions with confidence and contributions.", "content": {"application/json": answered}}
    untrained = refused(FACE, ModelNotFoundError(MODEL_ID), ModelNotTrainedError("draft"), EXPIRED_EXAMPLE, 504)
    model_id = {"name": "model_id", "in": "path", "required": True, "description": "The model's id.", "schema": {"type": "string"}}
    schema["paths"][PATH] = {
        "post": {
            "tags": [FACE.tag("predictions")],
            "summary": "Predict with a trained model",
            "description": "Give all of the model's features for a symbol, or none to have them computed from its latest candles; "
            "a model of texts is given `texts`. "
            "`base_value` plus the contributions is the model's output for the class answered, on `scale`.",
            "operationId": "predict",
            "parameters": [model_id | {"example": MODEL_ID}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": asked}}}},
            "responses": {"200": predicted} | {str(status): answer for status, answer in untrained.items()},
            "security": SIGNED,
        }
    }
