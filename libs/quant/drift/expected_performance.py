"""How good a classifier is on rows whose truth is not known yet, from how sure it is: CBPE."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.quant.calibration_maps import Calibration, TooFewRowsError
from libs.quant.candles import Floats, Integers
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.ranking import midranks

METRICS: Final = ("accuracy", "f1_score", "roc_auc", "log_loss")
NORMAL: Final = 1.959964
MOST_DRAWN: Final = 20_000_000
MOST_DRAWS, FEWEST_DRAWS = 200, 60
LEAST: Final = float(np.finfo(np.float64).eps)
MOST_ROWS: Final = 100_000
"""Rows that labels are drawn for."""
ENOUGH_FOR_STEPS: Final = 2_000
"""Rows from which on the map is isotonic; of fewer it is Platt's, which has two numbers to learn."""
UNKNOWN: Final = "No row of the reference has a known truth, by which probabilities are checked."
NO_ROWS: Final = "There are no current rows to estimate for."
NO_CURVE: Final = "A class is as good as never expected, so that no curve can be drawn for it."


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimated metric between its bounds, at 95 %."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Estimated:
    """Estimates by the metrics' names, None where one cannot be made; `reasons` say why under its name, `notes` what to know of all."""

    values: Mapping[str, Estimate | None]
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def expected_performance(
    chances: Floats, *, reference: Floats, truth: NDArray[np.int64], seed: int = 0, ordered: bool = False
) -> Estimated:
    """Estimate accuracy, macro F1, ROC AUC and log loss on rows of which only the model's `chances` (rows, classes) are known.

    Confidence-based performance estimation (Guillory et al. 2021 for accuracy; Kivimäki, Nurminen et al. 2025, "Confidence-based estimators
    for predictive performance in model monitoring", for what follows from the confusion matrix): probabilities that are calibrated on the
    `reference` (rows, classes), whose `truth` (rows,) is known, say how often each answer is right, so the confusion matrix is expected by
    adding them up. Metrics are defined as in `libs.quant.metrics`. It holds as long as the model is right as often as before where it is as
    sure as before; what changes the answer itself (concept drift) is not seen.

    The intervals are those of labels drawn from the probabilities, and of the reference's labels that the map was learned from; `ordered`
    widens them by how long hits and misses of the reference, in order of time, stay together.
    """
    if not len(chances) or not len(truth):
        return Estimated(dict.fromkeys(METRICS), dict.fromkeys(METRICS, UNKNOWN if len(chances) else NO_ROWS))
    notes: tuple[str, ...] = ()
    calibration, note = _calibration(reference, truth)
    if note:
        notes = (note,)
    sure, sure_before = (calibration.applied(rows) if calibration else rows for rows in (chances, reference))
    values, reasons = expected_metrics(chances, sure)
    errors = [
        _errors(said, likely, seed=seed + number) for number, (said, likely) in enumerate(((chances, sure), (reference, sure_before)))
    ]
    hits = (reference.argmax(axis=1) == truth) - np.take_along_axis(sure_before, reference.argmax(axis=1)[:, None], axis=1)[:, 0]
    wider = autocorrelation_time(hits) if ordered else 1.0
    found: dict[str, Estimate | None] = dict.fromkeys(METRICS)
    for name, value in values.items():
        reach = NORMAL * float(np.sqrt(wider * sum(each[name] ** 2 for each in errors if np.isfinite(each[name]))))
        most = np.inf if name == "log_loss" else 1.0
        found[name] = Estimate(value, max(0.0, value - reach), min(most, value + reach))
    return Estimated(found, reasons, notes)


def expected_metrics(said: Floats, likely: Floats) -> tuple[dict[str, float], dict[str, str]]:
    """Return the metrics that are expected of what a model said (rows, classes) where classes are so `likely` (rows, classes).

    Each is that of the expected confusion matrix, curve or sum; those that there are not have a reason.
    """
    rows, classes = said.shape
    answered = said.argmax(axis=1)
    confusion = np.zeros((classes, classes))
    for label in range(classes):
        confusion[:, label] = likely[answered == label].sum(axis=0)
    log = -np.log(np.clip(said, LEAST, 1 - LEAST))
    values = {
        "accuracy": float(np.trace(confusion) / rows),
        "f1_score": _macro_f1(confusion),
        "log_loss": float((likely * log).sum() / rows),
    }
    expected = likely.sum(axis=0)
    if float(np.minimum(expected, rows - expected).min()) < LEAST * rows:
        return values, {"roc_auc": NO_CURVE}
    values["roc_auc"] = float(np.mean([_expected_area(said[:, label], likely[:, label]) for label in _curves(classes)]))
    return values, {}


def _calibration(chances: Floats, truth: NDArray[np.int64]) -> tuple[Calibration | None, str | None]:
    try:
        method = "isotonic" if len(truth) >= ENOUGH_FOR_STEPS else "platt"
        return Calibration.learned(chances, truth, method="isotonic" if method == "isotonic" else "platt"), None
    except TooFewRowsError as error:
        return None, f"Probabilities are taken as they are: {error}."


def _curves(classes: int) -> range:
    """Return the classes whose curves are drawn: of two, one is the other turned round."""
    return range(1, 2) if classes == 2 else range(classes)  # noqa: PLR2004 - a pair


def _expected_area(scores: Floats, likely: Floats) -> float:
    """Return the share of expected (positive, negative) pairs of different rows that scores put in order, ties counting half."""
    order = np.argsort(scores, kind="stable")
    ordered, yes = scores[order], likely[order]
    no = 1 - yes
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    yes_at, no_at = np.add.reduceat(yes, begins), np.add.reduceat(no, begins)
    below = np.cumsum(no_at) - no_at
    with_self = float((yes * no).sum())  # A row is no pair with itself.
    won = float((yes_at * below).sum() + 0.5 * ((yes_at * no_at).sum() - with_self))
    return won / (float(yes.sum()) * float(no.sum()) - with_self)


def _errors(said: Floats, likely: Floats, *, seed: int) -> dict[str, float]:
    """Return the standard deviations of the metrics over labels that are drawn as they are likely.

    Of many rows they are drawn for some, and as many times smaller as the root of how many more there are.
    """
    every = len(said)
    if every > MOST_ROWS:
        some = np.linspace(0, every - 1, MOST_ROWS).astype(np.int64)
        said, likely = said[some], likely[some]
    rows, classes = said.shape
    draws = int(np.clip(MOST_DRAWN // (rows * classes), FEWEST_DRAWS, MOST_DRAWS))
    random, answered = np.random.default_rng(seed), said.argmax(axis=1)
    upto = np.cumsum(likely, axis=1)[:, :-1].astype(np.float32)
    log = -np.log(np.clip(said, LEAST, 1 - LEAST)).astype(np.float32)
    ranks = {label: midranks(said[:, label]) for label in _curves(classes)}
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    flat = np.arange(rows) * classes
    for _ in range(draws):
        drawn = random.random(rows, dtype=np.float32)
        label = np.zeros(rows, dtype=np.int64)
        for column in range(classes - 1):
            label += drawn > upto[:, column]
        confusion = np.bincount(label * classes + answered, minlength=classes * classes).reshape(classes, classes)
        found["accuracy"].append(float(np.trace(confusion) / rows))
        found["f1_score"].append(_macro_f1(confusion))
        found["log_loss"].append(float(log.ravel()[flat + label].mean(dtype=np.float64)))
        found["roc_auc"].append(_area_of(label, ranks, counts=confusion.sum(axis=1)))
    return {name: float(np.std(values) * np.sqrt(rows / every)) for name, values in found.items()}


def _area_of(label: Integers, ranks: Mapping[int, Floats], *, counts: Integers) -> float:
    areas, rows = [], len(label)
    for each, rank in ranks.items():
        yes = int(counts[each])
        if not 0 < yes < rows:
            return float("nan")
        areas.append((float(rank[label == each].sum()) - yes * (yes + 1) / 2) / (yes * (rows - yes)))
    return float(np.mean(areas))


def _macro_f1(confusion: NDArray[np.float64] | Integers) -> float:
    """Return the mean of the classes' F1, over those that occur in truth or answers, of a confusion matrix (true, answered)."""
    hits, both = np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1)
    occurs = both > 0
    return float(np.mean(2 * hits[occurs] / both[occurs]))
