"""Metrics: scikit-learn's numbers, and a reason where there is none."""

import warnings

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.quant.metrics import buy_sell_metrics, classification_metrics, confusion_matrix, regression_metrics


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(4, 60), st.integers(2, 4), st.booleans())
def test_classification_agrees_with_scikit_learn(seed: int, rows: int, classes: int, coarse: bool) -> None:
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, rows)
    scores = random.integers(1, 4, (rows, classes)).astype(float) if coarse else random.random((rows, classes)) + 1e-3
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    predicted = probabilities.argmax(axis=1)

    measured = classification_metrics(truth, probabilities)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "accuracy": sk.accuracy_score(truth, predicted),
            "precision": sk.precision_score(truth, predicted, average="macro", zero_division=0),
            "recall": sk.recall_score(truth, predicted, average="macro", zero_division=0),
            "f1_score": sk.f1_score(truth, predicted, average="macro", zero_division=0),
            "log_loss": sk.log_loss(truth, probabilities, labels=range(classes)),
        }
    for name, value in expected.items():
        assert measured.values[name] == pytest.approx(value, abs=1e-12), name
    np.testing.assert_array_equal(
        confusion_matrix(truth, predicted, classes=classes), sk.confusion_matrix(truth, predicted, labels=range(classes))
    )
    if len(set(truth.tolist())) == classes:
        each = [sk.roc_auc_score(truth == label, probabilities[:, label]) for label in range(classes)]
        assert measured.values["roc_auc"] == pytest.approx(np.mean(each), abs=1e-12)
    else:
        assert measured.values["roc_auc"] is None
        assert "do not occur" in measured.reasons["roc_auc"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(2, 60))
def test_regression_agrees_with_scikit_learn(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.normal(size=rows), random.normal(size=rows)

    measured = regression_metrics(truth, predicted)

    assert measured.values["mae"] == pytest.approx(sk.mean_absolute_error(truth, predicted), abs=1e-12)
    assert measured.values["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, predicted), abs=1e-12)
    assert measured.values["r2"] == pytest.approx(sk.r2_score(truth, predicted), rel=1e-10)
    assert measured.values["directional_accuracy"] == np.mean(np.sign(truth) == np.sign(predicted))


def test_a_certain_and_wrong_prediction_costs_a_finite_loss() -> None:
    measured = classification_metrics(np.array([0]), np.array([[0.0, 1.0]]))

    assert measured.values["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps))


def test_what_cannot_be_computed_has_a_reason() -> None:
    nobody = classification_metrics(np.array([], dtype=int), np.empty((0, 3)))
    same = regression_metrics(np.zeros(3), np.ones(3))

    assert set(nobody.values.values()) == {None}
    assert set(nobody.reasons) == set(nobody.values)
    assert (same.values["r2"], same.values["directional_accuracy"]) == (None, None)
    assert same.reasons == {"r2": "the true values do not vary", "directional_accuracy": "no true value differs from zero"}


def test_telling_buy_from_sell_is_measured_among_these_alone() -> None:
    truth = np.array([0, 0, 2, 2, 1])
    chances = np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4], [0.3, 0.4, 0.3], [0.1, 0.1, 0.8], [0.9, 0.05, 0.05]])

    values = buy_sell_metrics(truth, chances, rising=0, falling=2).values

    # Of the pairs (0.3, 0), (0.3, -0.7), (-0.1, 0), (-0.1, -0.7), one is in the wrong order.
    assert values["buy_sell_auc"] == pytest.approx(3 / 4)
    assert values["buy_sell_auc_error"] == pytest.approx((5 / 48) ** 0.5)
    assert set(buy_sell_metrics(truth[:2], chances[:2], rising=0, falling=2).reasons) == {"buy_sell_auc", "buy_sell_auc_error"}
