"""AI Studio's predict route: the hot path, a plain Starlette endpoint with one decode and no re-encoding."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from libs.chassis.errors import InvalidError
from libs.contracts.inference import Predictions
from services.gateway.domain.caller import Scope
from services.gateway.domain.model_errors import ModelNotFoundError, ModelNotTrainedError
from services.gateway.inbound.faces.ai_studio.examples import MODEL_ID, PREDICTIONS
from services.gateway.inbound.faces.ai_studio.face import FACE
from services.gateway.inbound.faces.ai_studio.reading_symbols import near_misses, symbol_problems
from services.gateway.inbound.faces.ai_studio.routes_models import PREFIX, TAG, check_model_id
from services.gateway.inbound.faces.ai_studio.wire import PredictIn
from services.gateway.inbound.http.described import component
from services.gateway.inbound.http.problem_words import REQUIRED
from services.gateway.inbound.http.refusals import refused
from services.gateway.inbound.http.security import SIGNED, caller_of
from services.gateway.inbound.http.strict_json import read_json
from services.gateway.inbound.http.strict_route import check_content_type
from services.gateway.usecases.predict import Predict

PATH: Final = f"{PREFIX}/models/{{model_id}}/predict/"
KNOWN: Final = frozenset(PredictIn.model_fields)
# The body, `features`, a symbol's.
DEPTH: Final = 3


def make_predict_routes(predict: Predict) -> Sequence[BaseRoute]:
    """Return the route."""

    async def make_predictions(request: Request) -> Response:
        caller = caller_of(request, Scope.PREDICT)
        model_id = check_model_id(request.path_params["model_id"])
        symbols, features = read_predict(await request.body(), content_type=request.headers.get("content-type"))
        body = await predict(model_id, account_id=caller.account_id, symbols=symbols, features=features)
        return Response(body, media_type="application/json")

    return [Route(PATH, make_predictions, methods=["POST"])]


def read_predict(body: bytes, *, content_type: str | None) -> tuple[list[str], dict[str, Any]]:
    """Return symbols and features of a request. Raise InvalidError with all problems of their form."""
    check_content_type(content_type)
    given = _read(body)
    if type(given) is not dict:
        msg = "The request's body must be a JSON object."
        raise InvalidError(msg, details={"body": ["Must be a JSON object."]})
    symbols, features = given.get("symbols"), given.get("features")
    if problems := _problems(given, symbols, features):
        msg = "The prediction cannot be made: see the details."
        raise InvalidError(msg, details=problems)
    assert isinstance(symbols, list)
    return symbols, features or {}


def _read(body: bytes) -> Any:
    """Read the body with the quick reader; with the strict one where that fails, or may have passed over a key that is there twice."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        return read_json(body, constants=True)  # Some clients write NaN: so the error can name the feature.
    return given if body.count(b":") == _keys(given) else read_json(body, constants=True)


def _keys(given: Any) -> int:
    """Return how many keys there are, as deep as a request of the right form has any; deeper ones make it be read strictly."""
    count, level = 0, [given]
    for _ in range(DEPTH):
        objects = [each for each in level if type(each) is dict]
        count += sum(map(len, objects))
        level = [value for each in objects for value in each.values()]
    return count


def _problems(given: dict[str, Any], symbols: Any, features: Any) -> dict[str, list[str]]:
    problems = near_misses(given, known=KNOWN)
    problems |= {"symbols": [REQUIRED]} if symbols is None else symbol_problems(symbols)
    if features is not None and type(features) is not dict:
        problems["features"] = ["Must be an object: symbol to an object of feature names and numbers."]
    return problems


def describe_predict(schema: dict[str, Any]) -> None:
    """Add the route to the OpenAPI document, which FastAPI cannot see."""
    answers = {"schema": component(schema, Predictions, mode="serialization"), "example": PREDICTIONS}
    predicted = {"description": "Predictions with confidence and contributions.", "content": {"application/json": answers}}
    untrained = refused(FACE, ModelNotFoundError(MODEL_ID), ModelNotTrainedError("draft"), 504)
    model_id = {"name": "model_id", "in": "path", "required": True, "description": "The model's id.", "schema": {"type": "string"}}
    schema["paths"][PATH] = {
        "post": {
            "tags": [TAG],
            "summary": "Predict with a trained model",
            "description": "Give all of the model's features for a symbol, or none to have them computed from its latest candles. "
            "`base_value` plus the contributions is the model's output for the class answered, on `scale`.",
            "operationId": "predict",
            "parameters": [model_id | {"example": MODEL_ID}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": component(schema, PredictIn)}}},
            "responses": {"200": predicted} | {str(status): answer for status, answer in untrained.items()},
            "security": SIGNED,
        }
    }
