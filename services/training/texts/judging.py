"""Judges a model of texts on rows that it has not learned from: calibrates it, measures it beside baselines, and draws that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from libs.contracts.texts import LEXICON, LINEAR, METRICS, Epoch, TextMetrics
from libs.quant.calibration import chances_of, temperature_of
from libs.quant.metrics import confusion_matrix
from libs.quant.reliability import reliability_metrics
from services.training.reports.sheet import LONGEST_NAME, Picture, shortened
from services.training.texts.baselines import Plain, fit_plain, majority
from services.training.texts.corpus import Corpus
from services.training.texts.measuring import confusion_of, interval_of_f1, label_rows, measure, slices_of
from services.training.texts.pictures import draw_confusion, draw_history, draw_reliability
from services.training.texts.report import Mistake

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
FEWEST_TO_CALIBRATE: Final = 30
"""Validation rows: fewer say little of how sure a model is."""
MISTAKES_SHOWN: Final = 12
MAJORITY: Final = "majority"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Judged:
    """A model's probabilities of the test rows, as trained (`raw`) and after the temperature, and what was measured with the latter."""

    temperature: float
    raw: Floats
    chances: Floats
    metrics: TextMetrics
    validation: TextMetrics
    reasons: dict[str, str]
    notes: tuple[str, ...]
    calibration: dict[str, Any]


def judge(corpus: Corpus, *, validation: Floats, test: Floats) -> Judged:
    """Judge logits of validation and test rows (rows, labels): the former decide the temperature that the latter are measured with."""
    held, truth = corpus.targets[corpus.validation], corpus.targets[corpus.test]
    is_calibrated = len(held) >= FEWEST_TO_CALIBRATE
    temperature = _temperature(validation, held) if is_calibrated else 1.0
    raw, chances = chances_of(test), chances_of(test, temperature=temperature)
    metrics, reasons = measure(truth, chances)
    on_held = measure(held, chances_of(validation, temperature=temperature))[0] if len(held) else {}
    calibration = {
        "method": "temperature scaling (Guo et al. 2017) on the validation rows" if is_calibrated else "none",
        "temperature": temperature,
        "rows": len(held),
        "ece_before": reliability_metrics(truth, raw).values["ece"],
        "ece_after": metrics["ece"],
        "log_loss_before": measure(truth, raw)[0]["log_loss"],
        "log_loss_after": metrics["log_loss"],
    }
    return Judged(
        temperature=temperature,
        raw=raw,
        chances=chances,
        metrics=metrics,
        validation=on_held,
        reasons=reasons,
        notes=() if (note := _note_of(calibration)) is None else (note,),
        calibration=calibration,
    )


def _note_of(calibration: Mapping[str, Any]) -> str | None:
    """Return what is to be known of how probabilities were calibrated; None where it has done them good."""
    rows, before, after = (calibration[name] for name in ("rows", "log_loss_before", "log_loss_after"))
    if rows < FEWEST_TO_CALIBRATE:
        return f"Probabilities are as trained: calibrating takes {FEWEST_TO_CALIBRATE} validation rows, and there are {rows}."
    if before is None or after is None or after <= before:
        return None
    return (
        f"Calibrating has made the test's log loss worse, from {before:.3g} to {after:.3g}: {rows} validation rows say little of how sure "
        f"the model may be (its temperature is {calibration['temperature']:.3g})."
    )


def _temperature(logits: Floats, truth: Integers) -> float:
    """Return the temperature of the rows and of one mistake beside them: the middlemost row, were its second label the true one.

    Rows that all are right would say that no answer can be too sure; that one more of them is wrong is Laplace's rule of succession.
    """
    gaps = np.sort(logits, axis=1)
    middle = int(np.argsort(gaps[:, -1] - gaps[:, -2], kind="stable")[len(logits) // 2])
    mistake = int(np.argsort(logits[middle], kind="stable")[-2])
    return float(temperature_of(np.vstack([logits, logits[middle]]), np.append(truth, mistake)))


def fit_baselines(corpus: Corpus, *, balanced: bool) -> dict[str, Plain]:
    """Return the lexicon and the linear model of the rows that are learned from."""
    texts, targets = corpus.some(corpus.train), corpus.targets[corpus.train]
    return {name: fit_plain(name, texts, targets, labels=len(corpus.labels), balanced=balanced) for name in (LEXICON, LINEAR)}


def measure_baselines(corpus: Corpus, plain: Mapping[str, Plain]) -> dict[str, TextMetrics]:
    """Return the metrics of the most frequent label, the lexicon and the linear model, calibrated and measured as a network's are.

    The first answers with shares, which need no calibration.
    """
    truth = corpus.targets[corpus.test]
    most = majority(corpus.targets[corpus.train], labels=len(corpus.labels), rows=len(truth))
    found = {MAJORITY: measure(truth, most)[0]}
    for name, each in plain.items():
        held, tested = (each.model.logits(corpus.some(rows)) for rows in (corpus.validation, corpus.test))
        found[name] = judge(corpus, validation=held, test=tested).metrics
    return found


def details_of(corpus: Corpus, judged: Judged, *, lengths: Integers, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what stands in the result beside the metrics (per label, confusion, slices, reasons), and the interval of the macro F1."""
    truth, answered = corpus.targets[corpus.test], judged.chances.argmax(axis=1)
    counts = confusion_matrix(truth, answered, classes=len(corpus.labels))
    rows, reasons = label_rows(counts, labels=corpus.labels)
    symbols = None if corpus.symbols is None else [corpus.symbols[row] for row in corpus.test.tolist()]
    found = {
        "per_class": rows,
        "confusion": confusion_of(counts, labels=corpus.labels),
        "slices": slices_of(truth, judged.chances, symbols=symbols, lengths=lengths),
        "reasons": judged.reasons | reasons,
    }
    return found, dict(interval_of_f1(truth, answered, labels=len(corpus.labels), groups=corpus.groups[corpus.test], seed=seed))


def across_seeds(rows: Sequence[TextMetrics]) -> tuple[TextMetrics, TextMetrics]:
    """Return means and sample standard deviations over the seeds; None where a seed has no value."""
    columns = {name: [row[name] for row in rows] for name in METRICS}
    whole = {name: [each for each in column if each is not None] for name, column in columns.items()}
    complete = {name: values if len(values) == len(rows) else [] for name, values in whole.items()}
    return {n: mean(v) if v else None for n, v in complete.items()}, {n: stdev(v) if len(v) > 1 else None for n, v in complete.items()}


def pictures_of(corpus: Corpus, judged: Judged, *, history: Sequence[Epoch], best: int | None, title: str) -> dict[str, Picture]:
    """Return what is drawn, by name. The same answers, the same pictures."""
    truth, name = corpus.targets[corpus.test], shortened(title, LONGEST_NAME)
    counts = confusion_matrix(truth, judged.chances.argmax(axis=1), classes=len(corpus.labels))
    found = {
        "confusion": draw_confusion(counts, labels=corpus.labels, title=name),
        "reliability": draw_reliability(truth, judged.raw, judged.chances, temperature=judged.temperature, title=name),
    }
    return found | ({"history": draw_history(history, best=best, title=name)} if history else {})


def mistakes_of(corpus: Corpus, judged: Judged) -> list[Mistake]:
    """Return the test rows that were answered wrongly with most confidence."""
    answered, sure = judged.chances.argmax(axis=1), judged.chances.max(axis=1)
    wrong = np.flatnonzero(answered != corpus.targets[corpus.test])
    return [
        Mistake(
            text=corpus.texts[corpus.test[row]],
            label=corpus.labels[corpus.targets[corpus.test[row]]],
            answered=corpus.labels[answered[row]],
            confidence=float(sure[row]),
        )
        for row in wrong[np.argsort(-sure[wrong], kind="stable")][:MISTAKES_SHOWN]
    ]
