"""What of a version's rows and answers has moved from the reference: column by column, all together, and along the stream."""

from typing import Final

import numpy as np

from libs.contracts.model_monitoring import (
    BINS_MOST,
    FEATURES_MOST,
    PREDICTION,
    DomainClassifier,
    DriftBin,
    FeatureDrift,
    MonitorSpec,
    StreamChange,
)
from libs.quant.candles import Floats, Integers
from libs.quant.drift.adwin import changes_of
from libs.quant.drift.columns import MISSING, OTHERS, ColumnDrift, Rule, category_drift, number_drift
from libs.quant.drift.dependence import autocorrelation_time
from libs.quant.drift.domain_classifier import domain_drift, evenly
from services.training.learners.series import moment_of
from services.training.snapshots.sides import Side, Sides

FEWEST_IN_STREAM: Final = 30
LONGEST: Final = 80
"""Letters of a category that are told."""
NO_COLUMNS: Final = "There are no columns by which rows of now could be told from those of the reference."
NO_STREAM: Final = "There are fewer than {least} rows of now."
MORE: Final = "{more} of {count} features are not told of: those that do least harm."


def features_of(sides: Sides, spec: MonitorSpec) -> tuple[tuple[FeatureDrift, ...], dict[str, str]]:
    """Return the drift of each feature, the most harm first, and reasons. Harm is the index by the feature's importance, 1 at most."""
    found, reasons = list[FeatureDrift](), dict[str, str]()
    for name in sides.columns:
        drift = _of_words(sides, name, spec) if name in sides.reference.words else _of_numbers(sides, name, spec)
        if (why := drift.reasons.get("psi")) is not None:
            reasons[f"drift.features.{name}"] = why
        found.append(_told(name, drift, spec=spec, importance=spec.importance.get(name), share=1 / len(sides.columns)))
    return tuple(sorted(found, key=lambda each: (-(each.harm or 0.0), each.name))), reasons


def _of_numbers(sides: Sides, name: str, spec: MonitorSpec) -> ColumnDrift:
    place = sides.names.index(name)
    columns = (side.numbers[:, place] for side in (sides.reference, sides.current))
    return number_drift(*columns, rule=_rule(spec), seed=spec.seed, ordered=sides.ordered)


def _of_words(sides: Sides, name: str, spec: MonitorSpec) -> ColumnDrift:
    return category_drift(sides.reference.words[name], sides.current.words[name], rule=_rule(spec), seed=spec.seed, ordered=sides.ordered)


def predictions_of(sides: Sides, spec: MonitorSpec) -> FeatureDrift | None:
    """Return the drift of what is answered: of classes their frequencies, of values their distribution; None without any answer."""
    sided = (sides.reference, sides.current)
    if not all(len(side) for side in sided):
        return None
    if sides.classes and all(side.chances is not None for side in sided):
        names = np.array(sides.classes, dtype=object)
        answers = [names[side.chances.argmax(axis=1)] for side in sided if side.chances is not None]
        drift = category_drift(*answers, rule=_rule(spec), seed=spec.seed, ordered=sides.ordered)
    elif all(side.values is not None for side in sided):
        drift = number_drift(
            *(side.values for side in sided if side.values is not None), rule=_rule(spec), seed=spec.seed, ordered=sides.ordered
        )
    else:
        return None
    return _told(PREDICTION, drift, spec=spec, importance=None, share=1.0)


def domain_of(sides: Sides, spec: MonitorSpec) -> tuple[DomainClassifier, dict[str, str]]:
    """Return how well all features together tell now from the reference, and why that is not known where it is not."""
    if not len(sides.reference) or not len(sides.current):
        return DomainClassifier(), {"domain.auc": "One of the sides has no rows."}
    # A series' own level would tell when its row is of, though nothing has moved; what is new among the names is seen in their column.
    kept = [place for place, name in enumerate(sides.coded_columns) if name not in sides.series]
    if not kept:
        return DomainClassifier(), {"domain.auc": NO_COLUMNS}
    has_series = all(side.symbols is not None for side in (sides.reference, sides.current)) and bool(sides.series)
    looked = [_by_series(side) if has_series else side for side in (sides.reference, sides.current)]
    coded = [sides.coded(side.part(evenly(len(side))))[:, kept] for side in looked]
    found = domain_drift(*coded, seed=spec.seed, ordered=sides.ordered or has_series)
    if found.auc is None:
        return DomainClassifier(), {"domain.auc": found.reason or ""}
    names = [sides.coded_columns[place] for place in kept]
    worth = sorted(zip(names, found.importance, strict=True), key=lambda each: (-each[1], each[0]))[:FEATURES_MOST]
    told = DomainClassifier(
        auc=found.auc,
        lower=found.lower,
        upper=found.upper,
        drifted=found.lower is not None and found.lower > spec.thresholds.domain_auc,
        importance=dict(worth),
    )
    return told, {}


def _by_series(side: Side) -> Side:
    """Return the rows of one series after another, each in order of time: neighbours are alike, and stay in one stretch."""
    assert side.symbols is not None
    named = np.unique(side.symbols.astype(str), return_inverse=True)[1]
    return side.part(np.lexsort((np.arange(len(side)) if side.time is None else side.time, named)))


def stream_of(sides: Sides, spec: MonitorSpec) -> tuple[StreamChange | None, dict[str, str]]:
    """Return where the mean of the errors, or of the answers where few errors are known, changed among the rows of now, and reasons."""
    reference, current = (side.in_time for side in (sides.reference, sides.current))
    errors = [_errors(side)[rows] for side, rows in ((sides.reference, reference), (sides.current, current))]
    of_errors = all(int(np.isfinite(each).sum()) >= FEWEST_IN_STREAM for each in errors)
    answers = [_answers(side)[rows] for side, rows in ((sides.reference, reference), (sides.current, current))]
    before, now = errors if of_errors else answers
    if int(np.isfinite(now).sum()) < FEWEST_IN_STREAM:
        return None, {"adwin": NO_STREAM.format(least=FEWEST_IN_STREAM)}
    before = before[-4 * len(now) :]
    worth = autocorrelation_time(before) if sides.ordered else 1.0
    found = changes_of(np.concatenate([before, now]), confidence=spec.thresholds.adwin_delta, worth=worth)
    changes = [each for each in found if each.seen >= len(before) and each.at >= len(before) - max(1, len(now) // 4)]
    told = StreamChange(stream="errors" if of_errors else "predictions", changes=len(changes))
    if not changes:
        return told, {}
    last = changes[-1]
    row = int(current[min(max(0, last.at - len(before)), len(now) - 1)])
    at = None if sides.current.time is None else moment_of(int(sides.current.time[row]))
    return told.model_copy(update={"at": at, "row": row, "before": last.before, "after": last.after}), {}


def _errors(side: Side) -> Floats:
    """Return 1 for a miss and 0 for a hit, or how far values are off (rows,); NaN where the truth is not known."""
    if side.chances is not None:
        return np.where(np.isfinite(side.truth), (side.chances.argmax(axis=1) != side.truth).astype(np.float64), np.nan)
    return np.full(len(side), np.nan) if side.values is None else np.abs(side.truth - side.values)


def _answers(side: Side) -> Floats:
    """Return the values, or how sure the last class is (rows,)."""
    if side.chances is not None:
        return np.asarray(side.chances[:, -1])
    return np.full(len(side), np.nan) if side.values is None else side.values


def _rule(spec: MonitorSpec) -> Rule:
    return Rule(shifted=spec.thresholds.psi, level=spec.thresholds.noise)


def _told(name: str, drift: ColumnDrift, *, spec: MonitorSpec, importance: float | None, share: float) -> FeatureDrift:
    numbers = {
        each: _finite(getattr(drift, each))
        for each in ("psi", "noise", "ks", "ks_p_value", "wasserstein", "chi2", "chi2_p_value", "cramers_v")
    }
    return FeatureDrift(
        name=name,
        type="categorical" if OTHERS in drift.labels or ("ks" in drift.reasons and "chi2" not in drift.reasons) else "numeric",
        **numbers,
        threshold=drift.threshold,
        drifted=drift.drifted,
        importance=importance,
        harm=None if drift.psi is None else min(1.0, drift.psi * (share if importance is None else importance)),
        missing_reference=drift.missing_reference,
        missing_current=drift.missing_current,
        is_missing_more=drift.missing_current - drift.missing_reference > spec.thresholds.missing,
        bins=_bins(drift),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _bins(drift: ColumnDrift) -> tuple[DriftBin, ...]:
    """Return the bins that any row is in; of many categories those of most rows, the rest as others."""
    if not drift.labels:
        return ()
    rows = [np.maximum(counts.sum(), 1) for counts in (drift.reference, drift.current)]
    kept: list[int] = np.flatnonzero((drift.reference > 0) | (drift.current > 0)).tolist()
    rest: Integers = np.zeros(0, dtype=np.int64)
    if len(kept) > BINS_MOST + 1:
        ranked = sorted(kept, key=lambda place: (drift.labels[place] in {OTHERS, MISSING}, -int(drift.reference[place])))
        rest = np.array([place for place in ranked[BINS_MOST - 1 :] if drift.labels[place] != MISSING])
        kept = [place for place in kept if place not in set(rest.tolist())]
    found = [
        DriftBin(label=_label(drift.labels[place]), reference=drift.reference[place] / rows[0], current=drift.current[place] / rows[1])
        for place in kept
    ]
    if len(rest):
        found.append(DriftBin(label="other", reference=drift.reference[rest].sum() / rows[0], current=drift.current[rest].sum() / rows[1]))
    return tuple(found)


def _label(label: str) -> str:
    return {OTHERS: "other", MISSING: "missing"}.get(label, label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…")
