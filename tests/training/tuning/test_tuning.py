"""What the job kind `tune` runs, on shipped candles: trials, what the best of them is worth, and what it leaves."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from libs.chassis.errors import InvalidError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import ModelType
from libs.contracts.tuning import TrialTable, TuneProgress, TuneResult, TuneSpec
from libs.market.candles import Market
from services.training.learners.progress import Progress
from services.training.tuning.run import run
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints

SPACE = {
    "max_depth": {"type": "int", "min": 1, "max": 8},
    "min_samples_leaf": {"type": "int", "min": 1, "max": 64, "log": True},
    "max_features": {"type": "categorical", "values": ["sqrt", None]},
}
CONFIG = {"symbols": ["AAPL"], "start_date": "2009-01-01", "end_date": "2012-12-31", "cross_validation_folds": 3}


def asked(*, config: dict[str, Any] | None = None, **other: Any) -> TuneSpec:
    base = {
        "model_type": "classification",
        "algorithm": "RANDOM_FOREST",
        "target_variable": "signal_type",
        "features": ["rsi_14", "macd_signal", "bollinger_position"],
        "hyperparameters": {"n_estimators": 4},
        "training_config": CONFIG | (config or {}),
    }
    usual = {"space": SPACE, "objectives": [{"metric": "sharpe", "direction": "maximize"}], "max_trials": 12, "parallel_trials": 2}
    return TuneSpec.model_validate({"base": base} | usual | other)


@dataclass
class Bench:
    """Runs tunings, and keeps what they told and left."""

    folder: Path
    synthetic: bool = False
    told: list[Progress] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.artifacts = Artifacts(str(self.folder))

    def tune(self, spec: TuneSpec, *, checkpoints: MemoryCheckpoints | None = None, pictures: bool = False) -> TuneResult:
        market = Market(None, synthetic_allowed=self.synthetic)
        around = {"artifacts": self.artifacts, "checkpoints": checkpoints or MemoryCheckpoints()}
        return run(spec, market=market, report=self.told.append, pictures=pictures, **around)

    def trials(self, result: TuneResult) -> list[tuple[Any, ...]]:
        table = TrialTable.model_validate_json(gzip.decompress(self.artifacts.get(result.trials.sha256)))
        return [(row.number, row.status, row.hyperparameters, row.metrics, row.spread) for row in table.trials]


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, TuneResult]:
    bench = Bench(tmp_path_factory.mktemp("tuned"))
    return bench, bench.tune(asked(), pictures=True)


def test_the_best_trial_is_measured_where_no_trial_has_looked_and_its_luck_is_told(tuned: tuple[Bench, TuneResult]) -> None:
    bench, result = tuned

    trials = bench.trials(result)
    assert result.best_trial is not None
    assert len(trials) == result.completed_trials == result.total_trials == 12
    assert result.best_trial.metrics["sharpe"] == max(metrics["sharpe"] for *_, metrics, _ in trials)
    assert result.holdout_metrics.keys() == result.best_trial.metrics.keys()
    assert result.holdout_metrics["sharpe"] != result.best_trial.metrics["sharpe"]
    assert result.run_card["baselines"].keys() == {"majority_class", "buy_and_hold", "untuned"}
    assert 1 <= result.trials_counted <= 12
    assert 0 <= (result.deflated_sharpe or 0) <= 1
    assert 0 <= (result.pbo or 0) <= 1
    assert result.seeds_noise is not None
    assert result.seeds_noise.seeds == 3
    assert sum(result.parameter_importance.values()) == pytest.approx(1)
    assert TuneResult.model_validate_json(result.model_dump_json()) == result


def test_each_trial_is_told_when_it_has_ended_and_steps_never_go_back(tuned: tuple[Bench, TuneResult]) -> None:
    bench, result = tuned

    steps = [each.step for each in bench.told]
    partials = [TuneProgress.model_validate(each.partial) for each in bench.told if each.partial]
    assert steps == sorted(steps)
    assert steps[-1] == bench.told[-1].total_steps
    assert [each.completed_trials for each in partials][-1] == 12
    assert partials[-1].best_trial == result.best_trial
    assert partials[-1].trials == result.trials
    assert any("Trial 3: sharpe" in each.message for each in bench.told)


def test_the_report_and_its_pictures_are_kept_and_fetch_nothing(tuned: tuple[Bench, TuneResult]) -> None:
    bench, result = tuned

    files = {name: bench.artifacts.get(each.sha256) for name, each in result.files.items()}
    assert files.keys() == {"history.png", "slice.png", "contour.png", "importance.png", "parallel-coordinates.png", "report.html"}
    assert all(data.startswith(b"\x89PNG") for name, data in files.items() if name.endswith("png"))
    page = files["report.html"].decode()
    assert all(
        words in page
        for words in ("Tuning of RANDOM_FOREST on AAPL", "On the hold-out", "How far it is to be believed", "min_samples_leaf")
    )
    assert "://" not in page


def test_a_tuning_whose_runner_was_killed_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path, tuned: tuple[Bench, TuneResult]) -> None:
    bench, whole = tuned
    again, checkpoints = Bench(tmp_path), MemoryCheckpoints(dies_after=2)
    with pytest.raises(InterruptionError):
        again.tune(asked(), checkpoints=checkpoints)
    before = len(again.told)

    checkpoints.dies_after = None
    result = again.tune(asked(), checkpoints=checkpoints)

    assert again.trials(result) == bench.trials(whole)
    assert (result.deflated_sharpe, result.pbo, result.holdout_metrics) == (whole.deflated_sharpe, whole.pbo, whole.holdout_metrics)
    assert len([each for each in again.told[before:] if each.message.startswith("Trial ")]) < 12


def test_a_later_job_goes_on_from_the_trials_of_an_earlier_one(tuned: tuple[Bench, TuneResult]) -> None:
    bench, first = tuned

    more = bench.tune(asked(max_trials=13, earlier=first.trials.model_dump()))

    assert bench.trials(more)[:12] == bench.trials(first)
    assert len(bench.trials(more)) == 13
    other = bench.tune(asked(max_trials=3, seed=5, earlier=first.trials.model_dump()))
    assert len(bench.trials(other)) == 3
    assert "begins anew" in other.warnings[0]


def test_a_search_that_was_stopped_is_measured_without_a_trial_more(tuned: tuple[Bench, TuneResult]) -> None:
    bench, whole = tuned
    partials = [TuneProgress.model_validate(each.partial) for each in bench.told if each.partial]
    # What is known of a search that ends here: with the files of trials that ran.
    found = next(each for each in partials if each.trials and each.completed_trials >= 3)
    assert found.trials is not None

    measured = bench.tune(asked(max_trials=found.completed_trials, earlier=found.trials.model_dump()))

    assert measured.completed_trials == found.completed_trials < whole.completed_trials
    assert bench.trials(measured) == bench.trials(whole)[: found.completed_trials]
    assert measured.best_trial is not None
    assert found.best_trial is not None
    assert (measured.best_trial.number, measured.best_trial.metrics) == (found.best_trial.number, found.best_trial.metrics)
    assert measured.holdout_metrics.keys() == whole.holdout_metrics.keys()
    assert measured.holdout_metrics["sharpe"] is not None


def test_several_objectives_have_a_front_of_trials_that_none_beats(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    objectives = [{"metric": "sharpe_less_turnover", "direction": "maximize"}, {"metric": "turnover", "direction": "minimize"}]

    result = bench.tune(asked(objectives=objectives, max_trials=8))

    values = [(metrics["sharpe_less_turnover"], -metrics["turnover"]) for *_, metrics, _ in bench.trials(result)]
    beaten = [any(a >= b and c >= d and (a, c) != (b, d) for a, c in values) for b, d in values]
    assert [row.number for row in result.front] == [number for number, each in enumerate(beaten) if not each]
    assert all(metrics["sharpe_less_turnover"] < metrics["sharpe"] for *_, metrics, _ in bench.trials(result))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"space": {"max_dept": {"type": "int", "min": 1, "max": 3}}},
            "RANDOM_FOREST has no hyperparameter 'max_dept'. Did you mean 'max_depth'?",
        ),
        ({"objectives": [{"metric": "rmse", "direction": "minimize"}]}, "A classification model has no rmse"),
        ({"space": {"max_depth": {"type": "int", "min": 99, "max": 120}}}, "max_depth"),
        ({"config": {"start_date": "2012-08-01", "cross_validation_folds": 10}}, "fewer folds|rows are left|more days"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_a_trial(tmp_path: Path, fault: dict[str, Any], words: str) -> None:
    bench = Bench(tmp_path)

    with pytest.raises(InvalidError, match=words):
        bench.tune(asked(**fault))

    assert not [each for each in bench.told if each.message.startswith("Trial ")]


def test_on_generated_candles_the_best_of_many_trials_beats_nothing_where_no_trial_has_looked(tmp_path: Path) -> None:
    bench = Bench(tmp_path, synthetic=True)
    # Without costs, which would hide what a model knows; one bar ahead, so that labels do not overlap.
    plain = {"symbols": ["RELIANCE"], "commission": 0, "slippage": 0, "borrow_rate": 0, "horizon": 1, "start_date": None, "end_date": None}

    result = bench.tune(asked(config=plain, max_trials=16, sampler="random"))

    rows = result.run_card["symbols"][0]["bars"] * 0.2
    guess = result.run_card["baselines"]["majority_class"]["accuracy"]
    assert result.run_card["synthetic"]
    # 0.06: that a calm bar follows calm ones can be learnt, and that is HOLD.
    assert (result.holdout_metrics["val_accuracy"] or 0) < guess + 0.06 + 3 * 0.5 / rows**0.5
    assert (result.deflated_sharpe or 0) < 0.95
    assert any("without skill may well earn as much" in words for words in result.warnings)


@pytest.mark.parametrize(
    ("base", "config", "space", "metric"),
    [
        (
            {
                "model_type": "classification",
                "algorithm": "XGBOOST",
                "target_variable": "direction_next_day",
                "hyperparameters": {"n_estimators": 5},
            },
            {"validation": {"method": "cpcv", "groups": 4, "test_groups": 2}, "horizon": 1},
            {"max_depth": {"type": "int", "min": 1, "max": 3}},
            "val_loss",
        ),
        (
            {"model_type": "regression", "algorithm": "RIDGE", "target_variable": "return_next_day", "hyperparameters": {}},
            {"validation": {"method": "walk_forward", "folds": 2}, "horizon": 1},
            {"alpha": {"type": "float", "min": 0.01, "max": 100, "log": True}},
            "rmse",
        ),
    ],
)
def test_any_learner_target_and_way_of_validating_can_be_searched(
    tmp_path: Path, base: dict[str, Any], config: dict[str, Any], space: dict[str, Any], metric: str
) -> None:
    bench = Bench(tmp_path)
    spec = asked(config=config, space=space, objectives=[{"metric": metric, "direction": "minimize"}], max_trials=3, parallel_trials=1)

    result = bench.tune(spec.model_copy(update={"base": spec.base.model_copy(update=base | {"model_type": ModelType(base["model_type"])})}))

    assert result.best_trial is not None
    assert result.best_trial.metrics[metric] == min(metrics[metric] for *_, metrics, _ in bench.trials(result))
    assert result.holdout_metrics[metric] is not None
    assert result.run_card["validation"]["splits"] == {"cpcv": 6, "walk_forward": 2}[config["validation"]["method"]]


@pytest.mark.soak
def test_networks_side_by_side_show_what_they_show_one_after_the_other(tmp_path: Path) -> None:
    network = {"algorithm": "LSTM", "hyperparameters": {"max_epochs": 2, "hidden_size": 8}}
    space = {"hidden_size": {"type": "int", "values": [4, 8]}, "sequence_length": {"type": "int", "min": 5, "max": 8}}

    def tuned(parallel: int) -> Any:
        bench = Bench(tmp_path / str(parallel))
        spec = asked(space=space, sampler="random", max_trials=3, parallel_trials=parallel)
        return bench.trials(bench.tune(spec.model_copy(update={"base": spec.base.model_copy(update=network)})))

    assert tuned(2) == tuned(1)
