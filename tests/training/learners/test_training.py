"""A training from its request to its files, on real candles of two stocks."""

import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest

from libs.chassis.errors import ErrorKind, PlatformError
from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import ModelType
from libs.market.candles import Market
from libs.quant.onnx_runtime import onnxruntime
from libs.quant.trees import TreeEnsemble
from services.training.learners.train import Trained
from tests.training.learners.conftest import (
    CASES,
    DOCUMENTED_FEATURES,
    InterruptionError,
    MemoryCheckpoints,
    Once,
    Workshop,
    one_of_each_task,
    spec,
    usual,
)


def numbers(trained: Trained) -> dict[str, Any]:
    """Return all that was measured, durations apart."""
    measured = trained.result.model_dump(mode="json")
    del measured["run_card"]["durations"]
    return measured | {"artifact": trained.artifact.sha256}


SHOWN = [case for case in CASES if (case[1] is ModelType.CLASSIFICATION or case[0] == "RIDGE") and case[0] != "TRANSFORMER"]


# Each with one task; how it learns both is in test_every_learner.py. An ensemble has a transformer among its members.
@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [pytest.param(*case, marks=() if case in SHOWN else pytest.mark.soak) for case in CASES],
)
def test_every_learner_trains_on_real_candles(once: Once, algorithm: str, kind: ModelType) -> None:
    _, trained = once(algorithm, kind)

    result = trained.result

    told = (
        {"accuracy", "precision", "recall", "f1_score", "roc_auc", "log_loss"}
        if kind is ModelType.CLASSIFICATION
        else {"mae", "rmse", "r2", "directional_accuracy"}
    )
    assert told | {"sharpe_ratio", "max_drawdown", "total_return"} <= set(result.metrics)
    assert set(result.validation_metrics) == told
    assert {"total_trades", "winning_trades", "losing_trades", "win_rate", "avg_win", "avg_loss", "profit_factor"} <= set(result.backtest)
    assert set(result.training_metrics) == {"final_accuracy", "final_loss", "epochs", "best_epoch"}
    assert set(result.feature_importance) == set(DOCUMENTED_FEATURES)
    assert sum(result.feature_importance.values()) == pytest.approx(1.0)
    assert set(result.baselines) == {"majority_class" if kind is ModelType.CLASSIFICATION else "mean_return", "buy_and_hold"}
    nulls = {name for part in (result.metrics, result.backtest, result.training_metrics) for name, value in part.items() if value is None}
    assert nulls <= set(result.reasons)


def test_the_manifest_names_the_files_and_how_to_read_them(once: Once) -> None:
    workshop, trained = once("RANDOM_FOREST", ModelType.CLASSIFICATION)

    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    session = onnxruntime.InferenceSession(workshop.artifacts.get(manifest["files"]["model.onnx"]["sha256"]))
    trees = TreeEnsemble.from_bytes(workshop.artifacts.get(manifest["files"]["explain.npz"]["sha256"]))

    assert manifest["format"] == "modelbourse-model/1"
    assert (manifest["version"], manifest["algorithm"], manifest["scale"], manifest["explainer"]) == (
        "1.3",
        "RANDOM_FOREST",
        "probability",
        "trees",
    )
    assert manifest["classes"] == ["BUY", "HOLD", "SELL"]
    assert manifest["features"] == list(DOCUMENTED_FEATURES)
    assert manifest["training_config"]["symbols"] == ["AAPL", "MSFT"]
    assert manifest["synthetic"] is False
    row = np.asarray([[50.0, 0.0, 0.5, 1.0, 1.0]], dtype=np.float32)
    assert session.run(["scores"], {"x": row})[0] == pytest.approx(trees.predict(row), abs=1e-6)


def test_a_linear_manifest_says_linear(once: Once) -> None:
    workshop, trained = once("RIDGE", ModelType.REGRESSION)

    manifest = json.loads(workshop.artifacts.get(trained.artifact.sha256))
    with np.load(BytesIO(workshop.artifacts.get(manifest["files"]["explain.npz"]["sha256"])), allow_pickle=False) as weights:
        shapes = {name: weights[name].shape for name in weights.files}

    assert (manifest["explainer"], manifest["scale"], manifest["classes"]) == ("linear", "value", None)
    assert shapes == {"coef": (5, 1), "intercept": (1,), "mean": (5,)}


# That every learner repeats itself to the last byte: test_every_learner.py and test_sequences.py.
@pytest.mark.parametrize(("algorithm", "kind"), one_of_each_task("LIGHTGBM"))
def test_the_same_request_gives_the_same_numbers_to_the_last_digit(once: Once, workshop: Workshop, algorithm: str, kind: ModelType) -> None:
    _, trained = once(algorithm, kind)

    assert numbers(workshop.train(usual(algorithm, kind))) == numbers(trained)


def test_another_seed_gives_other_numbers(once: Once, workshop: Workshop) -> None:
    _, first = once("RANDOM_FOREST", ModelType.CLASSIFICATION)

    second = workshop.train(spec(hyperparameters={"random_state": 2}))

    assert first.result.metrics != second.result.metrics


def test_a_training_taken_up_again_runs_only_what_is_left_and_ends_the_same(once: Once, workshop: Workshop) -> None:
    request = usual("RIDGE", ModelType.REGRESSION)
    whole = numbers(once("RIDGE", ModelType.REGRESSION)[1])
    checkpoints = MemoryCheckpoints(dies_after=1)

    with pytest.raises(InterruptionError):
        workshop.train(request, checkpoints=checkpoints)
    workshop.told.clear()
    resumed = numbers(workshop.train(request, checkpoints=checkpoints))

    assert resumed == whole
    first, second, *_ = [each for each in workshop.messages if each.startswith("Fold")]
    assert first == "Fold 1 of 2: taken over from the attempt before"
    assert second.startswith("Fold 2 of 2: root mean squared error ")
    assert checkpoints.saves == 2


def test_a_checkpoint_of_another_request_is_not_used(once: Once, workshop: Workshop) -> None:
    checkpoints = MemoryCheckpoints(dies_after=2)
    with pytest.raises(InterruptionError):
        workshop.train(spec("RIDGE", kind=ModelType.REGRESSION, hyperparameters={"alpha": 1e4}), checkpoints=checkpoints)

    second = workshop.train(usual("RIDGE", ModelType.REGRESSION), checkpoints=checkpoints)

    assert numbers(second) == numbers(once("RIDGE", ModelType.REGRESSION)[1])


def test_progress_reads_well_and_never_goes_back(once: Once) -> None:
    workshop, _ = once("XGBOOST", ModelType.CLASSIFICATION)

    steps = [each.step for each in workshop.told]
    assert steps == sorted(steps)
    assert workshop.told[-1].step == workshop.told[-1].total_steps
    assert workshop.messages[0] == "Loading candles of AAPL, MSFT"
    assert any(each.startswith("Fold 2 of 2: accuracy 0.") for each in workshop.messages)
    assert "Fitting 10 rounds" in workshop.messages
    assert any(each.startswith("Round 10 of 10: training loss ") for each in workshop.messages)
    epochs = [
        (each.metrics["epoch"], each.metrics["total_epochs"])
        for each in workshop.told
        if each.stage == "fitting the final model" and "epoch" in each.metrics
    ]
    assert (epochs[0], epochs[-1]) == ((0.0, 10.0), (10.0, 10.0))
    assert workshop.told[0].metrics == {"epoch": 0.0, "total_epochs": 10.0}


def test_what_is_measured_on_the_way_is_of_one_fit(once: Once) -> None:
    workshop, _ = once("XGBOOST", ModelType.CLASSIFICATION)

    of_the_fold = next(each.metrics for each in workshop.told if each.message.startswith("Fold 2 of 2"))
    second_begins = next(each.metrics for each in workshop.told if each.stage == "validating fold 2 of 2")
    of_the_final_fit = [each.metrics for each in workshop.told if each.stage == "fitting the final model"]

    assert {"loss", "accuracy", "f1_score"} < of_the_fold.keys()
    assert second_begins == of_the_final_fit[0] == {"epoch": 0.0, "total_epochs": 10.0}
    assert of_the_final_fit[-1].keys() == {"epoch", "total_epochs", "loss", "accuracy"}


def test_the_run_card_says_what_the_numbers_rest_on(once: Once) -> None:
    card = once("RANDOM_FOREST", ModelType.CLASSIFICATION)[1].result.run_card

    assert card["data_source"].startswith("bokeh-sampledata")
    assert card["adjustment"] == "splits and dividends"
    assert card["synthetic"] is False
    assert card["rows"] == card["train_rows"] + card["test_rows"]
    assert card["rows"] + card["purged_rows"] + card["embargoed_rows"] + card["dropped_rows"] == card["bars"]
    assert card["start"] == "2009-01-02"
    assert card["test_start"] > "2012-01-01"
    assert "2011-11-01" < card["learned_until"][:10] < card["test_start"]
    assert card["end"] <= "2012-12-31"
    assert card["seed"] == 42
    assert len(card["config_hash"]) == len(card["data_hash"]) == 64
    assert set(card["durations"]) == {"loading_s", "validation_s", "fitting_s", "judging_s", "drawing_s", "saving_s"}
    assert {"scikit-learn", "numpy", "onnxruntime"} <= set(card["libraries"])
    balance = card["class_balance"]["train"]
    assert min(balance.values()) > 0.25 * sum(balance.values())


@pytest.fixture(scope="module")
def without_folds(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One on all days that there are."""
    workshop = Workshop(Artifacts(str(tmp_path_factory.mktemp("without-folds"))), market)
    return workshop.train(spec(start_date=None, end_date=None, cross_validation_folds=0))


def test_the_equity_curve_starts_at_one_and_has_at_most_500_points(without_folds: Trained) -> None:
    curve = without_folds.result.equity_curve

    assert len(curve) == 500
    assert curve[0] == ("2010-08-11", 1.0)
    assert [day for day, _ in curve] == sorted(day for day, _ in curve)


def test_without_folds_validation_is_the_held_out_part(without_folds: Trained) -> None:
    result = without_folds.result

    assert result.validation_metrics["accuracy"] == result.metrics["accuracy"]
    assert result.training_metrics["best_epoch"] is None
    assert result.reasons["best_epoch"] == "there are no folds to choose an epoch by"


def test_a_model_that_never_trades_says_why_its_ratios_are_null(workshop: Workshop) -> None:
    request = spec("RIDGE", kind=ModelType.REGRESSION, hyperparameters={"alpha": 1e9}, commission=0.05)

    result = workshop.train(request).result

    assert result.backtest["total_trades"] == 0
    assert result.backtest["win_rate"] is None
    assert result.reasons["win_rate"] == "there were no trades"
    assert result.metrics["sharpe_ratio"] is None
    assert result.sharpe_interval["low"] is None


def test_no_candle_after_the_last_day_asked_for_is_looked_at(workshop: Workshop) -> None:
    short = workshop.train(spec("LOGISTIC_REGRESSION", end_date="2011-12-30", cross_validation_folds=0)).result
    card = short.run_card

    assert card["end"] < "2011-12-30"
    assert all(each["end"] == "2011-12-30" for each in card["symbols"])


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"start_date": "2012-11-01"}, "not_enough_data", "training rows are left"),
        ({"barrier": 20.0}, "class_missing", "Too few training rows of a class"),
        ({"symbols": ["APPL"]}, None, "AAPL"),
        ({"start_date": "2012-09-01"}, "not_enough_data", "Ask for fewer cross_validation_folds"),
        ({"start_dat": "2012-11-01"}, "training_refused", "start_dat"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_clear_words(workshop: Workshop, more: dict[str, Any], code: str | None, words: str) -> None:
    with pytest.raises(PlatformError, match=words) as refused:
        workshop.train(spec(**more))

    assert refused.value.kind is ErrorKind.INVALID
    assert refused.value.details
    assert code in {None, refused.value.code}


@pytest.mark.parametrize(
    ("feature", "more", "words"),
    [
        (
            "month",
            {"symbols": ["BTC-USD"], "timeframe": "15m", "start_date": "2021-11-02", "end_date": "2021-11-28"},
            "month is constant over the training rows",
        ),
        (
            "return_500",
            {"symbols": ["GOOG"], "start_date": "2004-09-01", "end_date": "2005-12-30"},
            "return_500 cannot be computed for GOOG",
        ),
    ],
)
def test_a_feature_that_can_teach_nothing_is_named(workshop: Workshop, feature: str, more: dict[str, Any], words: str) -> None:
    with pytest.raises(PlatformError, match=words) as refused:
        workshop.train(spec(features=("rsi_14", feature), **more))

    assert refused.value.code == "unusable_feature"


@pytest.mark.parametrize("given", [{"n_estimators": 0}, {"n_estimator": 5}])
def test_a_wrong_hyperparameter_never_reaches_the_library(workshop: Workshop, given: dict[str, Any]) -> None:
    with pytest.raises(PlatformError, match="parameter 'n_estimator") as refused:
        workshop.train(spec(hyperparameters=given))

    assert set(refused.value.details) == {"hyperparameters"}
    assert workshop.told == []


def test_intraday_candles_with_holes_train_too(workshop: Workshop) -> None:
    request = spec(
        "LIGHTGBM",
        features=("rsi_14", "return_5", "volatility_20"),
        symbols=["BTC-USD"],
        timeframe="15m",
        start_date="2021-11-01",
        end_date="2021-12-01",
        cross_validation_folds=0,
    )

    result = workshop.train(request).result

    assert result.equity_curve[0][0].endswith("Z")
    assert result.metrics["sharpe_ratio"] is not None
