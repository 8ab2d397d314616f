"""Scores of places: no area tells of itself, errors are measured where nothing was learned from, and reasons add up to the answer."""

import json

import numpy as np
import pandas as pd
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.manifests.location_scoring import LocationObjective
from libs.contracts.recipe_metrics import RECIPE_METRICS
from libs.contracts.recipe_runs import RecipeRunResult
from services.training.learners.errors import NotEnoughDataError
from services.training.recipes.location_scoring.sites import Near, Plane
from tests.training.recipes.conftest import Runs
from tests.training.recipes.demands import PLACES, columns, places

DATA = {"data": columns(PLACES), "evaluation": {"permutations": 99, "resamples": 20}}
BOOSTED = {"name": "lightgbm", "hyperparameters": {"n_estimators": 60}}
ASKED = {"learner": BOOSTED, "split": {"folds": 3}, **DATA}


@pytest.fixture(scope="module")
def trained(runs: Runs) -> RecipeRunResult:
    rows = places()
    rows.loc[rows.index[:10], "worth"] = np.nan
    return runs("location_scoring", rows=rows, **ASKED)


def test_folds_at_random_flatter_where_neighbours_tell_and_folds_by_areas_do_not(trained: RecipeRunResult) -> None:
    blocked, at_random = trained.metrics["blocked_cv_rmse"], trained.metrics["random_cv_rmse"]
    assert blocked is not None
    assert at_random is not None
    assert at_random < 0.6 * blocked
    assert trained.metrics["optimism"] == pytest.approx(1 - at_random / blocked)
    # What is measured on the hold-out is what folds by areas have said, not what folds at random have.
    assert (trained.metrics["rmse"] or 0) > 1.2 * at_random


def test_the_worth_of_an_area_is_in_no_column_of_its_own_places() -> None:
    rows = places()
    xy, area = rows[["east", "north"]].to_numpy(), np.arange(len(rows)) % 5
    worth = rows["worth"].to_numpy()
    asked = {"area": area, "objective": LocationObjective(), "plane": Plane(None), "seed": 7}

    before = Near.of(xy, worth, **asked).columns(xy, area=area)[0]
    after = Near.of(xy, np.where(area == 2, 1e6, worth), **asked).columns(xy, area=area)[0]

    assert np.array_equal(before[area == 2], after[area == 2])
    assert (before[area != 2] != after[area != 2]).any()


def test_neighbours_mean_is_that_of_the_nearest_others() -> None:
    rows = places(count=30)
    xy, worth = rows[["east", "north"]].to_numpy(), rows["worth"].to_numpy()
    near = Near.of(xy, worth, area=np.arange(30), objective=LocationObjective(neighbours=3), plane=Plane(None), seed=7)

    found, names = near.columns(xy, area=np.arange(30))

    nearest = np.argsort(((xy[:, None] - xy[None]) ** 2).sum(axis=2), axis=1)[:, 1:4]
    assert found[:, names.index("neighbour_mean")] == pytest.approx(worth[nearest].mean(axis=1))


def test_in_the_midst_of_a_large_area_the_nearest_of_others_are_still_found() -> None:
    rows = places(count=400)
    xy, worth = rows[["east", "north"]].to_numpy(), rows["worth"].to_numpy()
    area = (xy[:, 0] > np.quantile(xy[:, 0], 0.1)).astype(np.int64)
    near = Near.of(xy, worth, area=area, objective=LocationObjective(neighbours=2), plane=Plane(None), seed=7)

    found, names = near.columns(xy, area=area)

    apart = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    nearest = np.argsort(np.where(area[:, None] == area[None], np.inf, apart), axis=1, kind="stable")[:, :2]
    assert found[:, names.index("neighbour_mean")] == pytest.approx(worth[nearest].mean(axis=1))


def test_intervals_of_what_is_learned_as_logarithms_are_wide_where_places_are_dear_and_never_below_zero(runs: Runs) -> None:
    rows = places()
    rows["worth"] = np.exp(rows["worth"] / 15)
    objective = {**ASKED.get("objective", {}), "log_target": True, "higher_is_better": False}

    found = runs("location_scoring", rows=rows, **{**ASKED, "objective": objective, "learner": {"name": "linear"}})

    scores = pd.DataFrame(found.tables["scores"])
    assert (scores["low"] > 0).all()
    assert np.ptp(scores["high"] / scores["expected"]) == pytest.approx(0, abs=1e-9)
    assert found.metrics["coverage"] == pytest.approx(float(scores["known"].between(scores["low"], scores["high"]).mean()))
    # The best are those of which the least is expected.
    assert scores["expected"].head(10).max() < scores["expected"].tail(10).min()
    assert (found.metrics["top_decile_lift"] or 0) > 1


def test_candidates_are_scored_best_first_with_reasons(trained: RecipeRunResult) -> None:
    scores = pd.DataFrame(trained.tables["scores"])

    assert set(scores["id"]) == {f"site {number}" for number in range(10)}
    assert scores["known"].isna().all()
    assert scores["score"].between(0, 100).all()
    assert scores["score"].is_monotonic_decreasing
    assert scores["reasons"].str.count("; ").eq(2).all()
    assert (scores["low"] < scores["expected"]).all()


def test_a_version_is_measured_as_its_training_measured_it_and_its_figures_are_those_of_the_rows(runs: Runs, store: Artifacts) -> None:
    asked = {**ASKED, "learner": {"name": "linear"}}
    made = runs("location_scoring", rows=places(), pictures=True, **asked)
    measured = runs("location_scoring", "eval", rows=places(), artifact=made.artifact, **asked)

    assert measured.metrics == made.metrics
    scores = pd.DataFrame(made.tables["scores"])
    error = scores["known"] - scores["expected"]
    assert len(scores) == made.rows["test"]
    assert made.metrics["rmse"] == pytest.approx(float(np.sqrt((error**2).mean())))
    assert made.metrics["coverage"] == pytest.approx(float(scores["known"].between(scores["low"], scores["high"]).mean()))
    kept = json.loads(store.get(made.files["model/manifest.json"].sha256))
    assert set(kept["files"]) == {"coefficients.json", "places.safetensors", "scoring.json"}
    assert store.get(made.files["map.png"].sha256).startswith(b"\x89PNG")


def test_degrees_become_kilometres() -> None:
    plane = Plane(60.0)

    found = plane.xy(np.array([24.0, 25.0]), np.array([60.0, 60.0]))

    assert np.diff(found[:, 0]) == pytest.approx(111.195 / 2)


def test_rows_without_any_target_are_refused_in_words(runs: Runs) -> None:
    with pytest.raises(NotEnoughDataError, match="No place has a target"):
        runs("location_scoring", rows=places(), **{**ASKED, "data": columns({"x": "east", "y": "north"})})


def test_a_registry_knows_all_that_is_measured(trained: RecipeRunResult) -> None:
    assert set(trained.metrics) == set(RECIPE_METRICS["location_scoring"])
