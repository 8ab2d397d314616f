"""Texts are labelled by a model of texts, by whatever name its owner knows it."""

from typing import Any

import httpx
import pytest

from services.gateway.inbound.faces.ai_studio.predictions import NOT_BOTH
from tests.gateway.studio.text_models import registered, text_model
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
GOOD, BAD = "a good year", "a bad one"


async def predict(user: User, model: str, *texts: str, **more: Any) -> httpx.Response:
    return await user.http.post("/api/v1/predict", json={"model": model, "texts": texts or (GOOD, BAD), **more})


async def answered(user: User, model: str, **more: Any) -> dict[str, Any]:
    answer = await predict(user, model, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()["data"]
    return told


async def test_an_experiments_serving_version_labels_texts(studio: World, ada: User) -> None:
    model = await text_model(studio, ada, name="headlines", versions=2)

    told = await answered(ada, "headlines")

    assert [(each["label"], each["score"]) for each in told["predictions"]] == [("positive", 0.8), ("negative", pytest.approx(-0.6))]
    assert (told["model"], told["model_id"], told["version"], told["stage"]) == ("headlines", model.id, "1.1", "None")
    assert told["predictions"][0]["attribution"] is None
    ask = studio.inference.text_asks[-1]
    assert (ask.artifact, ask.account_id, ask.texts) == (model.versions[1].artifact, ada.account_id, (GOOD, BAD))


async def test_a_version_is_named_as_mlflow_the_registry_or_a_run_has_it(studio: World, ada: User) -> None:
    model = await text_model(studio, ada, name="by-names", versions=3)
    await registered(studio, model, "desk-news")

    told = {
        name: (await answered(ada, name, **more))["version"]
        for name, more in [
            ("desk-news", {}),
            ("models:/desk-news/2", {}),
            ("models:/desk-news/Production", {}),
            ("models:/desk-news/latest", {}),
            ("desk-news@newest", {}),
            (model.versions[1].job_id, {}),
            (f"runs:/{model.versions[2].job_id}/model", {}),
            (model.id, {"version": "1.0"}),
        ]
    }
    by_stage = await answered(ada, "desk-news", stage="production")
    by_number = await answered(ada, "desk-news", version=3)

    assert list(told.values()) == ["1.0", "1.1", "1.0", "1.2", "1.2", "1.1", "1.2", "1.0"]
    assert (by_stage["version"], by_number["version"]) == ("1.0", "1.2")


async def test_what_each_word_contributed_is_told_where_it_is_asked_for(studio: World, ada: User) -> None:
    await text_model(studio, ada, name="reasons")

    told = await answered(ada, "reasons", explain=True)

    (span,) = told["predictions"][0]["attribution"]["spans"]
    assert span == {"start": 0, "end": len(GOOD), "text": GOOD, "contribution": 0.4}


@pytest.mark.parametrize(
    ("body", "field", "word"),
    [
        ({"texts": []}, "texts", "1 to 256"),
        ({"texts": ["x"] * 257}, "texts", "score a file"),
        ({"texts": ["x"] * 17, "explain": True}, "texts", "at most 16"),
        ({"texts": ["fine", "  "]}, "texts", "Text 1 is empty"),
        ({"texts": ["x" * 10_001]}, "texts", "10,000"),
        ({"texts": ["x"], "stage": "Prodution"}, "stage", "Did you mean 'Production'"),
        ({"texts": ["x"], "stage": "Staging", "version": "1"}, "stage", "not both"),
        ({"texts": ["x"], "model": "models:/refused/1", "version": "1"}, "version", "leave this out"),
        ({"texts": ["x"], "explian": True}, "explian", "explain"),
    ],
)
async def test_what_cannot_be_read_is_refused_by_its_field(ada: User, body: dict[str, Any], field: str, word: str) -> None:
    answer = await ada.http.post("/api/v1/predict", json={"model": "refused", **body})

    assert answer.status_code == 422, answer.text
    assert word in answer.json()["error"]["details"]["fields"][field][0]


async def test_another_accounts_models_and_models_of_markets_are_not_there(studio: World, ada: User, eve: User) -> None:
    model = await text_model(studio, ada, name="mine", versions=1)
    await registered(studio, model, "mine-registered")
    market = await ada.make_model()

    answers = [
        await predict(eve, name) for name in ("mine", "mine-registered", model.id, model.versions[0].job_id, "models:/mine-registered/1")
    ]
    of_market = await predict(ada, market)

    assert [each.status_code for each in [*answers, of_market]] == [404] * 6
    assert "experiment" in answers[0].json()["error"]["message"]


async def test_ai_studio_labels_texts_by_the_models_id(studio: World, ada: User, eve: User) -> None:
    model = await text_model(studio, ada, name="studio-texts")
    path = f"/models/{model.id}/predict/"

    told = await ada.call("POST", path, {"texts": [GOOD, BAD], "explain": True})
    both = await ada.call("POST", path, {"texts": [GOOD], "symbols": ["AAPL"]})
    near = await ada.call("POST", path, {"texts": [GOOD], "explian": True})
    others = await eve.call("POST", path, {"texts": [GOOD]})
    of_symbols = await ada.call("POST", path, {"symbols": ["AAPL"]})
    own_column = await ada.call("POST", path, {"symbols": ["AAPL"], "features": {"AAPL": {"texts": 3}}})

    assert told.status_code == 200, told.text
    assert [each["label"] for each in told.json()["predictions"]] == ["positive", "negative"]
    assert told.json()["predictions"][0]["attribution"]["label"] == "positive"
    assert (both.status_code, both.json()["error"]["details"]) == (400, {"symbols": [NOT_BOTH]})
    assert "explain" in near.json()["error"]["details"]["explian"][0]
    assert (others.status_code, of_symbols.status_code, own_column.status_code) == (404, 404, 404)


async def test_ai_engine_labels_texts_by_id_or_by_a_name_in_the_registry(studio: World, ada: User) -> None:
    model = await text_model(studio, ada, name="engine-texts", versions=2)

    def ask(model_id: str, **data: Any) -> Any:
        return ada.http.post("/v1/ai/predictions", json={"model_id": model_id, "data": data})

    told = await ask(model.id, texts=[GOOD], explain=True)
    await registered(studio, model, "engine-news")
    by_name = await ask("engine-news@1", texts=[GOOD])
    nothing, both = await ask(model.id), await ask(model.id, texts=[GOOD], features=[{"rsi_14": 1.0}])

    assert told.status_code == 201, told.text
    (said,) = told.json()["predictions"]
    assert (said["value"], said["score"], said["attribution"]["base_value"]) == ("positive", pytest.approx(0.8), 0.5)
    assert (told.json()["prediction_id"], told.json()["version"], by_name.json()["version"]) == (None, "1.1", "1.0")
    assert "not kept" in told.json()["reasons"]["prediction_id"]
    assert [each.status_code for each in (nothing, both)] == [422, 422]
