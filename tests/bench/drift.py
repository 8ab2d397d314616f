"""A snapshot's comparison of a million answers of a model of twenty features, as its job makes it once the rows are read, by one thread.

Drift and what changed along the stream look at all rows; the classifier that tells the sides apart at 10,000 of each, the estimated
performance at 100,000 for its interval, as they always do.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np

from deploy.local.program import ONE_THREAD
from libs.contracts.model_monitoring import MonitorSpec, RecipeSubject
from libs.quant.drift.columns import number_drift
from libs.quant.drift.domain_classifier import domain_drift
from libs.quant.drift.expected_performance import expected_performance
from services.training.snapshots.run import compared
from services.training.snapshots.sides import Side, Sides
from tests.bench.memory import peak_mib

ROWS = 1_000_000
REFERENCE = 100_000
FEATURES = 20


def measure_drift() -> dict[str, Any]:
    """Return seconds, by the clock and of the processor, and memory of the whole, and seconds of its parts."""
    # A process of its own, whose peak is the snapshot's, with threads as a training service has them.
    asked = [sys.executable, "-m", "tests.bench.drift"]
    snapshot = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True, env=os.environ | ONE_THREAD).stdout)
    rows: dict[str, Any] = {f"snapshot_{ROWS}_rows_{FEATURES}_features": snapshot}
    sides = _sides()
    before, now = sides.reference, sides.current
    assert before.chances is not None
    assert now.chances is not None
    chances, reference = now.chances, before.chances
    rows["drift_of_a_column_ms"] = round(1000 * _seconds(lambda: number_drift(before.numbers[:, 0], now.numbers[:, 0])), 1)
    rows["domain_classifier_s"] = _seconds(lambda: domain_drift(before.numbers, now.numbers))
    rows["cbpe_s"] = _seconds(lambda: expected_performance(chances, reference=reference, truth=before.truth.astype(np.int64)))
    return rows


def _snapshot() -> dict[str, float]:
    """Return how long a snapshot takes, by the clock and of the processor, and the most MiB of this process until it begins, and ends."""
    sides = _sides()
    subject = RecipeSubject(family="next_best_action", manifest={})
    spec = MonitorSpec(snapshot_id="snapshot_1", model_id="model_1", version="1.0", artifact="", subject=subject)
    held, used = peak_mib(), time.process_time()
    seconds = _seconds(lambda: compared(sides, spec, at=datetime(2026, 1, 1, tzinfo=UTC)))
    return {"s": seconds, "cpu_s": round(time.process_time() - used, 3), "rows_mib": held, "peak_mib": peak_mib()}


def _sides() -> Sides:
    random = np.random.default_rng(1)
    return Sides(
        reference=_side(random, REFERENCE, moved=0.0),
        current=_side(random, ROWS, moved=0.3),
        names=tuple(f"feature_{place}" for place in range(FEATURES)),
        classes=("no", "yes"),
    )


def _side(random: np.random.Generator, rows: int, *, moved: float) -> Side:
    numbers = random.normal(moved, 1, size=(rows, FEATURES))
    likely = 1 / (1 + np.exp(-numbers[:, 0]))
    truth = (random.random(rows) < likely).astype(np.float64)
    return Side(numbers=numbers, chances=np.column_stack([1 - likely, likely]), truth=truth)


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 3)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_snapshot()))
