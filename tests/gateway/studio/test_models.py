"""Models through AI Studio's front door: drafts are made, changed, listed and deleted by their owner alone."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from libs.chassis.stores.outbox import PENDING_MOST
from libs.contracts.gateway import ModelCreated, ModelDeleted, ModelUpdated
from services.gateway.domain.models.errors import ModelNotFoundError
from services.gateway.outbound.models.models_mongo import ModelsMongo
from tests.gateway.studio.world import PUBLIC, STUDIO, User, World, new_model
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_new_model_is_a_draft_that_says_why_it_has_no_results(ada: User) -> None:
    answer = await ada.call("POST", "/models/", new_model(name="  Momentum  "))

    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == {"id", "name", "status", "created_at", "message"}
    assert (made["name"], made["status"]) == ("Momentum", "DRAFT")
    model = await ada.get(f"/models/{made['id']}/")
    assert set(model["performance_metrics"].values()) == {None}
    assert model["reasons"]["accuracy"] == model["reasons"]["win_rate"] == "The model has not been trained yet."
    assert model["hyperparameters"] == new_model()["hyperparameters"]
    assert model["total_earnings"] == "0.00"


async def test_what_a_model_has_earned_stays_with_it(studio: World, ada: User) -> None:
    model_id, models = await ada.make_model(), studio.gateway.platform.models

    never_sold = await ada.get(f"/models/{model_id}/")
    model = await models.get(model_id, account_id=ada.account_id)
    await models.save(replace(model, earnings=Decimal("1250.5"), downloads=3))
    await ada.call("PATCH", f"/models/{model_id}/", {"name": "Renamed"})
    sold = await ada.get(f"/models/{model_id}/")

    assert (never_sold["total_earnings"], never_sold["total_downloads"]) == ("0.00", 0)
    assert (sold["name"], sold["total_earnings"], sold["total_downloads"]) == ("Renamed", "1250.50", 3)
    assert (await ada.get("/models/"))["results"][0]["total_earnings"] == "1250.50"


async def test_models_tell_of_themselves(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    await ada.call("PATCH", f"/models/{model_id}/", {"name": "Renamed"})
    await ada.call("DELETE", f"/models/{model_id}/")

    async def told() -> bool:
        return all(studio.events(event.topic, key=model_id) for event in (ModelCreated, ModelUpdated, ModelDeleted))

    await until(told)
    bodies = [
        event.model_validate_json(studio.events(event.topic, key=model_id)[0]["body"])
        for event in (ModelCreated, ModelUpdated, ModelDeleted)
    ]
    assert [body.sequence for body in bodies] == [1, 2, 3]
    assert isinstance(bodies[1], ModelUpdated)
    assert bodies[1].name == "Renamed"


async def test_a_draft_whose_changes_nobody_can_publish_is_not_changed_for_ever(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    studio.broker.away = True
    try:
        answers = [await ada.call("PATCH", f"/models/{model_id}/", {"name": f"Name {number}"}) for number in range(PENDING_MOST + 1)]
    finally:
        studio.broker.away = False

    accepted = [answer for answer in answers if answer.status_code == 200]
    assert PENDING_MOST - 2 <= len(accepted) <= PENDING_MOST
    assert answers[-1].status_code == 503
    assert answers[-1].json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert (await ada.get(f"/models/{model_id}/"))["name"] == accepted[-1].json()["name"]


async def test_the_same_request_makes_one_model(studio: World, ada: User) -> None:
    first = await ada.call("POST", "/models/", new_model(), key="create-1")
    again = await studio.at_the_other(ada).call("POST", "/models", new_model(), key="create-1")
    other = await ada.call("POST", "/models/", new_model(name="Another"), key="create-1")

    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]["code"]) == (409, "CONFLICT")
    assert (await ada.get("/models/"))["count"] == 1


async def test_a_draft_can_be_changed_part_by_part(ada: User) -> None:
    model_id = await ada.make_model()
    before = await ada.get(f"/models/{model_id}/")

    changed = await ada.call("PATCH", f"/models/{model_id}/", {"name": "New name", "hyperparameters": {"n_estimators": 150}})

    model = changed.json()
    assert changed.status_code == 200
    assert model["name"] == "New name"
    assert model["hyperparameters"] == {"n_estimators": 150}
    assert {name: model[name] for name in ("features", "training_config", "created_at")} == {
        name: before[name] for name in ("features", "training_config", "created_at")
    }
    assert model == await ada.get(f"/models/{model_id}/")


async def test_a_change_is_checked_against_all_that_stays(ada: User) -> None:
    model_id = await ada.make_model()

    answer = await ada.call("PATCH", f"/models/{model_id}/", {"algorithm": "RIDGE"})

    details = answer.json()["error"]["details"]
    assert answer.status_code == 400
    assert "RANDOM_FOREST" in details["algorithm"][0]
    assert (await ada.get(f"/models/{model_id}/"))["algorithm"] == "RANDOM_FOREST"


async def test_what_has_begun_to_train_is_no_draft_any_more(ada: User) -> None:
    model_id = await ada.make_model()
    await ada.train(model_id)

    patched = await ada.call("PATCH", f"/models/{model_id}/", {"name": "Late", "features": ["rsi_14"]})
    deleted = await ada.call("DELETE", f"/models/{model_id}/")

    for answer in (patched, deleted):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
        assert answer.json()["error"]["details"] == {"status": ["The model is TRAINING."]}


async def test_a_trained_model_has_another_name_and_description_and_all_else_stays(studio: World, ada: User) -> None:
    model_id = await studio.trained(ada)
    before = await ada.get(f"/models/{model_id}/")

    renamed = await ada.call("PATCH", f"/models/{model_id}/", {"name": " Renamed ", "description": ""})
    after = await studio.at_the_other(ada).get(f"/models/{model_id}/")

    texts = {"name": "Renamed", "description": ""}
    assert (renamed.status_code, renamed.json()) == (200, after)
    assert after == before | texts | {"updated_at": after["updated_at"]}
    assert (await ada.get("/models/"))["results"][0]["name"] == "Renamed"

    async def told() -> bool:
        return bool(studio.events(ModelUpdated.topic, key=model_id))

    await until(told)
    event = ModelUpdated.model_validate_json(studio.events(ModelUpdated.topic, key=model_id)[0]["body"])
    assert (event.name, event.description, event.sequence) == ("Renamed", "", 2)


async def test_a_deleted_draft_is_gone(ada: User) -> None:
    model_id = await ada.make_model()

    deleted = await ada.call("DELETE", f"/models/{model_id}/")
    again = await ada.call("DELETE", f"/models/{model_id}/")

    assert (deleted.status_code, deleted.content) == (204, b"")
    assert again.status_code == 404
    assert (await ada.get("/models/"))["count"] == 0


async def test_nobody_else_sees_a_model(studio: World, ada: User, eve: User) -> None:
    model_id = await ada.make_model()
    job_id = await ada.train(model_id)
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/models/{model_id}/", None),
        ("PATCH", f"/models/{model_id}/", {"name": "Mine"}),
        ("DELETE", f"/models/{model_id}/", None),
        ("POST", f"/models/{model_id}/train/", {}),
        ("POST", f"/models/{model_id}/predict/", {"symbols": ["AAPL"]}),
        ("GET", f"/models/{model_id}/feature-importance/", None),
        ("GET", f"/models/{model_id}/plots/feature-importance.png", None),
        ("GET", f"/models/{model_id}/plots/shap-summary.png", None),
        ("GET", f"/training-jobs/{job_id}/", None),
        ("POST", f"/training-jobs/{job_id}/cancel/", None),
    ]

    answers = [await eve.call(*call) for call in calls]

    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in answers} == {(404, "RESOURCE_NOT_FOUND")}
    assert (await eve.get("/models/"))["count"] == (await eve.get("/training-jobs/"))["count"] == 0
    assert job_id not in studio.training.wishes


async def test_pages_keep_their_filters_and_end(ada: User) -> None:
    for number in range(5):
        await ada.make_model(name=f"Model {number}")

    first = await ada.get("/models/?status=DRAFT&model_type=CLASSIFICATION&page_size=2")
    last = (await ada.http.get((await ada.http.get(first["next"])).json()["next"])).json()
    beyond = await ada.call("GET", "/models/?page=4&page_size=2")

    assert (first["count"], first["previous"], len(first["results"])) == (5, None, 2)
    assert first["next"].startswith(f"{PUBLIC}{STUDIO}/models/?status=DRAFT&model_type=CLASSIFICATION&page_size=2&page=2&cursor=")
    assert [row["name"] for row in first["results"]] == ["Model 4", "Model 3"]
    assert (last["next"], [row["name"] for row in last["results"]]) == (None, ["Model 0"])
    assert last["previous"].endswith("page=2")
    assert (beyond.status_code, beyond.json()["error"]["details"]) == (404, {"page": ["The last page is 3."]})


async def test_lists_can_be_filtered_by_every_status(studio: World, ada: User) -> None:
    draft, training = await ada.make_model(name="draft"), await ada.make_model(name="training")
    await ada.train(training)
    ready = await studio.trained(ada, name="ready")
    failed = await ada.make_model(name="failed")
    job_id = await ada.train(failed)
    await studio.training.fail(job_id)
    await ada.job_is(job_id, "FAILED")
    archived = await ada.make_model(name="archived")
    await ada.call("POST", f"/models/{archived}/archive/")

    found = {
        status: [row["id"] for row in (await ada.get(f"/models/?status={status}"))["results"]]
        for status in ("DRAFT", "TRAINING", "COMPLETED", "FAILED", "PUBLISHED", "ARCHIVED")
    }

    assert found == {
        "DRAFT": [draft],
        "TRAINING": [training],
        "COMPLETED": [ready],
        "FAILED": [failed],
        "PUBLISHED": [],
        "ARCHIVED": [archived],
    }


async def test_of_two_changes_at_once_none_is_lost_in_silence(studio: World, ada: User) -> None:
    model_id = await ada.make_model()
    other = studio.at_the_other(ada)

    answers = await asyncio.gather(
        *(who.call("PATCH", f"/models/{model_id}/", {"description": f"by {number}"}) for number, who in enumerate([ada, other] * 4))
    )

    kept = (await ada.get(f"/models/{model_id}/"))["description"]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert kept in {answer.json()["description"] for answer in answers if answer.status_code == 200}
    assert len({answer.json()["updated_at"] for answer in answers if answer.status_code == 200}) >= 1


async def test_a_symbol_without_data_is_allowed_where_generated_candles_are(ada: User) -> None:
    config = {"symbols": ["NIFTY50", "BANKNIFTY"], "start_date": "2023-01-01", "end_date": "2024-12-31"}

    refused = await ada.call("POST", "/models/", new_model(training_config=config))
    allowed = await ada.call("POST", "/models/", new_model(training_config=config | {"synthetic": "allow"}))
    typo = await ada.call("POST", "/models/", new_model(training_config=config | {"symbols": ["APPL"], "synthetic": "allow"}))

    assert (refused.status_code, allowed.status_code, typo.status_code) == (400, 201, 400)
    assert "AAPL" in refused.json()["error"]["details"]["training_config.symbols"][0]
    assert "Did you mean 'AAPL'?" in typo.json()["error"]["details"]["training_config.symbols"][0]


async def test_a_model_of_a_kind_that_only_a_later_release_knows_is_shown_by_no_face_and_left_as_it_is(studio: World, ada: User) -> None:
    model_id, kept = await ada.make_model(), studio.database["models"]
    spec = {"kind": "policy", "environment": {"type": "stock_trading"}, "seeds": 3}
    await kept.update_one({"_id": model_id}, {"$set": {"spec": spec}})
    but = {"pending_events": 0, "relay": 0}
    before = await kept.find_one({"_id": model_id}, but)
    path = f"/models/{model_id}/"

    calls = [("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}archive/"), ("POST", f"{path}train/")]
    answers = [await ada.call(method, where, {} if method != "GET" else None) for method, where in calls]
    found = await ModelsMongo(kept, on_write=lambda: None).get(model_id, account_id=ada.account_id, kind=None)

    assert [answer.status_code for answer in answers] == [404] * len(calls)
    assert (await ada.get("/models/"))["count"] == (await ada.get("/analytics/dashboard/"))["summary"]["total_models"] == 0
    assert await kept.find_one({"_id": model_id}, but) == before
    assert found.spec.model_dump(mode="json") == spec
    with pytest.raises(ModelNotFoundError):
        assert found.market
