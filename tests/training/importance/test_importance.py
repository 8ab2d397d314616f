"""What the job kind `importance` runs, on shipped candles: each method, by the files that serve."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.importance import ImportanceResult, ImportanceSpec
from libs.contracts.training import ModelType, TrainingSpec
from libs.market.candles import Market
from libs.quant.feature_worth import gains_of, groups_of, mixed_up, stability_of
from services.training.importance.run import run
from services.training.importance.served import load_served
from services.training.learners.progress import Progress
from services.training.learners.train import train
from tests.training.learners.conftest import MemoryCheckpoints

# The two moving averages go together; the weekday says nothing of either.
FEATURES = ("price_ma_20_ratio", "price_ma_10_ratio", "rsi_14", "day_of_week")


@dataclass
class Bench:
    """A trained version, and what is measured of it."""

    artifacts: Artifacts
    market: Market = field(default_factory=lambda: Market(None, synthetic_allowed=False))
    told: list[Progress] = field(default_factory=list)

    def version(self, algorithm: str) -> tuple[str, TrainingSpec]:
        kind = ModelType.REGRESSION if algorithm == "RIDGE" else ModelType.CLASSIFICATION
        spec = TrainingSpec(
            model_type=kind,
            algorithm=algorithm,
            target_variable="return_next_5_days" if algorithm == "RIDGE" else "direction_next_5_days",
            features=FEATURES,
            hyperparameters={} if algorithm == "RIDGE" else {"n_estimators": 10, "max_depth": 4},
            training_config={"symbols": ["AAPL"], "start_date": "2008-01-01", "cross_validation_folds": 0, "horizon": 5},
        )
        trained = train(
            spec,
            job_id="job_1",
            version="1.0",
            model_name="Worth",
            artifacts=self.artifacts,
            market=self.market,
            report=lambda _: None,
            checkpoints=MemoryCheckpoints(),
            pictures=False,
        )
        return trained.artifact.sha256, spec

    def measure(self, version: tuple[str, TrainingSpec], method: str, **asked: Any) -> ImportanceResult:
        artifact, training = version
        body = {"artifact": artifact, "version": "1.0", "dataset_id": "packaged_AAPL_1d", "training": training, "method": method}
        spec = ImportanceSpec.model_validate({**body, "num_samples": 400, "repeats": 3} | asked)
        return run(spec, artifacts=self.artifacts, market=self.market, report=self.told.append)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(Artifacts(str(tmp_path_factory.mktemp("worth"))))


@pytest.fixture(scope="module")
def forest(bench: Bench) -> tuple[str, TrainingSpec]:
    return bench.version("RANDOM_FOREST")


@pytest.mark.parametrize("method", ["shap", "permutation", "gain", "drop_column"])
def test_each_method_tells_shares_ranks_errors_and_how_stable_they_are(bench: Bench, forest: tuple[str, TrainingSpec], method: str) -> None:
    found, again = bench.measure(forest, method), bench.measure(forest, method)

    assert found == again
    assert {each.feature for each in found.features} == set(FEATURES)
    assert [each.rank for each in found.features] == [1, 2, 3, 4]
    assert sum(each.importance for each in found.features) == pytest.approx(0.0 if "feature_importance" in found.reasons else 1.0)
    assert [each.worth for each in found.features] == sorted((each.worth for each in found.features), reverse=True)
    together = {name for group in found.groups for name in group.features}
    assert {"price_ma_20_ratio", "price_ma_10_ratio"} <= together
    assert "day_of_week" not in together
    if method == "gain":
        assert (found.stability, found.features[0].standard_error) == (None, None)
        assert set(found.reasons) == {"stability", "standard_error"}
    else:
        assert all(each.standard_error is not None and each.standard_error >= 0 for each in found.features)
        assert found.stability is None or -1 <= found.stability <= 1
        assert len(found.stretches) == 5
    assert found.rows <= 400
    assert found.seen_rows is not None
    assert found.seen_rows == 0 if method == "drop_column" else 0 < found.seen_rows < found.rows


def test_the_worth_of_a_linear_models_features_is_that_of_its_weights(bench: Bench) -> None:
    artifact, spec = bench.version("RIDGE")

    found = bench.measure((artifact, spec), "shap")

    assert found.features[0].worth > 0
    assert found.unit.startswith("mean |SHAP value|")


def test_what_a_learner_without_chance_is_worth_has_no_error_and_no_group_of_all_its_features(bench: Bench) -> None:
    found = bench.measure(bench.version("RIDGE"), "drop_column", group_above=1e-6)

    assert {each.standard_error for each in found.features} == {None}
    assert "by chance" in found.reasons["standard_error"]
    assert found.groups == ()


def test_files_that_are_gone_are_said_to_be(bench: Bench, forest: tuple[str, TrainingSpec]) -> None:
    with pytest.raises(InvalidError, match="no longer there"):
        bench.measure(("0" * 64, forest[1]), "shap")


def test_the_gain_of_trees_is_what_their_splits_part(bench: Bench, forest: tuple[str, TrainingSpec]) -> None:
    trees = load_served(forest[0], artifacts=bench.artifacts).trees()

    gains = gains_of(trees)

    # By the law of total variance: over a tree, what its splits gain is the spread of its leaves around their mean.
    spread = 0.0
    for start, stop in zip(trees.tree_start[:-1].tolist(), trees.tree_start[1:].tolist(), strict=True):
        leaves = np.flatnonzero(trees.feature[start:stop] < 0) + start
        weight, value = trees.cover[leaves], trees.value[leaves]
        mean = np.average(value, axis=0, weights=weight)
        spread += float((weight[:, None] * (value - mean) ** 2).sum())
    assert gains.sum() == pytest.approx(spread, rel=1e-9)


def test_mixing_up_a_column_that_decides_costs_and_one_that_does_not_costs_nothing() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(500, 3))
    rows[:, 2] = rows[:, 0] + 0.01 * rng.normal(size=500)

    grown = next(mixed_up(lambda given: (given[:, 0] - rows[:, 0]) ** 2, rows, units=[[0], [1], [0, 2]], repeats=1, seed=3)).mean(axis=0)

    assert grown[0] == pytest.approx(2.0, rel=0.2)  # twice the variance
    assert grown[1] == 0
    assert groups_of(rows, above=0.7) == [[0, 2]]


def test_an_order_that_never_changes_is_stable_and_one_that_turns_round_is_not() -> None:
    assert stability_of(np.array([[3.0, 2.0, 1.0], [9.0, 5.0, 1.0]])) == pytest.approx(1.0)
    assert stability_of(np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])) == pytest.approx(-1.0)
    assert stability_of(np.ones((2, 3))) is None
