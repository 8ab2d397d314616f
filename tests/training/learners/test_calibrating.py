"""A classifier's probabilities, calibrated by what its folds said of rows that they had not learned from."""

import json

import numpy as np
import pytest

from libs.chassis.stores.artifacts import Artifacts
from libs.contracts.training import ModelType
from libs.market.candles import Market
from libs.quant.calibration_maps import calibration_in
from services.inference.outbound.model_onnx import load_model
from services.inference.usecases.answers import probabilities_of
from services.training.importance.served import load_served
from services.training.learners.errors import NotEnoughDataError, TrainingRefusedError
from services.training.learners.train import Trained
from tests.training.learners.conftest import InterruptionError, MemoryCheckpoints, Workshop, spec

SURE = {"n_estimators": 30, "max_depth": 8, "learning_rate": 0.3}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, market: Market) -> Workshop:
    return Workshop(Artifacts(str(tmp_path_factory.mktemp("calibrated"))), market)


@pytest.fixture(scope="module")
def calibrated(shop: Workshop) -> Trained:
    return shop.train(spec("XGBOOST", hyperparameters=SURE, calibration="platt"))


def test_a_too_sure_classifier_is_less_so_once_calibrated_and_its_numbers_are_told_before_and_after(
    shop: Workshop, calibrated: Trained
) -> None:
    plain = shop.train(spec("XGBOOST", hyperparameters=SURE)).result

    told, metrics = calibrated.result.run_card["calibration"], calibrated.result.metrics
    assert (told["method"], told["rows"]) == ("platt", calibrated.result.run_card["train_rows"])
    assert "none of the test" in told["learned_from"]
    assert told["after"]["ece"] < told["before"]["ece"] / 2
    for name in ("ece", "brier_score"):
        assert metrics[name] == told["after"][name] < told["before"][name] == metrics[f"{name}_uncalibrated"] == plain.metrics[name]
    assert metrics["log_loss"] == told["after"]["log_loss"] < (plain.metrics["log_loss"] or 0)
    # The folds' own models are as they were.
    assert calibrated.result.validation_metrics == plain.validation_metrics
    assert "calibration" not in plain.run_card


def test_what_serves_answers_the_likeliest_class_once_calibrated_and_explains_its_score_from_before(
    shop: Workshop, calibrated: Trained
) -> None:
    manifest = json.loads(shop.artifacts.get(calibrated.artifact.sha256))
    model = load_model(shop.artifacts, calibrated.artifact.sha256)
    rows = np.random.default_rng(2).normal(size=(200, 5)) * (20, 0.01, 1, 1, 0.1) + (50, 0, 0.5, 1, 1)

    said = model.explain(rows)
    odds = probabilities_of(model, said.outputs)

    assert manifest["format"] == "modelbourse-model/3"
    assert odds is not None
    found = calibration_in(manifest)
    assert found is not None
    assert odds.tolist() == found.of_scores(said.outputs, scale=model.scale).tolist()
    assert said.answered.tolist() == odds.argmax(axis=1).tolist()
    assert said.base + said.contributions.sum(axis=1) == pytest.approx(said.output, abs=1e-4)
    served = load_served(calibrated.artifact.sha256, artifacts=shop.artifacts)
    assert served.contributions(rows) == pytest.approx(said.contributions)


def test_a_training_that_was_interrupted_calibrates_by_the_folds_that_it_had_finished(shop: Workshop, calibrated: Trained) -> None:
    checkpoints = MemoryCheckpoints(dies_after=1)
    asked = spec("XGBOOST", hyperparameters=SURE, calibration="platt")
    with pytest.raises(InterruptionError):
        shop.train(asked, checkpoints=checkpoints)

    again = shop.train(asked, checkpoints=checkpoints)

    assert again.artifact.sha256 == calibrated.artifact.sha256
    assert again.result.run_card["calibration"] == calibrated.result.run_card["calibration"]


def test_what_cannot_be_calibrated_is_refused_in_words(workshop: Workshop) -> None:
    with pytest.raises(TrainingRefusedError, match="A regression model answers no probabilities"):
        workshop.train(spec("RIDGE", kind=ModelType.REGRESSION, calibration="platt"))
    with pytest.raises(TrainingRefusedError, match="learned from rows held out of training"):
        workshop.train(spec("LOGISTIC_REGRESSION", calibration="isotonic", cross_validation_folds=0))
    short = {"symbols": ["AAPL"], "start_date": "2011-06-01", "barrier": 1.0}
    with pytest.raises(NotEnoughDataError, match="isotonic needs 500 held-out rows, and there are") as refused:
        workshop.train(spec("LOGISTIC_REGRESSION", calibration="isotonic", **short))
    assert "training_config.calibration" in refused.value.details
