"""Rows whose labels say the same count for less, in every learner that can weigh them."""

from dataclasses import replace

import numpy as np
import pytest

from libs.contracts.hyperparameters import HyperparameterValue
from libs.contracts.training import ModelType
from services.training.learners.catalogue import make_learner
from services.training.learners.errors import TrainingRefusedError
from services.training.learners.learner import Epoch, Sample, loss_of
from tests.training.learners.conftest import Workshop, spec
from tests.training.learners.test_sequences import learner as network
from tests.training.learners.test_sequences import sample as windows

ROWS = 300
LEARNERS: list[tuple[str, ModelType, dict[str, HyperparameterValue]]] = [
    ("RANDOM_FOREST", ModelType.CLASSIFICATION, {"n_estimators": 10}),
    ("EXTRA_TREES", ModelType.REGRESSION, {"n_estimators": 10}),
    ("XGBOOST", ModelType.CLASSIFICATION, {"n_estimators": 10}),
    ("LIGHTGBM", ModelType.CLASSIFICATION, {"n_estimators": 10, "class_weight": "balanced"}),
    ("LIGHTGBM", ModelType.REGRESSION, {"n_estimators": 10}),
    ("LOGISTIC_REGRESSION", ModelType.CLASSIFICATION, {}),
    ("RIDGE", ModelType.REGRESSION, {}),
]


def no_report(_: Epoch) -> None: ...


def told_and_untold(kind: ModelType) -> tuple[Sample, Sample]:
    """Return rows of which every second has the wrong answer and next to no weight, and the same rows with the right answers."""
    random = np.random.default_rng(3)
    x = random.normal(size=(ROWS, 2))
    right = x[:, 0] * 0.01 if kind is ModelType.REGRESSION else (x[:, 0] > 0).astype(np.int64)
    wrong = -right if kind is ModelType.REGRESSION else 1 - right
    targets = np.where(np.arange(ROWS) % 2 == 0, right, wrong)
    weights = np.where(np.arange(ROWS) % 2 == 0, 1.98, 0.02)
    return Sample(x, targets, weights=weights), Sample(x, right)


@pytest.mark.parametrize(("algorithm", "kind", "settings"), LEARNERS)
def test_rows_of_little_weight_have_little_say(algorithm: str, kind: ModelType, settings: dict[str, HyperparameterValue]) -> None:
    weighed, truth = told_and_untold(kind)
    learner = make_learner(algorithm, model_type=kind, hyperparameters=settings, classes=0 if kind is ModelType.REGRESSION else 2)

    losses = []
    for training in (weighed, replace(weighed, weights=None)):
        fitted = learner.fit(training, watched=None, on_epoch=no_report)
        losses.append(loss_of(fitted.scores(truth.rows), truth.targets, scale=fitted.scale)[0])

    assert losses[0] < losses[1] * 0.9


def test_a_training_weighs_its_rows_by_uniqueness_and_says_so(workshop: Workshop) -> None:
    plain = workshop.train(spec("LOGISTIC_REGRESSION", sample_weights="none", cross_validation_folds=0)).result
    weighed = workshop.train(spec("LOGISTIC_REGRESSION", sample_weights="uniqueness", cross_validation_folds=0)).result

    told = weighed.run_card["sample_weights"]
    assert 0 < told["least"] < 1 < told["most"]
    assert 0 < told["rows_worth"] < weighed.run_card["train_rows"]
    assert "sample_weights" not in plain.run_card
    assert weighed.metrics["log_loss"] != plain.metrics["log_loss"]


def test_a_forecaster_that_weighs_all_rows_alike_is_refused_with_those_that_can(workshop: Workshop) -> None:
    with pytest.raises(TrainingRefusedError) as refused:
        workshop.train(spec("TFT", sample_weights="uniqueness"))

    (words,) = refused.value.details["training_config.sample_weights"]
    assert "TFT weighs all rows alike" in words
    assert "RANDOM_FOREST" in words


def test_windows_of_little_weight_have_little_say() -> None:
    right = windows(rows=300, classes=2)
    mixed = np.where(np.arange(300) % 2 == 0, right.targets, 1 - right.targets)
    weights = np.where(np.arange(300) % 2 == 0, 1.98, 0.02)

    losses = []
    for given in (weights, None):
        fitted = network(classes=2, early_stopping_patience=None, max_epochs=14).fit(
            replace(right, targets=mixed, weights=given), watched=None, on_epoch=no_report
        )
        losses.append(loss_of(fitted.scores(right.rows), right.targets, scale=fitted.scale)[0])

    assert losses[0] < losses[1] * 0.9
