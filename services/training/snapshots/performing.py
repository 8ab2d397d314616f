"""How well a version answers: measured where the truth is known, estimated where it is not, beside the reference."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from libs.contracts.model_monitoring import Interval, MonitorSpec, Performance, ReliabilityBin, SnapshotCalibration
from libs.quant.candles import Floats, Integers
from libs.quant.drift.expected_loss import expected_loss
from libs.quant.drift.expected_performance import Estimated, expected_performance
from libs.quant.drift.sampled_metrics import calibration_noise, class_metrics, value_metrics
from libs.quant.reliability import error_of, reliability_bins
from services.training.snapshots.sides import Side, Sides

ERRORS: Final = ("log_loss", "mae", "rmse")
"""Metrics of which less is better."""
FEWEST: Final = 30
NO_ANSWERS: Final = "The version's answers cannot be told here."
FEW_LABELS: Final = "Of {rows} rows of now the truth is known; it takes {least} to measure by."
OF_VALUES: Final = "The version answers values, which have no confidence."
FEW_KNOWN: Final = "Of {rows} reference rows the truth is known; it takes {least} to compare with."


def performance_of(sides: Sides, spec: MonitorSpec) -> tuple[Performance, dict[str, str], tuple[str, ...]]:
    """Return what was measured and estimated, the reasons for what was not, and notes."""
    reference, current = sides.reference, sides.current
    if (current.chances is None) == (current.values is None):
        return Performance(), {"performance": NO_ANSWERS}, ()
    reasons = dict[str, str]()
    before, now = (_measured(sides, side) for side in (reference, current))
    if before is None:
        reasons["performance.reference"] = FEW_KNOWN.format(rows=len(reference.known), least=FEWEST)
    if now is None:
        reasons["performance.measured"] = FEW_LABELS.format(rows=len(current.known), least=FEWEST)
    estimated = _estimated(sides, spec)
    for kind, found in (("measured", now), ("estimated", estimated)):
        if found is not None:
            reasons |= {f"performance.{kind}.{sides.called.get(name, name)}": why for name, why in found.reasons.items()}
    told = Performance(
        measured=_intervals(sides, now),
        estimated=_intervals(sides, estimated),
        reference={name: each.value for name, each in _intervals(sides, before).items()} or dict(_of_training(sides, spec)),
        method=_method(sides, estimated),
        errors=tuple(name for name in ERRORS if name in estimated.values),
    )
    return told.model_copy(update={"degraded": _degraded(told, spec)}), reasons, estimated.notes


def calibration_of(sides: Sides, spec: MonitorSpec) -> tuple[SnapshotCalibration, dict[str, str]]:
    """Return how far confidence holds among the rows whose truth is known, and why that is not known.

    It is worse where it has grown by more than the threshold, and more than chance explains.
    """
    if sides.current.chances is None or sides.reference.chances is None:
        return SnapshotCalibration(), {"calibration.ece": OF_VALUES if sides.current.values is not None else NO_ANSWERS}
    reference, current = ((_known(side, side.chances), _places(side)) for side in (sides.reference, sides.current))
    if len(current[1]) < FEWEST:
        return SnapshotCalibration(), {"calibration.ece": FEW_LABELS.format(rows=len(current[1]), least=FEWEST)}
    bins = reliability_bins(*current)
    ece = error_of(bins)
    before = error_of(reliability_bins(*reference)) if len(reference[1]) >= FEWEST else None
    by_chance = calibration_noise(bins, seed=spec.seed, level=spec.thresholds.noise)
    told = SnapshotCalibration(
        ece=ece,
        reference_ece=before,
        is_worse=before is not None and ece - before > spec.thresholds.calibration and ece > by_chance,
        bins=tuple(ReliabilityBin(confidence=each.said, accuracy=each.came_true, rows=each.rows) for each in bins),
    )
    return told, {} if before is not None else {"calibration.reference_ece": FEW_KNOWN.format(rows=len(reference[1]), least=FEWEST)}


def _measured(sides: Sides, side: Side) -> Estimated | None:
    if len(side.known) < FEWEST:
        return None
    if side.chances is not None:
        return class_metrics(_places(side), _known(side, side.chances), ordered=sides.ordered)
    return None if side.values is None else value_metrics(_known(side, side.truth), _known(side, side.values), ordered=sides.ordered)


def _estimated(sides: Sides, spec: MonitorSpec) -> Estimated:
    reference, current = sides.reference, sides.current
    if current.chances is not None and reference.chances is not None:
        return expected_performance(
            current.chances,
            reference=_known(reference, reference.chances),
            truth=_places(reference),
            seed=spec.seed,
            ordered=sides.ordered,
        )
    assert current.values is not None
    assert reference.values is not None
    looked = [np.column_stack([sides.coded(side), values]) for side, values in ((current, current.values), (reference, reference.values))]
    return expected_loss(looked[0], reference=looked[1], errors=reference.truth - reference.values, seed=spec.seed, ordered=sides.ordered)


def _method(sides: Sides, estimated: Estimated) -> Literal["CBPE", "DLE"] | None:
    if all(value is None for value in estimated.values.values()):
        return None
    return "CBPE" if sides.classes else "DLE"


def _intervals(sides: Sides, found: Estimated | None) -> dict[str, Interval]:
    if found is None:
        return {}
    return {
        sides.called.get(name, name): Interval(value=None)
        if each is None
        else Interval(value=each.value, lower=each.lower, upper=each.upper)
        for name, each in found.values.items()
    }


def _of_training(sides: Sides, spec: MonitorSpec) -> Mapping[str, float | None]:
    names = ("mae", "rmse") if sides.current.values is not None else ("accuracy", "f1_score", "roc_auc", "log_loss")
    return {name: spec.metrics[name] for each in names if (name := sides.called.get(each, each)) in spec.metrics}


def _degraded(told: Performance, spec: MonitorSpec) -> tuple[str, ...]:
    """Return the metrics that are worse than may be, with their whole interval: what was measured counts before what is estimated."""
    lost = dict[str, float]()
    for name, before in told.reference.items():
        measured = told.measured.get(name)
        seen = measured if measured is not None and measured.value is not None else told.estimated.get(name)
        if before is None or seen is None or seen.value is None or seen.lower is None or seen.upper is None:
            continue
        way = 1.0 if name in ERRORS else -1.0
        nearest = seen.lower if name in ERRORS else seen.upper
        if way * (nearest - before) > spec.thresholds.performance * abs(before):
            lost[name] = way * (seen.value - before) / max(abs(before), float(np.finfo(np.float64).tiny))
    return tuple(sorted(lost, key=lambda name: (-lost[name], name)))


def _known(side: Side, values: Any) -> Floats:
    return np.asarray(values[side.known])


def _places(side: Side) -> NDArray[np.int64]:
    places: Integers = side.truth[side.known].astype(np.int64)
    return places
