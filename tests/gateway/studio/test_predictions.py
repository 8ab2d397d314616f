"""Predictions through AI Studio's front door: the serving version answers, checked features travel in the model's order."""

import math
from typing import Any

import pytest

from libs.chassis.errors import InvalidError
from libs.contracts.examples import EXAMPLES
from libs.contracts.inference import Interval, Predictions
from modelbourse.answers import predictions as answers
from services.gateway.domain.accounts.caller import Scope
from services.gateway.inbound.faces.ai_studio.predictions import read_predict
from tests.gateway.studio.world import STUDIO, User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROW = {"rsi_14": 65.2, "macd_signal": 0.025}


async def predict(user: User, model_id: str, **body: Any) -> Any:
    return await user.call("POST", f"/models/{model_id}/predict/", body)


async def test_given_features_travel_in_the_models_order_and_left_out_ones_are_computed(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    answer = await predict(ada, model_id, symbols=["MSFT", "NIFTY50", "AAPL"], features={"NIFTY50": {"macd_signal": 1, "rsi_14": 2.5}})

    body, ask = answer.json(), studio.inference.asks[-1]
    assert answer.status_code == 200
    assert ask.rows == (None, (2.5, 1.0), None)
    assert (ask.symbols, ask.timeframe, ask.synthetic_allowed) == (("MSFT", "NIFTY50", "AAPL"), "1d", False)
    assert ask.artifact.startswith("sha-of-job_")
    assert [row["symbol"] for row in body["predictions"]] == ["MSFT", "NIFTY50", "AAPL"]
    assert body["model_version"] == "1.0"
    assert body["predictions"][1]["feature_contributions"] == {"rsi_14": 0.0025, "macd_signal": 0.001}


async def test_what_is_answered_is_what_is_documented_byte_by_byte(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)

    answer = await predict(ada, model_id, symbols=["MSFT", "AAPL"], features={"AAPL": ROW})

    assert written_as_documented(answer.text)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prediction": 0.012, "value": 0.012, "confidence": None, "probabilities": None, "scale": "value"},
        {"prediction": 101.5, "value": 101.5, "confidence": 0.8, "interval": Interval(low=99.0, high=104.5, level=0.8), "horizon": 5},
    ],
    ids=["a class", "a value", "a forecast"],
)
async def test_the_bytes_that_the_route_passes_on_unread_are_as_documented(changes: dict[str, Any]) -> None:
    reply = EXAMPLES[Predictions]
    assert isinstance(reply, Predictions)
    made = tuple(each.model_copy(update=changes) for each in reply.predictions)

    assert written_as_documented(reply.model_copy(update={"predictions": made}).model_dump_json())


def written_as_documented(body: str) -> bool:
    """Tell whether the answer's class has each key of a body, and would write those just so."""
    told = answers.Predictions.model_validate_json(body)
    return told.model_dump_json(exclude_unset=True) == body and not any(each.model_extra for each in (told, *told.predictions))


async def test_a_model_that_was_never_trained_cannot_predict(studio: World, ada: User) -> None:
    model_id = await ada.make_model()

    draft = await predict(ada, model_id, symbols=["AAPL"], features={"AAPL": ROW})
    job_id = await ada.train(model_id)
    training = await predict(ada, model_id, symbols=["AAPL"], features={"AAPL": ROW})

    for answer, word in ((draft, "DRAFT"), (training, "TRAINING")):
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR")
        assert "train it first" in error["message"]
        assert error["details"] == {"status": [f"The model is {word}."]}
    assert studio.set_aside(model_id, job_id) == []


async def test_the_old_version_answers_until_the_new_one_is_ready(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    job_id = await ada.train(model_id)

    during = await predict(ada, model_id, symbols=["AAPL"])
    await studio.training.complete(job_id)
    await ada.job_is(job_id, "COMPLETED")
    after = [await predict(who, model_id, symbols=["AAPL"]) for who in (ada, studio.at_the_other(ada))]

    assert during.json()["model_version"] == "1.0"
    # One of the gateways heard the event itself; the other one knows within a second, until when it may say what it knew.
    assert "1.1" in {answer.json()["model_version"] for answer in after}


async def test_problems_with_features_name_symbol_and_feature(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    features = {
        "AAPL": {"rsi_14": "high", "macd_sign": 0.1, "volume": 2},
        "MSFT": {"rsi_14": True, "macd_signal": 1e300},
        "IBM": 7,
        "GOGO": ROW,
    }

    answer = await predict(ada, model_id, symbols=["AAPL", "MSFT", "IBM"], features=features)

    details = answer.json()["error"]["details"]
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert details["features.AAPL.rsi_14"] == ["Must be a number."]
    assert details["features.AAPL.volume"] == ["The model has no such feature. It has rsi_14, macd_signal."]
    assert details["features.AAPL.macd_sign"] == ["The model has no such feature. Did you mean 'macd_signal'?"]
    assert "required" in details["features.AAPL.macd_signal"][0]
    assert details["features.MSFT.rsi_14"] == ["Must be a number."]
    assert "finite" in details["features.MSFT.macd_signal"][0]
    assert details["features.IBM"] == ["Must be an object of feature names and numbers."]
    assert "not among the symbols" in details["features.GOGO"][0]


async def test_nan_is_told_by_symbol_and_feature(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    body = '{"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": NaN, "macd_signal": -Infinity}}}'

    answer = await ada.http.post(f"{STUDIO}/models/{model_id}/predict/", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400
    assert set(answer.json()["error"]["details"]) == {"features.AAPL.rsi_14", "features.AAPL.macd_signal"}


async def test_a_symbol_that_looks_like_a_known_one_is_a_typo_also_with_its_features(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    asked = len(studio.inference.asks)

    answers = [
        await predict(ada, model_id, symbols=["APPL", "MSFT"], features=features) for features in ({"APPL": ROW, "MSFT": ROW}, {}, None)
    ]
    unlike = await predict(ada, model_id, symbols=["RELIANCE"], features={"RELIANCE": ROW})

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
        assert answer.json()["error"]["details"] == {"symbols": ["There is no symbol 'APPL'. Did you mean 'AAPL'?"]}
    assert unlike.status_code == 200
    assert [ask.symbols for ask in studio.inference.asks[asked:]] == [("RELIANCE",)]


async def test_what_inference_refuses_comes_back_in_its_words(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    message = "There are no candles for 'RELIANCE'. Known are AAPL and others."
    studio.inference.refusal = InvalidError(message, details={"symbols": [message]})

    answer = await predict(ada, model_id, symbols=["RELIANCE"])
    studio.inference.refusal = None

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"] == {"symbols": [message]}


async def test_an_inference_service_that_is_silent_or_out_of_reach(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    await predict(ada, model_id, symbols=["AAPL"])

    studio.inference.speaks.clear()
    studio.broker.patience = 0.2
    silent = await predict(ada, model_id, symbols=["AAPL"])
    studio.broker.patience = math.inf
    studio.inference.speaks.set()
    studio.broker.away = True
    away = await predict(ada, model_id, symbols=["AAPL"])
    studio.broker.away = False

    assert (silent.status_code, silent.json()["error"]["code"]) == (504, "TIMEOUT")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert away.headers["retry-after"] == "1"


async def test_a_key_for_predictions_predicts_and_does_nothing_else(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    made = await ada.http.post("/auth/api-keys", json={"name": "signals", "scopes": [Scope.PREDICT.value]})
    key = User(ada.account_id, studio.client(headers={"Authorization": f"Bearer {made.json()['key']}"}))

    allowed = await predict(key, model_id, symbols=["AAPL"])
    refused = await key.call("POST", f"/models/{model_id}/train/", {})

    assert made.status_code == 201
    assert allowed.status_code == 200
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"symbols": ["AAPL"], "symbols": ["MSFT"]}', "'symbols' is there twice"),
        (b'{"symbols": ["AAPL"], "features": {"AAPL": {"rsi_14": 1, "rsi_14": 2}}}', "'rsi_14' is there twice"),
        (b'{"symbols": ["AAPL"], "features": ' + b'{"a": ' * 900 + b"1" + b"}" * 901, "deeper"),
    ],
)
async def test_a_prediction_is_read_as_strictly_as_all_else(body: bytes, says: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_predict(body, content_type="application/json")

    assert says in str(refused.value.details)
