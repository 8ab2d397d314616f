"""How well labels are told: what is measured, by label, over parts of the rows, and between which bounds it lies."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.texts import METRICS, Confusion, LabelRow, Slice, TextMetrics
from libs.quant.metrics import classification_metrics, confusion_matrix
from libs.quant.reliability import reliability_metrics

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SAMPLES: Final = 1000
LEVEL: Final = 0.95
METHOD: Final = "percentile bootstrap over groups of near-duplicates (Efron and Tibshirani 1993)"
FEWEST_ROWS: Final = 10
"""Of a part of the rows that is measured by itself."""
MOST_SYMBOLS: Final = 20
_NAMES: Final = {"macro_f1": "f1_score", "accuracy": "accuracy", "precision": "precision", "recall": "recall", "log_loss": "log_loss"}


def measure(truth: Integers, chances: Floats) -> tuple[TextMetrics, dict[str, str]]:
    """Return the metrics of probabilities (rows, labels) against true labels' places (rows,), and why those are null that are.

    Macro F1, precision and recall are means over the labels that occur in truth or answers. Brier: mean squared distance of the
    probabilities from the truth, summed over the labels (Brier 1950), 0 to 2.
    """
    if len(truth) == 0:
        return dict.fromkeys(METRICS), dict.fromkeys(METRICS, "there are no rows to measure")
    found, labels = classification_metrics(truth, chances), chances.shape[1]
    metrics: TextMetrics = {name: found.values[key] for name, key in _NAMES.items()}
    metrics["mcc"] = matthews(confusion_matrix(truth, chances.argmax(axis=1), classes=labels))
    reliability = reliability_metrics(truth, chances).values
    metrics |= {"ece": reliability["ece"], "brier": reliability["brier_score"]}
    reasons = {"mcc": "all rows have, or were given, one label"} if metrics["mcc"] is None else {}
    return {name: metrics[name] for name in METRICS}, reasons


def matthews(counts: NDArray[np.int64]) -> float | None:
    """Return Matthews' correlation of a confusion matrix (labels, labels) for many labels (Gorodkin 2004); None where undefined."""
    rows, hits = float(counts.sum()), float(np.trace(counts))
    true, said = counts.sum(axis=1).astype(float), counts.sum(axis=0).astype(float)
    spread = (rows * rows - said @ said) * (rows * rows - true @ true)
    return float((hits * rows - true @ said) / math.sqrt(spread)) if spread > 0 else None


def label_rows(counts: NDArray[np.int64], *, labels: Sequence[str]) -> tuple[tuple[LabelRow, ...], dict[str, str]]:
    """Return precision, recall and F1 of each label from a confusion matrix, and why those are null that are."""
    rows, reasons = [], {}
    for place, label in enumerate(labels):
        hits, true, said = int(counts[place, place]), int(counts[place].sum()), int(counts[:, place].sum())
        if not said:
            reasons[f"precision of {label}"] = "it was never answered"
        if not true:
            reasons[f"recall of {label}"] = "no tested row has it"
        rows.append(
            LabelRow(
                label=label,
                precision=hits / said if said else None,
                recall=hits / true if true else None,
                f1=2 * hits / (true + said) if true + said else None,
                support=true,
            )
        )
    return tuple(rows), reasons


def confusion_of(counts: NDArray[np.int64], *, labels: Sequence[str]) -> Confusion:
    """Return a confusion matrix as it is told."""
    return Confusion(labels=tuple(labels), counts=tuple(tuple(int(each) for each in row) for row in counts))


def interval_of_f1(truth: Integers, answered: Integers, *, labels: int, groups: Integers, seed: int) -> dict[str, float | int | str]:
    """Return between which bounds the macro F1 lies: `low`, `high`, `level`, `method`, `samples`.

    Groups of near-duplicates are drawn as a whole: their rows are right or wrong together. Same seed, same bounds.
    """
    _, group = np.unique(groups, return_inverse=True)
    cells = np.zeros((int(group.max()) + 1, labels * labels))
    np.add.at(cells, (group, truth * labels + answered), 1)
    random, scores = np.random.default_rng(seed), np.empty(SAMPLES)
    for place in range(SAMPLES):
        drawn = np.bincount(random.integers(0, len(cells), len(cells)), minlength=len(cells))
        scores[place] = _macro_f1((drawn @ cells).reshape(labels, labels))
    low, high = np.quantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"low": float(low), "high": float(high), "level": LEVEL, "method": METHOD, "samples": SAMPLES}


def slices_of(truth: Integers, chances: Floats, *, symbols: Sequence[str] | None, lengths: Integers) -> tuple[Slice, ...]:
    """Return the metrics by symbol, the most frequent first, and by tokens, the shortest first; parts of few rows are left out."""
    parts: list[tuple[str, str, NDArray[np.bool_]]] = []
    if symbols is not None:
        names, counts = np.unique(np.asarray(symbols, dtype=str), return_counts=True)
        chosen = [str(names[place]) for place in np.argsort(-counts, kind="stable")[:MOST_SYMBOLS] if names[place]]
        parts += [("symbol", name, np.asarray(symbols) == name) for name in chosen]
    parts += [("length", f"{low + 1}-{high}", (lengths > low) & (lengths <= high)) for low, high in _ranges(int(lengths.max(initial=0)))]
    found = []
    for by, value, rows in parts:
        if int(rows.sum()) >= FEWEST_ROWS:
            metrics, _ = measure(truth[rows], chances[rows])
            found.append(Slice.model_validate({"by": by, "value": value, "rows": int(rows.sum()), "metrics": metrics}))
    return tuple(found)


def _ranges(longest: int) -> Iterator[tuple[int, int]]:
    low, high = 0, 16
    while low < longest:
        yield low, high
        low, high = high, 2 * high


def _macro_f1(counts: Floats) -> float:
    hits, both = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    occurs = both > 0
    return float(np.mean(2 * hits[occurs] / both[occurs]))
