"""AI Engine's models: made without data, listed, the same in every face, deleted."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.gateway import Stage
from tests.faces.shapes import differences
from tests.gateway.engine.desk import MODELS, Engineer, new_model
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
DOCUMENTED = {
    "id": "model_123456",
    "name": "TFT-AAPL-Predictor",
    "type": "temporal_fusion_transformer",
    "status": "created",
    "created_at": "2025-06-06T10:00:00Z",
    "updated_at": "2025-06-06T10:00:00Z",
    "parameters": {"hidden_size": 128, "num_heads": 4, "dropout_rate": 0.1},
    "features": ["price_open", "price_high", "price_low", "price_close", "volume", "sentiment_score"],
    "target": "price_close_next_day",
}


@pytest_asyncio.fixture(loop_scope="session")
async def engineer(studio: World, ada: User) -> Engineer:
    return Engineer(studio, ada)


def asked() -> Iterator[tuple[str, Any]]:
    return ((name, DOCUMENTED[name]) for name in ("name", "type", "parameters", "features", "target"))


async def test_the_documented_model_is_made_as_documented(engineer: Engineer) -> None:
    answer = await engineer.call("POST", body=dict(asked()), key="once")
    again = await engineer.call("POST", body=dict(asked()), key="once")

    made = answer.json()
    assert answer.status_code == 201
    assert list(differences(DOCUMENTED, made)) == []
    assert {name: made[name] for name, _ in asked()} == dict(asked())
    assert (made["status"], made["metrics"], made["symbols"]) == ("created", None, [])
    assert again.json()["id"] == made["id"]
    assert await engineer.get(f"/{made['id']}") == made


async def test_what_is_wrong_with_a_model_is_told_at_once_with_the_nearest_right_names(engineer: Engineer) -> None:
    wrong = {"features": ["rsi14", "price_clos"], "target": "price_close_next_dya"}
    problems = await engineer.refused("POST", body=new_model(type="randm_forest", **wrong))
    named = await engineer.refused("POST", body=new_model(parameters={"n_estimatrs": 3}))
    agent = await engineer.refused("POST", body=new_model(type="reinforcement_learning"))
    unfit = await engineer.refused("POST", body=new_model(type="temporal_fusion_transformer", parameters={}))
    twice = await engineer.refused("POST", body=new_model(type="gru", parameters={"dropout": 0.1, "dropout_rate": 0.2}))
    key = await engineer.refused("POST", body=new_model(feature=["rsi_14"]))

    assert problems["type"] == ["Unknown type 'randm_forest'. Did you mean 'random_forest'?"]
    assert "Did you mean 'rsi_14'?" in problems["features"][0]
    assert "price_close" in problems["features"][1]
    assert "price_close_next_day" in problems["target"][0]
    assert named == {"parameters": ["Unknown parameter 'n_estimatrs'. Did you mean 'n_estimators'?"]}
    assert "made by training an agent" in agent["type"][0]
    assert "does not predict signal_type; types that do: random_forest" in unfit["type"][0]
    assert twice == {"parameters": ["'dropout_rate' and 'dropout' are the same parameter: give one of them."]}
    assert "Did you mean 'features'?" in key["feature"][0]


async def test_lists_are_the_oldest_first_by_type_and_status_and_show_models_of_other_faces(studio: World, engineer: Engineer) -> None:
    first, second = await engineer.made(), await engineer.made(type="gru", parameters={})
    third = await studio.trained(engineer.user)

    listed = await engineer.get()
    by_type = await engineer.get(type="random_forest")
    ready = await engineer.get(status="ready", type="random_forest")
    part = await engineer.get(limit=1, offset=1)
    agents = await engineer.get(type="reinforcement_learning")
    bad = await engineer.call("GET", type="lstmm")

    assert [each["id"] for each in listed["models"]] == [first, second, third]
    assert (listed["total"], listed["limit"], listed["offset"]) == (3, 100, 0)
    assert [each["id"] for each in by_type["models"]] == [first, third]
    assert [each["id"] for each in ready["models"]] == [third]
    assert ([each["id"] for each in part["models"]], part["total"]) == ([second], 3)
    assert agents["models"] == []
    assert bad.status_code == 422
    assert "Did you mean 'lstm'?" in bad.text
    row = ready["models"][0]
    assert row["metrics"]["accuracy"] is not None
    assert row["reasons"]["metrics.mse"] == "It answers classes: see accuracy."


async def test_a_model_without_data_is_a_draft_in_ai_studio_that_says_what_it_lacks(engineer: Engineer) -> None:
    model_id = await engineer.made()

    shown = await engineer.user.get(f"/models/{model_id}/")
    refused = await engineer.user.call("POST", f"/models/{model_id}/train/")
    estimated = await engineer.user.call("GET", f"/models/{model_id}/estimate/")
    given = await engineer.user.call("PATCH", f"/models/{model_id}/", {"training_config": {"symbols": ["AAPL"]}})

    assert (shown["status"], shown["training_config"]["symbols"]) == ("DRAFT", [])
    for answer in (refused, estimated):
        assert answer.status_code == 400
        assert "training_config.symbols" in answer.json()["error"]["details"]
    assert given.status_code == 200
    assert (await engineer.get(f"/{model_id}"))["symbols"] == ["AAPL"]


async def test_a_model_is_deleted_but_not_while_it_trains_or_is_in_production(studio: World, engineer: Engineer, eve: User) -> None:
    model_id = await engineer.made()
    job_id = await engineer.queued(model_id)

    training = await engineer.call("DELETE", f"/{model_id}")
    await studio.training.complete(job_id)
    await engineer.user.job_is(job_id, "COMPLETED")
    await engineer.user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": Stage.PRODUCTION.value})
    production = await engineer.call("DELETE", f"/{model_id}")
    await engineer.user.call("PATCH", f"/models/{model_id}/versions/1.0/", {"stage": Stage.NONE.value})
    others = await eve.http.delete(f"{MODELS}/{model_id}")
    gone = await engineer.call("DELETE", f"/{model_id}")

    assert (training.status_code, production.status_code, others.status_code) == (409, 409, 404)
    assert job_id in training.text
    assert "in production (version 1.0)" in production.text
    assert (gone.status_code, gone.json()) == (200, {"success": True, "message": "Model deleted successfully"})
    assert (await engineer.call("GET", f"/{model_id}")).status_code == 404
    assert await studio.database["results"].count_documents({"model_id": model_id}) == 0
