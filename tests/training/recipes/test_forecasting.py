"""Forecasts of demand: measured as rows say, adding up, kept and opened, resumed, and honest where history lacks."""

import numpy as np
import pandas as pd
import pytest

from libs.contracts.recipe_runs import RecipeRunResult
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints
from tests.training.recipes.conftest import Runs
from tests.training.recipes.demands import DEMAND, columns, demand

DATA = {"data": columns(DEMAND)}
BOOSTED = {"name": "lightgbm", "hyperparameters": {"n_estimators": 100, "min_child_samples": 5}}
SMALL = {"objective": {"horizon": 6}, "evaluation": {"origins": 3, "calibration_origins": 8, "resamples": 20}}


@pytest.fixture(scope="module")
def trained(runs: Runs) -> RecipeRunResult:
    return runs("forecasting", rows=demand(months=120), learner=BOOSTED, **DATA, **SMALL)


def test_figures_of_the_seasonal_naive_are_those_of_the_rows(runs: Runs) -> None:
    wide = demand().pivot_table(index="month", columns="article", values="sold")
    truth, said, past = wide[-12:].to_numpy(), wide[-24:-12].to_numpy(), wide[:-12]

    found = runs(
        "forecasting", rows=demand(), learner={"name": "seasonal_naive"}, objective={"horizon": 12}, evaluation={"origins": 1}, **DATA
    )

    scale = past.diff(12).abs().mean().to_numpy()
    assert found.metrics["wape"] == pytest.approx(np.abs(truth - said).sum() / truth.sum())
    assert found.metrics["mase"] == pytest.approx((np.abs(truth - said).mean(axis=0) / scale).mean())
    assert found.metrics["total_wape"] == pytest.approx(np.abs((truth - said).sum(axis=1)).sum() / truth.sum())
    assert found.metrics == found.baseline["seasonal_naive"]


def test_boosted_trees_find_the_season_beside_the_baselines_and_their_forecasts_add_up(trained: RecipeRunResult) -> None:
    assert trained.metrics["mase"] is not None
    assert trained.metrics["skill"] is not None
    assert trained.metrics["skill"] > 0 > (trained.baseline["mean"]["skill"] or 0)
    assert trained.metrics["incoherence"] == 0
    ahead = pd.DataFrame(trained.tables["forecast"])
    by_level = ahead.pivot_table(index="period", columns="level", values="forecast", aggfunc="sum")
    for level in ("item", "group"):
        assert by_level[level].to_numpy() == pytest.approx(by_level["total"].to_numpy())
    assert list(by_level.index) == [f"2025-0{month}-01" for month in range(1, 7)]
    assert (ahead["low"] <= ahead["forecast"]).all()
    assert sum(trained.importance.values()) == pytest.approx(1)


def test_a_version_is_measured_as_its_training_measured_it(runs: Runs, trained: RecipeRunResult) -> None:
    measured = runs("forecasting", "eval", rows=demand(months=120), learner=BOOSTED, artifact=trained.artifact, **DATA, **SMALL)

    assert measured.metrics == trained.metrics


def test_a_version_is_measured_on_rows_whose_items_have_grown_come_or_gone(runs: Runs) -> None:
    asked = {"learner": {"name": "seasonal_naive"}, **DATA, **SMALL, "objective": {"horizon": 6, "items_most": 3}}
    made = runs("forecasting", rows=demand(), **asked)
    grown = demand()
    grown.loc[grown["article"] == "ice", "sold"] *= 100
    new = pd.concat([grown.query("article != 'pie'"), grown.query("article == 'ice'").assign(article="jam")])

    def items(rows: pd.DataFrame) -> tuple[set[str], tuple[str, ...]]:
        found = runs("forecasting", "eval", rows=rows, artifact=made.artifact, **asked)
        return {row["name"] for row in found.tables["series"] if row["level"] == "item"}, found.notes

    told = {row["name"] for row in made.tables["series"] if row["level"] == "item"}
    assert told == {"pie", "soup", "(others)"}
    assert items(grown)[0] == told
    changed, notes = items(new)
    assert changed == told
    assert "1 item the model knows and no row is of: pie." in notes
    named = {**DATA, "data": columns({name: column for name, column in DEMAND.items() if name != "group"})}
    with pytest.raises(TrainingRefusedError, match="with other roles"):
        runs("forecasting", "eval", rows=grown, artifact=made.artifact, **{**asked, **named})


def test_smoothing_is_kept_and_a_backtest_goes_through_time(runs: Runs) -> None:
    asked = {"learner": {"name": "ets", "hyperparameters": {"trend": "none"}}, **DATA, **SMALL}
    made = runs("forecasting", rows=demand(), **asked)
    measured = runs("forecasting", "eval", rows=demand(), artifact=made.artifact, **asked)
    folds = runs("forecasting", "backtest", rows=demand(), learner={"name": "seasonal_naive"}, split={"folds": 2}, **DATA, **SMALL).folds

    assert measured.metrics == made.metrics
    assert made.metrics["skill"] is not None
    assert made.metrics["skill"] > 0
    assert [fold.test_start for fold in folds] == ["2016-09-01", "2018-05-01"]


def test_a_gap_is_neither_filled_nor_measured_and_short_items_are_left_out(runs: Runs) -> None:
    rows = demand()
    rows.loc[(rows["article"] == "tea") & (rows["month"] == "2019-03-01"), "sold"] = np.nan
    late = pd.DataFrame({"month": pd.date_range("2019-10-01", periods=3, freq="MS"), "kind": "warm", "article": "new", "sold": 5.0})

    found = runs("forecasting", rows=pd.concat([rows, late]), learner=BOOSTED, **DATA, **SMALL)

    assert any("1 period of 1 item without a value" in note and "tea" in note for note in found.notes)
    assert any("1 item with fewer than 12 periods" in note and "new" in note for note in found.notes)
    assert {row["name"] for row in found.tables["series"] if row["level"] == "item"} == {"ice", "tea", "soup", "pie"}


def test_too_short_a_history_is_refused_with_what_to_do(runs: Runs) -> None:
    with pytest.raises(NotEnoughDataError, match="shorter horizon") as refused:
        runs("forecasting", rows=demand(months=30), learner={"name": "mean"}, objective={"horizon": 12}, **DATA)

    assert "manifest.objective.horizon" in refused.value.details


def test_a_run_that_was_killed_after_its_trial_fit_does_not_make_that_again(runs: Runs) -> None:
    asked = {"learner": {"name": "mean"}, **DATA, **SMALL}
    whole = runs("forecasting", rows=demand(), **asked)
    checkpoints = MemoryCheckpoints(dies_after_fits=1)
    told: list[str] = []

    with pytest.raises(InterruptionError):
        runs("forecasting", rows=demand(), checkpoints=checkpoints, **asked)
    again = runs("forecasting", rows=demand(), checkpoints=checkpoints, report=lambda each: told.append(each.message), **asked)

    assert "An attempt before has made the trial fit: its weights and intervals are taken up" in told
    assert (again.artifact, again.metrics, again.notes) == (whole.artifact, whole.metrics, whole.notes)


def test_smoothing_that_was_killed_goes_on_at_the_series_where_it_was(runs: Runs) -> None:
    asked = {"learner": {"name": "ets", "hyperparameters": {"trend": "none", "seasonal": "none"}}, **DATA, **SMALL}
    whole = runs("forecasting", rows=demand(), **asked)
    checkpoints = MemoryCheckpoints(dies_after_fits=1)
    told: list[str] = []

    with pytest.raises(InterruptionError):
        runs("forecasting", rows=demand(), checkpoints=checkpoints, **asked)
    again = runs("forecasting", rows=demand(), checkpoints=checkpoints, report=lambda each: told.append(each.message), **asked)

    assert "Goes on after 1 series, which the attempt before had smoothed" in told
    assert again.artifact == whole.artifact


@pytest.mark.soak
@pytest.mark.parametrize(("kept", "words"), [(1, ""), (3, "An attempt before has made the trial fit")])
def test_a_network_that_was_killed_in_an_epoch_goes_on_and_becomes_the_same(runs: Runs, kept: int, words: str) -> None:
    settings = {"max_epochs": 2, "encoder_length": 12, "hidden_size": 8, "batch_size": 32}
    asked = {"learner": {"name": "nhits", "hyperparameters": settings}, **DATA, **SMALL}
    whole = runs("forecasting", rows=demand(months=48), **asked)
    checkpoints = MemoryCheckpoints(dies_after_fits=kept)
    told: list[str] = []

    with pytest.raises(InterruptionError):
        runs("forecasting", rows=demand(months=48), checkpoints=checkpoints, **asked)
    again = runs("forecasting", rows=demand(months=48), checkpoints=checkpoints, report=lambda each: told.append(each.message), **asked)

    assert "Goes on after epoch 1, which the attempt before had reached" in told
    assert any(message.startswith(words) for message in told)
    assert again.artifact == whole.artifact
