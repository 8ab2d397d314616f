"""Stories of predictions of recipes' models: rows that are sent, or of a file, are answered by a job, row by row."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from libs.contracts.model_monitoring import MonitorSpec
from libs.contracts.recipe_predictions import PredictRecipeSpec
from libs.market.candles import Market
from services.training.snapshots.run import run as look
from tests.gateway.studio.other_jobs import heard
from tests.gateway.studio.predicting import FILE, asked, done, failed, priced
from tests.gateway.studio.recipe_runs import answered, call, complete, registered, run_is, started
from tests.gateway.studio.world import User, World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROW = {"sku": "p02", "day": "2024-06-03", "unit_price": 20.0}
FACE = "/api/ml-development"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ann(studio: World) -> AsyncIterator[User]:
    """Someone with a model of prices of her own."""
    yield await studio.user()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def model(studio: World, ann: User) -> str:
    return await priced(studio, ann)


def problems(answer: Any) -> dict[str, str]:
    return {".".join(str(each) for each in problem["loc"]): problem["msg"] for problem in answer.json()["detail"]}


async def test_rows_are_answered_by_the_version_that_serves_and_their_files_have_them_all(studio: World, ann: User, model: str) -> None:
    begun = await asked(ann, model, {"rows": [ROW, ROW | {"sku": "p99"}]})
    spec = PredictRecipeSpec.model_validate((await heard(studio, begun["job_id"])).spec)
    found = await done(studio, ann, begun)
    listed = await answered(ann, "GET", f"/models/{model}/predictions?limit=1")
    whole = await answered(ann, "GET", f"/models/{model}")
    read = await ann.http.get(found["files"]["predictions.csv"])

    assert (begun["status"], begun["rows"], begun["reasons"]["total"]) == ("queued", [], "It waits for a worker.")
    served = whole["versions"][0]
    assert (found["model_version"], found["run_id"], found["recipe_version_id"]) == ("1.0", served["run_id"], whole["recipe_version_id"])
    assert (spec.artifact, spec.model_id) == (served["artifact"], model)
    assert (found["total"], found["unanswered"], found["model_family"]) == (2, 1, "pricing")
    known, unknown = found["rows"]
    assert known["expected_demand"] > 0
    assert known["expected_revenue"] == pytest.approx(20.0 * known["expected_demand"])
    assert (unknown["row"], unknown["optimal_price"]) == (1, None)
    assert "'p99' was not learned from" in unknown["reasons"]["optimal_price"]
    assert (listed["predictions"][0]["id"], "rows" in listed["predictions"][0]) == (found["id"], False)
    assert [row["product"] for row in csv.DictReader(io.StringIO(read.text))] == ["p02", "p99"]
    assert (read.headers["content-type"].split(";")[0], read.headers["x-content-type-options"]) == ("text/csv", "nosniff")


async def test_the_rows_of_a_file_are_asked_about_as_it_is_and_the_same_request_twice_is_one(studio: World, ann: User, model: str) -> None:
    body = {"data": FILE, "version": "1.0"}
    begun, again = [await asked(ann, model, body, headers={"Idempotency-Key": "a-file"}) for _ in range(2)]
    found = await done(studio, ann, begun)

    assert begun["id"] == again["id"]
    assert (found["data"], found["total"], len(found["rows"])) == (FILE, 180, 180)
    assert found["reasons"].keys() == {"error"}
    assert found["rows"][0]["expected_margin"] is not None


async def test_what_is_wrong_with_rows_is_said_by_row_and_column_and_nothing_is_set_aside(ann: User, model: str) -> None:
    before = await answered(ann, "GET", f"/models/{model}/predictions")

    told = problems(await call(ann, "POST", f"/models/{model}/predict", {"rows": [ROW | {"day": "soon", "unit_price": -3}, {"sku": None}]}))
    lacking = problems(await call(ann, "POST", f"/models/{model}/predict", {"rows": [{"skus": "p02", "day": "2024-06-03"}]}))
    odd = problems(await call(ann, "POST", f"/models/{model}/predict", {"rows": [ROW | {"unit_price": [1], "shelf": 1e300}]}))
    bodies: tuple[dict[str, Any], ...] = (
        {"rows": []},
        {},
        {"rows": [ROW], "data": FILE},
        {"rows": [ROW] * 1_001},
        {"rows": [ROW | {"shelf": "x" * 201_000}]},
    )
    refused = [await call(ann, "POST", f"/models/{model}/predict", body) for body in bodies]

    assert told == {
        "body.rows.0.day": "It must be a date or moment, as `2024-01-31`, not 'soon'.",
        "body.rows.0.unit_price": "It must be a number above zero, not '-3'.",
        "body.rows.1.sku": "It must be a word: what is sold: an article, a route.",
        "body.rows.1.day": "It must be a date or moment, as `2024-01-31`: the day (or month, or year) of the row.",
    }
    assert list(lacking) == ["body.rows.0.sku"]
    assert lacking["body.rows.0.sku"].endswith("they have skus, day. Did you mean 'skus'?")
    assert set(odd) == {"body.rows.0.unit_price", "body.rows.0.shelf"}
    assert [answer.status_code for answer in refused] == [422] * len(bodies)
    assert (await answered(ann, "GET", f"/models/{model}/predictions"))["total"] == before["total"]


async def test_a_model_without_files_of_a_version_cannot_be_asked_and_a_failure_says_why(
    studio: World, ada: User, ann: User, model: str
) -> None:
    fresh = await registered(ada)
    before = await call(ada, "POST", f"/models/{fresh}/predict", {"rows": [ROW]})
    run = await started(ada, model_id=fresh)
    await answered(ada, "PUT", f"/runs/{run['id']}", {"status": "succeeded", "metrics_json": {"revenue_lift": 0.1}})
    reported = await call(ada, "POST", f"/models/{fresh}/predict", {"rows": [ROW]})
    missing = await call(ann, "POST", f"/models/{model}/predict", {"rows": [ROW], "version": "7.0"})
    over = await failed(studio, ann, await asked(ann, model, {"rows": [ROW]}), "The rows have no column 'shelf'.")

    assert [each.status_code for each in (before, reported, missing)] == [409, 409, 404]
    assert "was reported, and not trained here" in reported.json()["detail"]
    assert (over["error"]["message"], over["rows"], over["reasons"]["total"]) == ("The rows have no column 'shelf'.", [], "It has failed.")


async def test_rows_that_were_sent_are_what_a_snapshot_looks_at_where_it_names_predictions(studio: World, ada: User) -> None:
    model = await priced(studio, ada)
    asked_for, row = {"data": "predictions"}, ROW | {"shelf": "low"}

    before = await call(ada, "POST", f"/models/{model}/monitoring", asked_for)
    for day in range(1, 4):
        await done(studio, ada, await asked(ada, model, {"rows": [row | {"day": f"2024-06-0{day}"}, row | {"day": f"2024-07-0{day}"}]}))
    rules = await answered(ada, "PUT", f"/models/{model}/monitoring/rules", asked_for)
    taken = await answered(ada, "POST", f"/models/{model}/monitoring", {})
    spec = MonitorSpec.model_validate((await heard(studio, taken["job_id"])).spec)
    compared = await asyncio.to_thread(
        look, spec, artifacts=studio.training.artifacts, market=Market(None, synthetic_allowed=False), report=lambda _: None, pictures=False
    )

    assert problems(before)["body.data"].startswith("The model was asked about no rows that were sent")
    assert rules["rules"]["data"] == "predictions"
    assert (compared.rows.current, compared.freshness.last_update) == (6, datetime(2024, 7, 3, tzinfo=UTC))


async def test_what_another_account_was_told_or_another_model_is_not_there(studio: World, ann: User, eve: User, model: str) -> None:
    found = await done(studio, ann, await asked(ann, model, {"rows": [ROW]}))
    other = await registered(ann)
    run = await started(ann, model_id=other)
    await complete(studio, ann, run)
    await run_is(ann, run["id"], "succeeded")

    path = f"/models/{model}/predictions/{found['id']}"
    told = [
        await call(eve, "GET", path),
        await eve.http.get(found["files"]["predictions.csv"]),
        await call(eve, "POST", f"/models/{model}/predict", {"rows": [ROW]}),
        await call(eve, "GET", f"/models/{model}/predictions"),
        await call(ann, "GET", path.replace(model, other)),
        await call(ann, "GET", f"{path}/files/predictions.exe"),
    ]

    assert [answer.status_code for answer in told] == [404] * len(told)
