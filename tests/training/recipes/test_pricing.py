"""Prices that are recommended, and what they would have earned, are held against shops whose demand is known."""

import json
import re

import numpy as np
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.recipe_runs import RecipeModelManifest, RecipeRunResult
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.pricing import boosted
from services.training.recipes.pricing.demand import Products
from services.training.recipes.pricing.policy import effective_rows, evaluate, propensities
from services.training.recipes.shipped.prices import airfare
from services.training.recipes.table import Table
from tests.training.recipes.conftest import Runs
from tests.training.recipes.shops import Shop

DATA = {"columns": Shop.COLUMNS}
BINS = {"price_bins": [0.85, 0.95, 1.05, 1.15], "resamples": 100}
WIDE = {"lowest": 0.8, "highest": 1.2}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.fixture(scope="module")
def trained(runs: Runs, shop: Shop) -> RecipeRunResult:
    return runs("pricing", rows=shop.rows, data=DATA, evaluation=BINS, objective=WIDE)


def test_demand_is_learned_better_than_by_either_baseline(trained: RecipeRunResult, shop: Shop) -> None:
    interval = trained.intervals["elasticity"]

    assert interval.low - 0.1 < shop.elasticity.mean() < interval.high + 0.1
    for baseline in ("constant_price", "naive"):
        for name in ("wape", "rmsle"):
            assert trained.metrics[name] < 0.7 * trained.baseline[baseline][name]


def test_the_recommended_price_is_the_one_that_a_constant_elasticity_asks_for_within_its_bounds(trained: RecipeRunResult) -> None:
    for row in trained.tables["recommended_prices"]:
        elasticity, cost, usual = row["elasticity"], row["unit_cost"], row["usual_price"]
        best = np.clip(cost * elasticity / (elasticity + 1) / usual, 0.8, 1.2) if elasticity < -1 else 1.2
        assert row["recommended_price"] / usual == pytest.approx(best, abs=0.011)


def test_what_recommended_prices_would_have_earned_is_told_as_it_is(trained: RecipeRunResult, shop: Shop) -> None:
    relative = {row["product"]: row["recommended_price"] / row["usual_price"] for row in trained.tables["recommended_prices"]}
    policy = np.array([relative[f"p{each:02d}"] for each in range(len(shop.usual))])

    for name, less_cost in (("revenue_lift", False), ("margin_impact", True)):
        truth = shop.worth(policy, less_cost=less_cost) / shop.drawn_worth(less_cost=less_cost) - 1
        assert trained.metrics[name] == pytest.approx(truth, abs=0.06)
        assert trained.intervals[name].low - 0.03 < truth < trained.intervals[name].high + 0.03
    charged = {row["measure"]: row["charged"] for row in trained.tables["policy"]}
    assert trained.metrics["margin_gain"] == pytest.approx(trained.metrics["margin_impact"] * charged["margin"])
    assert trained.metrics["margin_impact"] > trained.baseline["constant_price"]["margin_impact"]
    assert trained.metrics["support"] == 1.0
    # What is recommended was drawn for a fifth of the days, or less.
    assert 0.1 * trained.rows["test"] < trained.metrics["effective_rows"] < 0.25 * trained.rows["test"]


def test_steps_and_the_least_margin_are_kept(runs: Runs, shop: Shop) -> None:
    result = runs("pricing", rows=shop.rows, data=DATA, evaluation=BINS, objective={**WIDE, "step": 0.5, "min_margin": 0.35})

    for row in result.tables["recommended_prices"]:
        if row["reason"] is None:
            assert row["recommended_price"] % 0.5 == pytest.approx(0.0, abs=1e-9)
            assert 1 - row["unit_cost"] / row["recommended_price"] >= 0.35 - 1e-9
        else:
            assert row["recommended_price"] == row["usual_price"]


@pytest.mark.parametrize(
    ("evaluation", "words"),
    [
        ({"min_effective_rows": 100_000}, "Too few rows tell of it: .* and evaluation.min_effective_rows is 100,000"),
        ({"min_effective_rows": 1, "min_support": 1.0, "min_propensity": 0.18}, "often enough on [0-9]+% of the rows alone"),
        ({"min_propensity": 0.4}, "On no row of the hold-out was a price charged like the recommended one"),
    ],
)
def test_where_too_few_rows_tell_of_prices_their_worth_is_null_with_a_reason(runs: Runs, evaluation: dict[str, float], words: str) -> None:
    result = runs("pricing", rows=Shop(products=8, days=60).rows, data=DATA, evaluation=BINS | evaluation, objective=WIDE)

    for name in ("revenue_lift", "margin_impact", "revenue_gain", "margin_gain"):
        assert result.metrics[name] is None
        assert re.search(words, result.reasons[name])
        assert name not in result.intervals


def test_without_costs_margins_are_null_with_a_reason(runs: Runs) -> None:
    result = runs("pricing", data={"source": "shipped:airfare"}, learner={"name": "log_log", "hyperparameters": {"shrink": False}})

    assert result.metrics["margin_impact"] is None
    assert "unit_cost_share" in result.reasons["margin_impact"]
    assert result.metrics["elasticity"] == pytest.approx(-1.2, abs=0.15)
    assert not result.synthetic


def test_demand_by_trees_never_rises_with_the_price_and_its_file_answers_the_same(runs: Runs, shop: Shop, store: Artifacts) -> None:
    learner = {"name": "gradient_boosting", "hyperparameters": {"n_estimators": 60, "learning_rate": 0.2}}
    result = runs("pricing", rows=shop.rows, data=DATA, evaluation=BINS, learner=learner, pictures=True)

    assert result.artifact is not None
    kept = RecipeModelManifest.model_validate_json(store.get(result.artifact.sha256))
    model = boosted.restore(kept, files={name: store.get(each.sha256) for name, each in kept.files.items()})
    frame = shop.rows.head(200)
    roles = frame.rename(columns={name: role for role, name in Shop.COLUMNS.items()})[list(Shop.COLUMNS)]
    table = Table(
        roles=roles.assign(time=roles["time"].astype("datetime64[ns]")), features=frame[["shelf"]], columns=Shop.COLUMNS, source="",
        sha256="", licence="", synthetic=False,
    )  # fmt: skip
    rows = np.arange(200)
    sold = np.stack([model.expected(table, rows, price=table.numbers("price") * step) for step in np.linspace(0.5, 2, 31)])
    assert (np.diff(sold, axis=0) <= 1e-9).all()
    assert kept.learner == "gradient_boosting"
    assert result.metrics["elasticity"] == pytest.approx(shop.elasticity.mean(), abs=0.5)
    assert {row["low"] for row in result.tables["recommended_prices"]} == {None}
    assert "one fit" in result.reasons["recommended_prices.low"]
    assert sum(result.importance.values()) == pytest.approx(1.0)


def test_propensities_are_shares_by_product_drawn_to_those_of_all() -> None:
    bins, product = np.array([0, 0, 0, 1, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1, 1, 1])

    found = propensities(bins, product, bin_count=2)

    of_all = np.array([4 / 10, 6 / 10])
    assert found[0] == pytest.approx((np.array([3, 1]) + 20 * of_all) / 24)
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert effective_rows(np.array([1.0, 1.0, 2.0, 0.0])) == pytest.approx(16 / 6)


@pytest.mark.parametrize(("mean", "is_told"), [(10.0, True), (-1.0, False)])
def test_a_fraction_of_what_was_hardly_earned_is_not_told_and_the_difference_in_money_is(mean: float, is_told: bool) -> None:
    rng = np.random.default_rng(5)
    earned, flat = mean + rng.normal(0, 10, 2_000), np.zeros(2_000)
    drawn = rng.random(2_000) < 0.5

    found = evaluate(
        earned + 2 * drawn, expected=flat, expected_policy=flat, weights=2.0 * drawn, supported=np.ones(2_000, dtype=bool),
        clusters=np.arange(2_000) % 40, confidence=0.99, resamples=200, seed=1,
    )  # fmt: skip

    assert found is not None
    low, high = found.gain_interval
    assert low < 1 < high < 3
    assert (found.change is not None, found.interval is not None) == (is_told, is_told)


def test_too_few_moments_are_refused_in_words(runs: Runs) -> None:
    rows = airfare().head(300)

    with pytest.raises(NotEnoughDataError, match="1 moments are too few"):
        runs("pricing", rows=rows, data={"columns": {"product": "route", "time": "year", "price": "fare", "quantity": "passengers"}})


def test_products_are_written_and_read_with_what_is_not_known() -> None:
    numbers = np.array([1.5, np.nan])
    products = Products(
        names=("a", "b"), price=numbers, cost=numbers, lowest=numbers, rows=np.array([3, 4]), level=numbers, elasticity=numbers, low=numbers,
        high=numbers, own=numbers,
    )  # fmt: skip

    written = products.written()

    assert json.loads(written)["cost"] == [1.5, None]
    assert Products.read(written).written() == written
    assert products.codes(np.array(["b", "x"], dtype=object)).tolist() == [1, -1]
