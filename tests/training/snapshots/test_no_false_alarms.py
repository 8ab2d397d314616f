"""Snapshots of rows that have not moved raise nothing: of texts with many words, of panels whose rows go together, of rows without a truth."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject, SnapshotResult, TextSubject
from libs.contracts.recipe_runs import RecipeData, RecipeRunSpec, RunType
from libs.contracts.recipes import Family
from libs.contracts.shipped_data.families import SHIPPED_DATA
from libs.contracts.texts import NamedFile, TextData
from libs.market.candles import Market
from services.training.recipes.run import run as run_recipe
from services.training.recipes.shipped.sources import read_shipped
from services.training.snapshots.drifting import domain_of
from services.training.snapshots.run import run
from services.training.snapshots.sides import Side, Sides
from tests.texts.small_models import keep_lexicon
from tests.training.snapshots.desk import NOW


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    return Artifacts(str(tmp_path_factory.mktemp("artifacts")))


class Watched:
    """A version of a recipe, and snapshots of it."""

    def __init__(self, family: Family, manifest: dict[str, Any], *, artifacts: Artifacts, own: pd.DataFrame | None = None) -> None:
        self.family, self.manifest, self.artifacts = family, manifest, artifacts
        self.own = None if own is None else artifacts.put(own.to_csv(index=False).encode())
        spec = RecipeRunSpec(
            family=family, recipe_id="recipe_1", recipe_version_id="ver_1", manifest=manifest, run_type=RunType.TRAIN,
            model_id="model_1", version="1.0", data=None if self.own is None else RecipeData(path="own.csv", artifact=self.own),
        )  # fmt: skip
        self.made = run_recipe(spec, job_id="job_1", artifacts=artifacts, report=lambda _: None, pictures=False)

    def look(self, rows: pd.DataFrame, **changes: Any) -> SnapshotResult:
        file = NamedFile(path="data/since.csv", artifact=self.artifacts.put(rows.to_csv(index=False).encode()))
        assert self.made.artifact is not None
        own = None if self.own is None else NamedFile(path="own.csv", artifact=self.own)
        spec = MonitorSpec(
            snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact=self.made.artifact.sha256, importance=self.made.importance,
            subject=RecipeSubject(family=self.family, manifest=self.manifest, reference=own, current=file), **changes,
        )  # fmt: skip
        return run(
            spec,
            artifacts=self.artifacts,
            market=Market(None, synthetic_allowed=False),
            report=lambda _: None,
            clock=lambda: NOW,
            pictures=False,
        )


def words_like_those_of_people(count: int, *, seed: int) -> list[tuple[str, str]]:
    """Return texts of 30 words, of which a few are in most and most in few (Zipf), with labels."""
    random = np.random.default_rng(seed)
    labels = random.choice(("negative", "positive"), size=count).tolist()
    drawn = np.minimum(random.zipf(1.3, size=(count, 30)), 20_000)
    return [(" ".join(f"w{each}" for each in row), label) for row, label in zip(drawn.tolist(), labels, strict=True)]


def test_texts_that_have_not_moved_are_not_told_from_those_of_the_reference(artifacts: Artifacts) -> None:
    rows = words_like_those_of_people(900, seed=3)

    def kept(some: list[tuple[str, str]]) -> TextData:
        body = json.dumps([{"text": text, "label": label} for text, label in some]).encode()
        return TextData(path="texts.json", artifact=artifacts.put(body))

    subject = TextSubject(
        reference=kept(rows[:600]), config={"data": {"train_split": 0.4, "val_split": 0.1, "test_split": 0.5}}, current=kept(rows[600:])
    )
    spec = MonitorSpec(
        snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact=keep_lexicon(artifacts).sha256, subject=subject
    )

    found = run(
        spec, artifacts=artifacts, market=Market(None, synthetic_allowed=False), report=lambda _: None, clock=lambda: NOW, pictures=False
    )

    assert (found.rows.reference, found.rows.current) == (300, 300)
    assert found.domain.lower is not None
    assert found.domain.lower < 0.55
    assert not found.domain.drifted


def test_dated_texts_are_those_of_the_window_before_some_of_them_are_chosen(artifacts: Artifacts) -> None:
    rows = words_like_those_of_people(2_400, seed=4)
    days = pd.date_range("2026-01-01", periods=len(rows), freq="h").strftime("%Y-%m-%dT%H:%M:%SZ")
    told = [{"text": text, "label": label, "published_at": day} for (text, label), day in zip(rows, days, strict=True)]
    reference = artifacts.put(json.dumps(told[:300]).encode())
    current = artifacts.put(json.dumps(told).encode())
    spec = MonitorSpec.model_validate(
        {
            "snapshot_id": "snapshot_1",
            "model_id": "model_1",
            "version": "1.0",
            "artifact": keep_lexicon(artifacts).sha256,
            "subject": {
                "kind": "text",
                "reference": TextData(path="texts.json", artifact=reference),
                "config": {"data": {"train_split": 0.4, "val_split": 0.1, "test_split": 0.5}},
                "current": TextData(path="since.json", artifact=current),
            },
            "window": {"start": days[2_300]},
        }
    )

    found = run(
        spec, artifacts=artifacts, market=Market(None, synthetic_allowed=False), report=lambda _: None, clock=lambda: NOW, pictures=False
    )

    assert (found.rows.current, found.enough) == (100, True)


def panel(*, seed: int, series: int = 30, moments: int = 80) -> Sides:
    """Return two stretches of series that move slowly (AR(1), 0.97) about a level of their own, and have not changed."""
    random = np.random.default_rng(seed)
    level, steps = random.normal(size=(series, 3)) * 2, random.normal(size=(2 * moments, series, 3))
    values = np.zeros_like(steps)
    for moment in range(2 * moments):
        values[moment] = (0.97 * values[moment - 1] if moment else 0.0) + steps[moment]
    values = values / values.std() + level

    def side(part: Any) -> Side:
        rows = part.reshape(-1, 3)
        named = np.tile(np.arange(series), len(part))
        names = np.array([f"p{each}" for each in named.tolist()], dtype=object)
        time = np.repeat(np.arange(len(part)), series)
        return Side(numbers=rows, words={"product": names}, truth=np.full(len(rows), np.nan), time=time, symbols=names)

    return Sides(reference=side(values[:moments]), current=side(values[moments:]), names=("a", "b", "c"), series=("product",))


def test_series_that_move_slowly_are_not_taken_for_drift() -> None:
    spec = MonitorSpec(
        snapshot_id="s", model_id="m", version="1.0", artifact="", subject=RecipeSubject(family="pricing", manifest={}), seed=1
    )

    found = [domain_of(panel(seed=seed), spec)[0] for seed in range(4)]

    assert not [each.auc for each in found if each.drifted]
    assert "product" not in found[0].importance


def test_prices_without_the_quantities_that_came_true_are_estimated_and_not_called_drift(artifacts: Artifacts) -> None:
    watched = Watched("pricing", {"data": {"source": "shipped:airfare"}, "learner": {"name": "log_log"}}, artifacts=artifacts)
    rows = read_shipped("airfare")
    newest = rows[rows["year"] == rows["year"].max()]

    bare, known = watched.look(newest.drop(columns="passengers")), watched.look(newest)
    label = f"timestamp,symbol,value\n{pd.Timestamp(newest['year'].iloc[0]):%Y-%m-%d},{newest['route'].iloc[0]},7\n"
    moment = f"{label}{pd.Timestamp(newest['year'].iloc[0]):%Y-%m-%d},,9\n"
    labelled = watched.look(newest.drop(columns="passengers"), labels=artifacts.put(moment.encode()))

    assert (bare.rows.current, bare.rows.labelled, known.rows.labelled) == (len(newest), 0, len(newest))
    assert bare.performance.method == "DLE"
    # What is estimated has not seen what came true.
    assert bare.performance.estimated == known.performance.estimated
    assert "passengers" not in {each.name for each in known.features}
    assert [each.name for each in bare.features if each.drifted or each.is_missing_more] == []
    assert not bare.domain.drifted
    assert labelled.rows.labelled == 1
    assert "of several rows" in " ".join(labelled.notes)


def test_products_that_have_numbers_for_names_are_compared_as_names(artifacts: Artifacts) -> None:
    # given routes that are called 1 to 40
    rows = read_shipped("airfare")
    names = {route: at + 1 for at, route in enumerate(sorted(rows["route"].unique())[:40])}
    own = rows[rows["route"].isin(list(names))].assign(route=lambda each: each["route"].map(names))
    columns = {"product": "route", "time": "year", "price": "fare", "quantity": "passengers"}
    manifest = {"data": {"source": "file:own.csv", "columns": columns}, "learner": {"name": "log_log"}}
    watched = Watched("pricing", manifest, artifacts=artifacts, own=own)

    # when there are only two of them left, in another share
    found = watched.look(own[own["route"].isin([1, 40])].assign(year=own["year"].max()))

    # then it is told by which they are, and not by how large their numbers are
    route = next(each for each in found.features if each.name == "route")
    assert (route.type, route.drifted) == ("categorical", True)
    assert "1" in {each.label for each in route.bins}


def test_demand_that_has_not_come_yet_is_no_drift_and_tells_estimates_nothing(artifacts: Artifacts) -> None:
    manifest = {
        "data": {"source": "shipped:us_electricity"},
        "learner": {"name": "seasonal_naive"},
        "objective": {"horizon": 12, "items_most": 12},
    }
    watched = Watched("forecasting", manifest, artifacts=artifacts)
    rows = read_shipped("us_electricity")
    last = rows[rows["month"] > rows["month"].max() - pd.DateOffset(months=12)]
    since = last.assign(month=last["month"] + pd.DateOffset(months=12))

    known, bare = watched.look(since), watched.look(since.assign(generation=np.nan))

    assert "generation" not in {each.name for each in known.features}
    # The states that are not told apart are watched, too: as shares of the others.
    assert (known.rows.current, known.rows.labelled) == (len(since), int(since["generation"].notna().sum()))
    assert bare.rows.labelled == 0
    assert [each.name for each in bare.features if each.drifted or each.is_missing_more] == []
    assert not bare.domain.drifted


def test_the_outcome_that_is_expected_of_what_was_done_is_what_is_watched(artifacts: Artifacts) -> None:
    manifest = {"data": {"source": "shipped:offers"}, "learner": {"name": "t_learner", "hyperparameters": {"n_estimators": 30}}}
    watched = Watched("next_best_action", manifest, artifacts=artifacts)
    rows = read_shipped("offers").sample(4_000, random_state=2)
    outcome = "outcome" if "outcome" in rows else SHIPPED_DATA["offers"].roles["outcome"]

    found, never = watched.look(rows), watched.look(rows.assign(**{outcome: 0}))

    reference = found.performance.reference
    assert found.performance.method == "CBPE"
    assert (reference["log_loss"] or 9) < 0.65
    assert found.performance.degraded == ()
    assert never.performance.measured["log_loss"].value != found.performance.measured["log_loss"].value
    assert never.calibration.is_worse


def test_places_that_are_like_those_of_the_reference_are_no_drift_and_the_other_areas_are_said(artifacts: Artifacts) -> None:
    manifest = {"data": {"source": "shipped:berlin_rentals"}, "learner": {"name": "linear"}}
    watched = Watched("location_scoring", manifest, artifacts=artifacts)
    rows = read_shipped("berlin_rentals").sample(500, random_state=3)

    found = watched.look(rows.drop(columns="price"))

    assert (found.rows.current, found.rows.labelled, found.performance.method) == (500, 0, "DLE")
    assert not {"price", "x", "y"} & {each.name for each in found.features}
    assert [each.name for each in found.features if each.drifted or each.is_missing_more] == []
    assert not found.domain.drifted
    assert "of areas that the version knew no place of" in " ".join(found.notes)
