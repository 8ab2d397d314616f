"""Metrics of answers whose truth is known, each with the interval that so many rows give it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.expected_performance import LEAST, METRICS, NORMAL, Estimate, Estimated
from libs.quant.drift.ranking import area_under_curve
from libs.quant.metrics import classification_metrics, confusion_matrix, regression_metrics
from libs.quant.reliability import Bin

DRAWS: Final = 500
OF_VALUES: Final = ("mae", "rmse")


def class_metrics(truth: NDArray[np.int64], chances: Floats, *, ordered: bool = False) -> Estimated:
    """Measure chances (rows, classes) against true classes (rows,), as `libs.quant.metrics` defines it, with intervals at 95 %.

    Accuracy and F1 by a parametric bootstrap of the confusion matrix (Efron and Tibshirani 1993), log loss by the spread of the rows' own,
    ROC AUC by DeLong's variance (1988), of several classes as if their curves moved together, which is the widest. With `ordered`, rows in
    order of time count for as many as are independent.
    """
    found = classification_metrics(truth, chances)
    if not len(truth):
        return Estimated(dict.fromkeys(METRICS), {name: found.reasons[name] for name in METRICS})
    hits = chances.argmax(axis=1) == truth
    worth = autocorrelation_time(hits.astype(np.float64)) if ordered else 1.0
    rows = max(2, int(len(truth) / worth))
    counts = confusion_matrix(truth, chances.argmax(axis=1), classes=chances.shape[1])
    drawn = np.random.default_rng(0).multinomial(rows, counts.ravel() / len(truth), size=DRAWS).reshape(DRAWS, *counts.shape)
    losses = -np.log(np.clip(chances[np.arange(len(truth)), truth], LEAST, 1 - LEAST))
    deviations = {
        "accuracy": float(np.trace(drawn, axis1=1, axis2=2).std() / rows),
        "f1_score": float(_macro_f1(drawn).std()),
        "log_loss": float(losses.std() / np.sqrt(rows)),
    }
    if found.values["roc_auc"] is not None:
        places = range(1, 2) if chances.shape[1] == 2 else range(chances.shape[1])  # noqa: PLR2004 - of two, one is the other turned round
        errors = [area_under_curve(truth == label, chances[:, label])[1] for label in places]
        deviations["roc_auc"] = float(np.mean(errors) * np.sqrt(worth))
    return Estimated(
        {name: _interval(found.values[name], deviations.get(name), most=np.inf if name == "log_loss" else 1.0) for name in METRICS},
        {name: why for name, why in found.reasons.items() if name in METRICS},
    )


def value_metrics(truth: Floats, answers: Floats, *, ordered: bool = False) -> Estimated:
    """Measure answers (rows,) against true values (rows,): mean absolute and root mean squared error, by the spread of the rows' own."""
    found = regression_metrics(truth, answers)
    if not len(truth):
        return Estimated(dict.fromkeys(OF_VALUES), {name: found.reasons[name] for name in OF_VALUES})
    off = truth - answers
    worth = autocorrelation_time(np.abs(off)) if ordered else 1.0
    rows = max(1.0, len(off) / worth)
    mae, rmse = (float(found.values[name] or 0.0) for name in OF_VALUES)
    squares = float((off**2).std() / np.sqrt(rows))
    # The root's deviation by the delta method.
    deviations = {"mae": float(np.abs(off).std() / np.sqrt(rows)), "rmse": squares / (2 * rmse) if rmse > 0 else 0.0}
    return Estimated({name: _interval(value, deviations[name], most=np.inf) for name, value in (("mae", mae), ("rmse", rmse))})


def calibration_noise(bins: tuple[Bin, ...], *, seed: int, level: float) -> float:
    """Return what a share `level` of the expected calibration errors stay below where confidence is what it says.

    Hits are drawn for each bin as often as its confidence says: consistency resampling (Bröcker and Smith 2007).
    """
    rows, said = np.array([each.rows for each in bins]), np.array([each.said for each in bins])
    hits = np.random.default_rng(seed).binomial(rows, np.clip(said, 0, 1), size=(DRAWS, len(bins)))
    return float(np.quantile((np.abs(hits / rows - said) * rows).sum(axis=1) / rows.sum(), level))


def _interval(value: float | None, deviation: float | None, *, most: float) -> Estimate | None:
    if value is None or deviation is None:
        return None
    return Estimate(value, max(0.0, value - NORMAL * deviation), min(most, value + NORMAL * deviation))


def _macro_f1(counts: NDArray[np.int64]) -> Floats:
    """Return the macro F1 of confusion matrices (draws, classes, classes), over the classes that occur in truth or answers."""
    hits = np.diagonal(counts, axis1=1, axis2=2)
    both = counts.sum(axis=1) + counts.sum(axis=2)
    own = np.divide(2 * hits, both, out=np.zeros(hits.shape), where=both > 0)
    return np.asarray(own.sum(axis=1) / np.maximum((both > 0).sum(axis=1), 1))
