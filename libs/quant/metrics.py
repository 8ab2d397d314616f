"""How well predictions met the truth: classification and regression metrics, as scikit-learn defines them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from libs.quant.candles import Floats
from libs.quant.measured import Measured, Measuring, nothing

Classes = NDArray[np.integer[Any]]

CLASSIFICATION = ("accuracy", "precision", "recall", "f1_score", "roc_auc", "log_loss")
BUY_SELL = ("buy_sell_auc", "buy_sell_auc_error")
REGRESSION = ("mae", "rmse", "r2", "directional_accuracy")


def confusion_matrix(truth: Classes, predicted: Classes, *, classes: int) -> NDArray[np.int64]:
    """Return counts, shape (classes, classes): rows are true classes, columns predicted ones (both 0 to classes - 1)."""
    counts = np.bincount(truth.astype(np.int64) * classes + predicted, minlength=classes * classes)
    return counts.reshape(classes, classes)


def classification_metrics(truth: Classes, probabilities: Floats, *, predicted: Classes | None = None) -> Measured:
    """Measure class probabilities, shape (rows, classes), against true classes (0 to classes - 1).

    `predicted` defaults to the likeliest class. Precision, recall and F1 are macro averages over the classes that occur in truth or
    prediction, 0 where a class was never predicted (precision) or never true (recall). ROC AUC: macro average of one against the rest
    (Hand and Till 2001 discuss it), None when a class does not occur in the truth. Log loss: -mean ln p(true class), p kept within the
    precision of a double.
    """
    if len(truth) == 0:
        return nothing(CLASSIFICATION, reason="there are no rows to measure")
    chosen = probabilities.argmax(axis=1) if predicted is None else predicted
    out = Measuring()
    counts = confusion_matrix(truth, chosen, classes=probabilities.shape[1])
    hits, true, said = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    occurs = (true + said) > 0
    out.set("accuracy", float(hits.sum() / len(truth)))
    out.set("precision", _mean_ratio(hits[occurs], said[occurs]))
    out.set("recall", _mean_ratio(hits[occurs], true[occurs]))
    out.set("f1_score", _mean_ratio(2 * hits[occurs], (true + said)[occurs]))
    missing = np.flatnonzero(true == 0)
    if missing.size:
        out.lacking("roc_auc", reason=f"{missing.size} of {len(true)} classes do not occur in the tested rows")
    else:
        out.set("roc_auc", float(np.mean([_auc(truth == label, probabilities[:, label]) for label in range(len(true))])))
    smallest = np.finfo(np.float64).eps
    of_truth = np.clip(probabilities[np.arange(len(truth)), truth], smallest, 1 - smallest)
    out.set("log_loss", float(-np.log(of_truth).mean()))
    return out.done()


def _mean_ratio(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> float:
    return float(np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0).mean())


def _auc(positive: NDArray[np.bool_], score: Floats) -> float:
    """Return the share of (positive, negative) pairs that the score puts in order, ties counting half (Mann and Whitney 1947)."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]
    positives = int(positive.sum())
    pairs = positives * (len(score) - positives)
    return float((rank[positive].sum() - positives * (positives + 1) / 2) / pairs)


def buy_sell_metrics(truth: Classes, probabilities: Floats, *, rising: int, falling: int) -> Measured:
    """Measure how well two classes are told from each other, among the rows that are truly one of them.

    buy_sell_auc: share of (rising, falling) pairs that p(rising) - p(falling) puts in order, ties counting half; 0.5 is chance, and what is
    learnt of calm and storm does not raise it. buy_sell_auc_error: its standard error at chance, √((m + n + 1) / 12mn) of m and n rows
    (Mann and Whitney 1947), which holds for labels that do not overlap.
    """
    chosen = (truth == rising) | (truth == falling)
    positive = truth[chosen] == rising
    ups, downs = int(positive.sum()), int((~positive).sum())
    if not ups or not downs:
        return nothing(BUY_SELL, reason="one of BUY and SELL does not occur in the tested rows")
    score = probabilities[chosen, rising] - probabilities[chosen, falling]
    error = float(np.sqrt((ups + downs + 1) / (12 * ups * downs)))
    return Measured({"buy_sell_auc": _auc(positive, score), "buy_sell_auc_error": error})


def regression_metrics(truth: Floats, predicted: Floats) -> Measured:
    """Measure predicted values against true ones.

    r2 = 1 - Σ(t - p)² / Σ(t - mean t)². Directional accuracy: share of rows whose prediction has the truth's sign, among those whose
    truth is not zero; a prediction of exactly zero has no sign and misses. Predictions that are all zero have none to be right or wrong
    about: null.
    """
    if len(truth) == 0:
        return nothing(REGRESSION, reason="there are no rows to measure")
    out = Measuring()
    error = truth - predicted
    out.set("mae", float(np.abs(error).mean()))
    out.set("rmse", float(np.sqrt((error**2).mean())))
    spread = float(((truth - truth.mean()) ** 2).sum())
    if spread == 0:
        out.lacking("r2", reason="the true values do not vary")
    else:
        out.set("r2", float(1.0 - (error**2).sum() / spread))
    moved = truth != 0
    hits = float((np.sign(truth[moved]) == np.sign(predicted[moved])).sum())
    if moved.any() and not predicted.any():
        out.lacking("directional_accuracy", reason="a forecast of no change has no direction")
    else:
        out.divide("directional_accuracy", hits, float(moved.sum()), reason="no true value differs from zero")
    return out.done()
