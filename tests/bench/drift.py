"""A snapshot's comparison of a million answers of a model of twenty features, in this process on one core."""

import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject
from libs.quant.drift.columns import number_drift
from libs.quant.drift.domain_classifier import domain_drift
from libs.quant.drift.expected_performance import expected_performance
from services.training.snapshots.run import compared
from services.training.snapshots.sides import Side, Sides

ROWS = 1_000_000
REFERENCE = 100_000
FEATURES = 20


def measure_drift() -> dict[str, Any]:
    """Return seconds of the whole, and of its parts."""
    random = np.random.default_rng(1)
    sides = Sides(
        reference=_side(random, REFERENCE, moved=0.0),
        current=_side(random, ROWS, moved=0.3),
        names=tuple(f"feature_{place}" for place in range(FEATURES)),
        classes=("no", "yes"),
    )
    subject = RecipeSubject(family="next_best_action", manifest={})
    spec = MonitorSpec(snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact="", subject=subject)
    rows = {"snapshot_1000000_rows_20_features_s": _seconds(lambda: compared(sides, spec, at=datetime(2026, 1, 1, tzinfo=UTC)))}
    before, now = sides.reference, sides.current
    assert before.chances is not None
    assert now.chances is not None
    chances, reference = now.chances, before.chances
    rows["drift_of_a_column_ms"] = round(1000 * _seconds(lambda: number_drift(before.numbers[:, 0], now.numbers[:, 0])), 1)
    rows["domain_classifier_s"] = _seconds(lambda: domain_drift(before.numbers, now.numbers))
    rows["cbpe_s"] = _seconds(lambda: expected_performance(chances, reference=reference, truth=before.truth.astype(np.int64)))
    return rows


def _side(random: np.random.Generator, rows: int, *, moved: float) -> Side:
    numbers = random.normal(moved, 1, size=(rows, FEATURES))
    likely = 1 / (1 + np.exp(-numbers[:, 0]))
    truth = (random.random(rows) < likely).astype(np.float64)
    return Side(numbers=numbers, chances=np.column_stack([1 - likely, likely]), truth=truth)


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)
