"""Stories of synthetic examples: rows that are sent, checked against their schema, and rows that a job generates."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.row_schema import RowSchema
from tests.gateway.studio.predicting import FILE as FILE_OF_SHOP
from tests.gateway.studio.predicting import done, failed, newest, priced
from tests.gateway.studio.recipe_runs import call
from tests.gateway.studio.recipes import made
from tests.gateway.studio.synthetic_examples import do, example, fail, requested, with_data
from tests.gateway.studio.world import TO_THE_END, Places, User, World, world
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
SHIPPED = "recipe_pricing_base"
SCHEMA = {
    "columns": [{"name": "price", "type": "float", "minimum": 0}, {"name": "cost", "type": "number"}, {"name": "day", "type": "date"}],
    "constraints": [{"kind": "at_most", "column": "cost", "other": "price"}],
}
ROWS = [{"price": 4.99, "cost": 3.5, "day": "2026-01-15"}, {"price": 4.49, "cost": None, "day": "2026-01-16"}]
RUN = {"run_type": "train", "metrics": {"revenue_lift": 0.04}}
GIVEN = {"recipe_id": SHIPPED, "dataset_schema_json": SCHEMA, "sample_rows_json": ROWS, "example_run_json": RUN}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def patient(mongo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world whose gateways wait for a generation for longer than any takes."""
    async with world(Places(mongo_url, redis_url, tmp_path_factory.mktemp("patient")), beyond=TO_THE_END, gateways=1) as begun:
        yield begun


async def test_rows_that_are_sent_are_the_example_of_their_account_until_others_are(ada: User, eve: User) -> None:
    before = await example(ada, "GET", SHIPPED)
    status, kept = await example(ada, "POST", SHIPPED, GIVEN)
    _, shown = await example(ada, "GET", SHIPPED)
    _, other = await example(ada, "POST", SHIPPED, {"sample_rows_json": [{"units": 3, "shop": "A"}, {"units": 4.5}]})
    _, last = await example(ada, "GET", SHIPPED)

    assert (before[0], before[1]["detail"][:35]) == (404, "The recipe has no synthetic example")
    assert (status, shown) == (201, kept)
    assert {name: kept[name] for name in GIVEN} == GIVEN
    assert (kept["synthetic"], kept["source"], kept["example_run_source"], kept["rows"]) == (True, "given", "given", 2)
    assert (kept["fidelity"], kept["privacy"]) == (None, None)
    assert kept["reasons"]["privacy"].startswith("They were sent")
    assert last == other
    assert RowSchema.model_validate(last["dataset_schema_json"]).columns[0].type == "number"
    assert last["reasons"]["example_run_source"] == "No run was sent."
    assert (await example(eve, "GET", SHIPPED))[0] == 404


async def test_rows_that_are_not_what_their_schema_says_are_refused_where_they_are_not(ada: User) -> None:
    rows = [{"price": -1, "day": "2026-01-15", "cst": 2}, {"price": 3, "cost": 4, "day": "yesterday"}]

    status, told = await example(ada, "POST", SHIPPED, GIVEN | {"sample_rows_json": rows})
    _, typed = await example(ada, "POST", SHIPPED, GIVEN | {"dataset_schema_json": {"price": "nummber"}})

    said = {".".join(str(each) for each in problem["loc"][1:]): problem["msg"] for problem in told["detail"]}
    assert status == 422
    assert said["sample_rows_json.0.price"] == "-1 is less than 0, the least."
    assert said["sample_rows_json.0.cst"] == "The schema has no column 'cst'. Did you mean 'cost'?"
    assert said["sample_rows_json.1.day"] == "'yesterday' is not a date such as 2026-01-31."
    assert said["sample_rows_json.1.cost"] == "4 is more than price, which is 3."
    assert typed["detail"][0]["loc"] == ["body", "dataset_schema_json", "price", "type"]
    assert "Did you mean 'number'?" in typed["detail"][0]["msg"]


async def test_what_cannot_be_generated_is_refused_by_its_field(ada: User, eve: User) -> None:
    theirs = await made(eve)
    neither = await example(ada, "POST", SHIPPED, {})
    both = await example(ada, "POST", SHIPPED, GIVEN | {"generate": {}})
    shipped = await example(ada, "POST", SHIPPED, {"generate": {"fit_to": "shipped:airfair"}})
    missing = await example(ada, "POST", SHIPPED, {"generate": {"fit_to": "dataset:ds_of_nobody"}})
    no_kind = await example(ada, "POST", SHIPPED, {"generate": {"fit_to": "airfare"}})
    mismatch = await example(ada, "POST", SHIPPED, GIVEN | {"recipe_id": theirs["id"]})
    foreign = await example(ada, "POST", theirs["id"], {"generate": {}})

    assert [neither[0], both[0], shipped[0], missing[0], no_kind[0], mismatch[0], foreign[0]] == [422] * 5 + [400, 404]
    assert [each[1]["detail"][0]["loc"] for each in (shipped, missing, no_kind)] == [["body", "generate", "fit_to"]] * 3
    assert "Did you mean 'airfare'?" in shipped[1]["detail"][0]["msg"]
    assert foreign[1] == {"detail": "Recipe not found"}


async def test_rows_are_generated_judged_and_run_while_the_request_waits(patient: World) -> None:
    ada = await patient.user()
    recipe = await with_data(ada)
    body = {
        "dataset_schema_json": {"columns": [], "constraints": [{"kind": "at_most", "column": "paid", "other": "full"}]},
        "generate": {"rows": 400},
    }

    asking = asyncio.create_task(example(ada, "POST", recipe, body))
    await do(patient, await requested(patient, ada))
    status, made_now = await asking
    _, shown = await example(ada, "GET", recipe)
    again = asyncio.create_task(example(ada, "POST", recipe, {"generate": {"rows": 150}}))
    await fail(patient, await requested(patient, ada), "80.0% of the generated rows are rows of the data.")
    refused, told = await again
    _, later = await example(ada, "GET", recipe)

    assert (status, shown["id"], shown["sample_rows_json"]) == (201, made_now["id"], made_now["sample_rows_json"])
    assert (made_now["status"], made_now["source"], made_now["synthetic"], made_now["rows"]) == ("ready", "generated", True, 400)
    assert all(row["paid"] <= row["full"] for row in made_now["sample_rows_json"])
    assert {each["name"]: each["type"] for each in made_now["dataset_schema_json"]["columns"]} == {
        "age": "integer", "offer": "category", "bought": "integer", "paid": "number", "full": "number"}  # fmt: skip
    assert (made_now["fit"]["fitted"], made_now["fit"]["held_out"], made_now["privacy"]["copies"]) == (320, 80, 0)
    assert made_now["fidelity"]["domain_classifier_auc"] is not None
    assert (made_now["example_run_source"], made_now["example_run_json"]["synthetic"]) == ("measured", True)
    assert made_now["example_run_json"]["metrics"].keys() >= {"policy_value", "qini"}
    # What was refused is said to who waits, and the example stays as it was.
    assert (refused, told["detail"][0]["loc"], told["detail"][0]["msg"][:5]) == (422, ["body", "generate"], "80.0%")
    assert (later["id"], later["generation"]["status"]) == (made_now["id"], "failed")


async def test_a_prediction_is_answered_or_refused_while_the_request_waits(patient: World) -> None:
    ada = await patient.user()
    model = await priced(patient, ada)
    row = {"sku": "p02", "day": "2024-06-03", "unit_price": 20.0}

    asking = asyncio.create_task(call(ada, "POST", f"/models/{model}/predict", {"rows": [row]}))
    await done(patient, ada, await newest(ada, model))
    found = await asking
    again = asyncio.create_task(call(ada, "POST", f"/models/{model}/predict", {"data": FILE_OF_SHOP}))
    await failed(patient, ada, await newest(ada, model, total=2), "The rows have no column 'shelf'.")
    refused = await again

    assert (found.status_code, found.json()["status"], found.json()["total"]) == (200, "succeeded", 1)
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["body", "data"])


async def test_a_generation_that_takes_longer_is_pending_and_does_not_replace_rows_that_were_sent_since(studio: World, ada: User) -> None:
    recipe = await with_data(ada)

    status, pending = await example(ada, "POST", recipe, {"generate": {"rows": 20, "seed": 3}})
    _, shown = await example(ada, "GET", recipe)
    await example(ada, "POST", recipe, {"sample_rows_json": [{"age": 40}]})
    await do(studio, await requested(studio, ada))
    found: dict[str, Any] = {}

    async def ended() -> bool:
        found.update((await example(ada, "GET", recipe))[1])
        return bool(found["generation"]["status"] == "ready")

    await until(ended, what="the generation's end")

    assert (status, pending["status"], pending["created_at"], pending["sample_rows_json"]) == (202, "queued", None, [])
    assert pending["reasons"]["fit"] == "Its rows are not there yet."
    assert shown == pending
    assert (found["source"], found["rows"]) == ("given", 1)
    assert (await call(ada, "DELETE", f"/recipes/{recipe}")).status_code == 204
    assert (await example(ada, "GET", recipe))[0] == 404
