"""What recipes' models say of rows: figures that can be reckoned anew from what was kept, and nulls that say why."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.recipe_predictions import CSV, JSONL, PredictRecipeResult, PredictRecipeSpec
from libs.contracts.recipe_runs import RecipeData, RecipeModelManifest, RecipeRunResult
from services.training.learners.errors import TrainingRefusedError
from services.training.recipes.predicting import run
from tests.training.recipes.conftest import Runs
from tests.training.recipes.demands import DEMAND, PLACES, columns, demand, places
from tests.training.recipes.shops import Shop

Asks = Callable[..., PredictRecipeResult]
QUICK = {"evaluation": {"resamples": 20}}
DAY = "2024-06-03"
OFFERS = {"action": "sent", "outcome": "bought", "customer": "who"}


@pytest.fixture(scope="module")
def ask(store: Artifacts) -> Asks:
    """Ask what a training has made about rows, sent or in a file."""

    def asked(made: RecipeRunResult, *rows: dict[str, Any], file: str | None = None) -> PredictRecipeResult:
        assert made.artifact is not None
        family = RecipeModelManifest.model_validate_json(store.get(made.artifact.sha256)).family
        data = RecipeData(path="rows.csv", artifact=store.put(file.encode())) if file is not None else None
        spec = PredictRecipeSpec(
            model_id="model_1", family=family, version="1.0", run_id="run_1", recipe_id="recipe_1", recipe_version_id="ver_1",
            artifact=made.artifact.sha256, rows=rows, data=data,
        )  # fmt: skip
        # What is stored of a spec, and what crosses the bus, is JSON.
        return run(PredictRecipeSpec.model_validate_json(spec.model_dump_json()), artifacts=store, report=lambda _: None)

    return asked


@pytest.fixture(scope="module")
def priced(runs: Runs) -> RecipeRunResult:
    return runs("pricing", rows=Shop(products=8, days=40).rows, data={"columns": Shop.COLUMNS}, objective={"step": 0.5}, **QUICK)


def kept(store: Artifacts, made: RecipeRunResult, name: str) -> Any:
    return json.loads(store.get(made.files[f"model/{name}"].sha256))


def test_demand_by_a_log_log_model_is_that_of_its_coefficients_and_no_price_within_its_bounds_earns_more(
    ask: Asks, priced: RecipeRunResult, store: Artifacts
) -> None:
    numbers, products = kept(store, priced, "manifest.json")["numbers"], kept(store, priced, "products.json")
    level, slope, usual, cost = (products[name][3] for name in ("level", "elasticity", "price", "cost"))
    lowest = products["lowest"][3]

    def demand_at(price: float) -> float:
        day = numbers["recent_level"] + numbers["weekday_levels"][0]
        return float(np.exp(level + day + slope * np.log(max(price, lowest) / usual)) * numbers["smearing"])

    found = ask(priced, {"sku": "p03", "day": DAY, "unit_price": 21.0, "unit_cost": None}).rows[0]

    assert found["expected_demand"] == pytest.approx(demand_at(21.0))
    assert found["expected_revenue"] == pytest.approx(21.0 * demand_at(21.0))
    assert found["expected_margin"] == pytest.approx((21.0 - cost) * demand_at(21.0))
    assert (found["elasticity"], found["usual_price"]) == (slope, usual)
    allowed = np.arange(np.ceil(0.9 * usual / 0.5), np.floor(1.1 * usual / 0.5) + 1) * 0.5
    best = max(allowed, key=lambda price: (price - cost) * demand_at(price))
    assert found["optimal_price"] == pytest.approx(best)
    assert found["optimal_margin"] == pytest.approx((best - cost) * demand_at(best))
    assert found["elasticity_low"] < slope < found["elasticity_high"]
    assert found["reasons"] == {}


def test_of_a_product_that_is_not_known_and_of_a_row_that_lacks_its_day_there_is_no_answer_and_the_others_stay_in_place(
    ask: Asks, priced: RecipeRunResult
) -> None:
    found = ask(
        priced,
        {"sku": "p02", "day": None, "unit_price": 9},
        {"sku": "p0", "day": DAY, "unit_price": 9},
        {"sku": "p02", "day": DAY, "unit_price": -1, "aisle": 4},
    )

    lacking, unknown, answered = found.rows
    assert (lacking["row"], lacking["expected_demand"], lacking["reasons"]["day"].startswith("It must be a date")) == (0, None, True)
    assert (unknown["row"], unknown["price"], unknown["expected_demand"]) == (1, 9.0, None)
    assert "'p0' was not learned from" in unknown["reasons"]["expected_demand"]
    assert "Did you mean" in unknown["reasons"]["optimal_price"]
    assert (answered["row"], answered["price"]) == (2, answered["usual_price"])
    assert [note.split(":")[0] for note in answered["notes"]] == ["unit_price", "No price was given"]
    assert (found.total, found.unanswered) == (3, 2)
    assert found.notes[0] == "The model does not read aisle."
    assert found.notes[1].startswith("1 of 3 rows could not be used, the first of them row 0: day:")


def test_a_column_that_is_missing_is_named_beside_the_nearest(ask: Asks, priced: RecipeRunResult) -> None:
    with pytest.raises(TrainingRefusedError, match=r"no column 'sku'.*Did you mean 'skus'") as refused:
        ask(priced, {"skus": "p02", "day": DAY})

    assert list(refused.value.details) == ["rows.sku"]


def test_files_have_all_rows_the_same_each_time_and_a_file_of_rows_answers_as_rows_that_are_sent(
    ask: Asks, priced: RecipeRunResult, store: Artifacts
) -> None:
    rows = [{"sku": f"p{place % 8:02d}", "day": DAY, "unit_price": 10 + place / 100} for place in range(1_200)]

    found = ask(priced, file=str(pd.DataFrame(rows).to_csv(index=False)))
    again = ask(priced, file=str(pd.DataFrame(rows).to_csv(index=False)))
    few = ask(priced, *rows[:3])

    written = list(csv.DictReader(io.StringIO(store.get(found.files[CSV].sha256).decode())))
    lines = [json.loads(line) for line in store.get(found.files[JSONL].sha256).decode().splitlines()]
    assert found == again
    assert (found.total, len(written), len(lines), tuple(written[0])) == (1_200, 1_200, 1_200, found.columns)
    assert float(written[-1]["expected_demand"]) == lines[-1]["expected_demand"]
    assert 0 < len(found.rows) < 1_200
    assert found.notes == (f"The first {len(found.rows)} of 1,200 rows stand here; the files have all.",)
    assert few.rows == found.rows[:3]


def test_trees_say_what_they_do_not_know_of_a_row_and_have_no_interval(ask: Asks, runs: Runs) -> None:
    trees = {"name": "gradient_boosting", "hyperparameters": {"n_estimators": 20}}
    made = runs("pricing", rows=Shop(products=8, days=40).rows.drop(columns="unit_cost"), learner=trees, features=["shelf"],
                data={"columns": {role: name for role, name in Shop.COLUMNS.items() if role != "cost"}}, **QUICK)  # fmt: skip

    row = {"sku": "p01", "day": DAY, "unit_price": 40.0}
    high, odd = ask(made, row | {"shelf": "high"}, row | {"shelf": "hihg"}).rows

    assert high["expected_demand"] > 0
    assert (high["expected_margin"], high["elasticity_low"]) == (None, None)
    assert set(high["reasons"]) == {"expected_margin", "optimal_margin", "elasticity_low", "elasticity_high"}
    assert odd["notes"] == ["shelf: 'hihg' was not learned from; high, low were. Did you mean 'high'?"]


def campaign(rows: int = 600) -> pd.DataFrame:
    """Return customers of whom the old buy more when they are called, and the young less."""
    draws = np.random.default_rng(3)
    age, sent = draws.integers(20, 80, rows), draws.choice(["none", "call", "letter"], rows)
    chance = 0.3 + (sent == "call") * np.where(age > 50, 0.5, -0.2)
    return pd.DataFrame({"who": np.arange(rows), "age": age, "sent": sent, "bought": (draws.random(rows) < chance).astype(int)})


def test_the_action_of_a_customer_is_that_whose_uplift_earns_the_most_after_its_cost_or_nothing(ask: Asks, runs: Runs) -> None:
    objective = {"outcome_value": 10, "action_costs": {"call": 1.0, "letter": 9.0}, "budget_share": 0.5}
    made = runs("next_best_action", rows=campaign(), data=columns(OFFERS), objective=objective, **QUICK)

    found = ask(made, {"who": 7, "age": 70}, {"who": 8, "age": 25}, {"age": "old"})

    old, young, odd = found.rows
    assert ([each["action"] for each in (old, young)], old["customer"]) == (["call", "none"], "7")
    for row in found.rows:
        expected = row["expected_outcome"]
        assert row["uplift"] == pytest.approx({name: expected[name] - expected["none"] for name in ("call", "letter")})
        assert row["gains"] == pytest.approx({"call": 10 * row["uplift"]["call"] - 1, "letter": 10 * row["uplift"]["letter"] - 9})
        assert row["gain"] == pytest.approx(max(0.0, *row["gains"].values()))
    assert (odd["customer"], odd["reasons"]) == (None, {"customer": "The rows do not name it."})
    assert odd["notes"] == ["age: 'old' is no number: it is taken as missing."]
    assert found.columns[2:5] == ("action", "gain", "uplift.call")
    assert "budget treats 50%" in found.notes[0]


def test_a_place_is_scored_with_its_interval_as_its_training_scores_candidates(ask: Asks, runs: Runs) -> None:
    rows = places()
    candidates = rows.index[:10]
    rows.loc[candidates, "worth"] = np.nan
    asked = {"data": columns(PLACES), "evaluation": {"permutations": 99, "resamples": 20}, "learner": {"name": "linear"}}
    made = runs("location_scoring", rows=rows, **asked, split={"folds": 3})

    found = ask(made, *rows.loc[candidates].drop(columns="worth").to_dict("records"))

    scored = {row["id"]: row for row in made.tables["scores"]}
    for row in found.rows:
        like = scored[row["id"]]
        assert [row[name] for name in ("expected", "low", "high")] == pytest.approx([like[name] for name in ("expected", "low", "high")])
        assert round(row["score"], 1) == like["score"]
        assert row["low"] < row["expected"] < row["high"]
        assert len(row["because"]) == 3
    assert "The model does not read" not in " ".join(found.notes)


def series(found: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [row["forecast"] for row in found if (row["level"], row["name"]) == ("item", name)]


def test_a_forecast_goes_on_from_what_was_learned_or_from_rows_since(ask: Asks, runs: Runs) -> None:
    rows = demand(months=48)
    objective = {"horizon": 6, "reconciliation": "none"}
    made = runs("forecasting", rows=rows, learner={"name": "seasonal_naive"}, data=columns(DEMAND), objective=objective,
                evaluation={"origins": 2, "calibration_origins": 6, "resamples": 20})  # fmt: skip
    since = [
        {"month": "2019-01-01", "kind": kind, "article": article, "sold": 100.0}
        for kind, article in (("cold", "ice"), ("cold", "tea"), ("warm", "soup"), ("warm", "pie"))
    ]

    now = ask(made)
    later = ask(made, *since, {"month": "2019-02", "kind": "cold", "article": None, "sold": 1})

    of_ice = rows.loc[rows["article"] == "ice", "sold"].to_list()
    assert [{name: row[name] for name in like} for row, like in zip(now.rows, made.tables["forecast"], strict=True)] == [
        *made.tables["forecast"]
    ]
    assert series(now.rows, "ice") == pytest.approx(of_ice[36:42])
    assert series(later.rows, "ice") == pytest.approx(of_ice[37:43])
    assert {row["period"] for row in later.rows} == {f"2019-0{month}-01" for month in range(2, 8)}
    assert later.notes[0].startswith("1 of 5 rows could not be used, the first of them row 4: article:")
