"""Stories of models of recipes in ML Development: registered, trained anew, promoted through the registry of all faces, retired."""

import asyncio

import pytest

from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject
from services.gateway.domain.accounts.account import Role, Tier
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.own_candles import give
from tests.gateway.studio.recipe_runs import METRICS, RECIPE, VERSION, answered, call, complete, registered, started
from tests.gateway.studio.test_erasing import erase, kept_words, name_of
from tests.gateway.studio.world import User, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
ENGINE = "/v1/ai"


async def test_a_model_goes_from_draft_to_production_as_its_recipe_made_it(ada: User) -> None:
    model = await registered(ada, name="Retail Pricing (EU)")

    draft = await answered(ada, "GET", f"/models/{model}")
    up = await answered(ada, "PUT", f"/models/{model}", {"status": "production", "owner": "pricing team"})

    assert (draft["status"], draft["model_family"], draft["owner"], draft["version"]) == ("draft", "pricing", "team", None)
    assert draft["registry"] is None
    assert draft["reasons"].keys() >= {"version", "metrics_source", "registry"}
    assert (up["status"], up["owner"], up["metrics_source"]) == ("production", "pricing team", None)
    assert (up["registry"]["model_name"], up["registry"]["production"]) == ("retail-pricing-eu", 1)
    assert up["versions"][0]["run_id"] is None


async def test_what_is_promoted_takes_the_place_of_what_was_in_production_in_every_face(studio: World, ada: User) -> None:
    model = await registered(ada, name="Shelf")
    first = await complete(studio, ada, await started(ada, model_id=model))
    await answered(ada, "PUT", f"/models/{model}", {"status": "production"})
    await complete(studio, ada, await started(ada, model_id=model))

    between = await answered(ada, "GET", f"/models/{model}")
    after = await answered(ada, "PUT", f"/models/{model}", {"status": "production"})
    twice = await answered(ada, "PUT", f"/models/{model}", {"status": "production"})
    engine = (await ada.http.get(f"{ENGINE}/registry/shelf/versions")).json()
    card = (await ada.http.get(f"{ENGINE}/registry/shelf/versions/2/card")).text
    compared = (await ada.http.get(f"{ENGINE}/registry/shelf/compare?a=1&b=2")).json()
    builder = (await ada.http.get("/api/v1/registry/models")).json()["data"]

    assert (between["version"], between["status"]) == ("1.0", "production")
    assert [(each["version"], each["status"]) for each in after["versions"]] == [("1.1", "production"), ("1.0", "retired")]
    assert (after["version"], after["metrics"], after["metrics_source"]) == ("1.1", METRICS, "measured")
    assert after["versions"] == twice["versions"]
    assert after["versions"][1]["run_id"] == first["id"]
    assert {each["version"]: each["status"] for each in engine["versions"]} == {2: "production", 1: "archived"}
    assert engine["versions"][0]["metrics"]["revenue_lift"] == METRICS["revenue_lift"]
    assert engine["versions"][0]["reasons"]["metrics.accuracy"] == "A model of a recipe measures what its family says."
    assert compared["differences"] == []
    assert builder["items"] == []
    assert "SHA-256 of the rows" in card
    assert "recipe_pricing_base" in card.replace("\\", "")


async def test_the_gate_of_its_name_keeps_a_model_on_reported_metrics_out_of_production(studio: World, ada: User) -> None:
    model = await registered(ada, name="Gated")
    await answered(ada, "PUT", f"/models/{model}", {"status": "staging"})
    gate = {"rules": [{"metric": "revenue_lift", "op": ">=", "value": 0.02}]}
    assert (await ada.http.put(f"{ENGINE}/registry/gated/gate", json=gate)).status_code == 200
    run = await started(ada, model_id=model)
    await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "succeeded", "metrics_json": {"revenue_lift": 0.5}})

    wanted = {"status": "production", "name": "New name", "owner": "who"}
    refused = await call(ada, "PUT", f"/models/{model}", wanted)
    staging = await answered(ada, "GET", f"/models/{model}")
    await answered(ada, "PUT", f"/models/{model}", {"status": "staging", "version": staging["versions"][0]["version"]})
    again = await call(ada, "PUT", f"/models/{model}", {"status": "production"})
    held, early = (await ada.http.get(f"{ENGINE}/registry/gated/versions/2/history")).json()["refused"]
    await complete(studio, ada, await started(ada, model_id=model))
    passed = await answered(ada, "PUT", f"/models/{model}", {"status": "production"})

    assert (refused.status_code, "revenue_lift is unknown" in refused.json()["detail"]) == (409, True)
    assert (again.status_code, held["before"], held["wanted"], held["failing"][0]["metric"]) == (
        409,
        "staging",
        "production",
        "revenue_lift",
    )
    # What was refused before the version had a number is kept with it.
    assert (early["before"], early["wanted"], early["failing"][0]["metric"]) == (None, "production", "revenue_lift")
    assert refused.json()["detail"] == early["message"]
    assert (staging["status"], staging["name"], staging["owner"]) == ("staging", "Gated", "team")
    assert (passed["status"], passed["registry"]["gate_rules"]) == ("production", 1)


async def test_a_retired_model_is_put_away_and_comes_back(studio: World, ada: User) -> None:
    model = await registered(ada, name="Old prices")
    await complete(studio, ada, await started(ada, model_id=model))
    await answered(ada, "PUT", f"/models/{model}", {"status": "production"})

    retired = await answered(ada, "PUT", f"/models/{model}", {"status": "retired"})
    run = await call(ada, "POST", "/runs", {"recipe_id": RECIPE, "recipe_version_id": VERSION, "run_type": "train", "model_id": model})
    listed = await answered(ada, "GET", "/models?status=retired")
    engine = (await ada.http.get(f"{ENGINE}/registry/old-prices")).json()
    leap = await call(ada, "PUT", f"/models/{model}", {"status": "production", "name": "New name"})
    still = await answered(ada, "GET", f"/models/{model}")
    back = await answered(ada, "PUT", f"/models/{model}", {"status": "draft"})

    assert (retired["status"], retired["registry"]["production"], retired["versions"][0]["status"]) == ("retired", None, "draft")
    assert engine["production"] is None
    assert (leap.status_code, leap.json()["detail"]) == (
        400,
        "Invalid status value: the model is retired, and cannot become production; it may become draft or staging.",
    )
    assert still == retired
    assert run.status_code == 409
    assert [each["id"] for each in listed["models"]] == [model]
    assert (back["status"], back["version"]) == ("draft", "1.0")


async def test_what_is_promoted_twice_at_once_is_promoted_once(ada: User) -> None:
    model = await registered(ada, name="Double click")

    both = await asyncio.gather(*(answered(ada, "PUT", f"/models/{model}", {"status": "production"}) for _ in range(2)))

    assert [(each["status"], each["registry"]["production"]) for each in both] == [("production", 1)] * 2


async def test_a_model_that_is_not_in_production_can_be_deleted_with_its_versions(studio: World, ada: User, eve: User) -> None:
    model = await registered(ada, name="Short life")
    run = await complete(studio, ada, await started(ada, model_id=model))
    await answered(ada, "PUT", f"/models/{model}", {"status": "production"})

    serving = await call(ada, "DELETE", f"/models/{model}")
    theirs = await call(eve, "DELETE", f"/models/{model}")
    await answered(ada, "PUT", f"/models/{model}", {"status": "retired"})
    gone = [await call(ada, "DELETE", f"/models/{model}") for _ in range(2)]

    assert (serving.status_code, theirs.status_code) == (409, 404)
    assert [each.status_code for each in gone] == [204, 404]
    assert (await answered(ada, "GET", "/models?status=retired"))["total"] == 0
    assert (await answered(ada, "GET", f"/runs/{run['id']}"))["status"] == "succeeded"


async def test_a_model_is_watched_on_any_dataset_that_it_can_be_trained_on(studio: World, ada: User) -> None:
    dataset = f"dataset:{await give(studio, ada)}"
    model = await registered(ada, name="Watched")
    await complete(studio, ada, await started(ada, model_id=model))

    await answered(ada, "PUT", f"/models/{model}/monitoring/rules", {"data": dataset})
    asked = await answered(ada, "POST", f"/models/{model}/monitoring", {})
    spec = MonitorSpec.model_validate((await heard(studio, asked["job_id"])).spec)
    none = await call(ada, "PUT", f"/models/{model}/monitoring/rules", {"data": "dataset:ds_none"})

    assert isinstance(spec.subject, RecipeSubject)
    assert spec.subject.current is not None
    assert spec.subject.current.path == dataset
    assert (none.status_code, none.json()["detail"][0]["loc"]) == (422, ["body", "data"])


async def test_lists_are_filtered_and_show_nobody_elses(ada: User, eve: User) -> None:
    mine = [await registered(ada, name=f"Model {number}") for number in range(3)]
    theirs = await registered(eve)
    await answered(ada, "PUT", f"/models/{mine[0]}", {"status": "production"})

    page = await answered(ada, "GET", "/models?limit=2&offset=1&model_family=pricing")
    production = await answered(ada, "GET", "/models?status=production")
    others = await answered(ada, "GET", "/models?model_family=forecasting")
    wrong = await call(ada, "GET", "/models?model_family=prices")
    hidden = [await call(ada, "GET", f"/models/{theirs}"), await call(ada, "PUT", f"/models/{theirs}", {"status": "retired"})]

    assert ([each["id"] for each in page["models"]], page["total"]) == ([mine[1], mine[0]], 3)
    assert [each["id"] for each in production["models"]] == [mine[0]]
    assert others == {"models": [], "total": 0}
    assert (wrong.status_code, "Did you mean 'pricing'?" in wrong.json()["detail"]) == (400, True)
    assert [(answer.status_code, answer.json()) for answer in hidden] == [(404, {"detail": "Model not found"})] * 2


async def test_the_same_request_twice_registers_one_model_and_a_tier_has_so_many(studio: World) -> None:
    bob = await studio.user(Tier.FREE)
    asked = {"name": "Twice", "recipe_id": RECIPE, "recipe_version_id": VERSION}

    made = [await answered(bob, "POST", "/models", asked, headers={"Idempotency-Key": "a-model"}) for _ in range(2)]
    for number in range(19):
        await registered(bob, name=f"Model {number}")
    full = await call(bob, "POST", "/models", asked)

    assert made[0]["id"] == made[1]["id"]
    assert (full.status_code, "20 models" in full.json()["detail"]) == (403, True)


async def test_what_an_erased_account_called_its_models_and_said_of_its_runs_goes(studio: World) -> None:
    bob, admin = await studio.user(), await studio.user(role=Role.ADMIN)
    model = await registered(bob, name="Zanzibar prices", owner="Zanzibar team")
    run = await started(bob, model_id=model)
    await answered(bob, "PUT", f"/runs/{run['id']}", {"status": "succeeded", "logs_text": "Zanzibar", "metrics_json": {"Zanzibar": 1}})
    await answered(bob, "PUT", f"/models/{model}", {"status": "production"})
    before = await kept_words(studio, "Zanzibar")

    await erase(admin, bob, await name_of(studio, bob))

    async def gone() -> bool:
        return not await kept_words(studio, "Zanzibar", "zanzibar")

    assert {each.rpartition(".")[2] for each in before} >= {"models", "jobs", "registry"}
    await until(gone, what="the end of what was said")
