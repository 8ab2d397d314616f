"""Contributions per row and backtests, in this process on one core."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from libs.quant.shapley import prepare, tree_contributions, tree_interactions
from libs.quant.trees import Tree, TreeEnsemble, assemble
from tests.bench.analyses import CANDLES, LONG, analysis_of, indicators_of, next_bar_of
from tests.bench.backtests import GRID, backtest_of, job_of, portfolio_of, sweep_of
from tests.bench.rivals import MISSING, rivals_are_there, run_json

# A year of twenty symbols.
RIVALS_ROWS = 5184


def measure_kernels() -> dict[str, Any]:
    """Return milliseconds a row for a forest of 100 trees of depth 10 with three classes, and backtests of two lengths."""
    rows: dict[str, Any] = {}
    for features in (5, 20):
        ensemble = _forest(features)
        explainer, data = prepare(ensemble), np.random.default_rng(1).normal(size=(64, features)).astype(np.float32)
        for many in (1, 16, 64):
            chosen, outputs = data[:many], np.zeros(many, dtype=np.int64)
            took = _median_s(partial(tree_contributions, explainer, chosen, outputs), times=30)
            rows[f"contributions_{features}_features_{many}_rows_ms_a_row"] = round(took * 1000 / many, 3)
        outputs = np.zeros(64, dtype=np.int64)
        took = _median_s(partial(tree_interactions, explainer, data, outputs), times=9)
        rows[f"interactions_{features}_features_64_rows_ms_a_row"] = round(took * 1000 / 64, 3)
    return rows | _rivals() | _backtests() | _analyses()


def _rivals() -> dict[str, Any]:
    """Return what others take for the same forests, where their environment is there."""
    if not rivals_are_there():
        return {"shapiq_and_woodelf": MISSING}
    return run_json("rival_kernels.py", str(RIVALS_ROWS))


def _backtests() -> dict[str, Any]:
    rows = {f"backtest_{bars}_candles_ms": round(_median_s(backtest_of(bars), times=5) * 1000, 2) for bars in (17_760, 1_000_000)}
    for bars in (17_760, 1_000_000):
        rows |= _beside(f"portfolio_{bars}_candles", *portfolio_of(bars))
    rows["backtest_job_8686_candles_ms"] = round(_median_s(job_of(), times=3) * 1000, 1)
    rows["backtest_job_sweep_1000_points_ms"] = round(_median_s(job_of(grid=GRID), times=3) * 1000, 1)
    return rows | _beside("sweep_1000_points_17760_candles", *sweep_of(17_760))


def _beside(name: str, ours: Callable[[], Any], bare: Callable[[], Any]) -> dict[str, Any]:
    """Return milliseconds, and how many times those of the bare loop."""
    seconds, least = _median_s(ours, times=9), _median_s(bare, times=9)
    return {f"{name}_ms": round(seconds * 1000, 2), f"{name}_times_bare": round(seconds / least, 2)}


def _analyses() -> dict[str, Any]:
    return {
        f"indicators_{LONG}_candles_ms": round(_median_s(indicators_of(LONG), times=5) * 1000, 2),
        f"indicators_next_candle_of_{LONG}_ms": round(_median_s(next_bar_of(LONG), times=30) * 1000, 3),
        f"analysis_6_timeframes_of_{CANDLES}_candles_ms": round(_median_s(analysis_of(), times=15) * 1000, 2),
    }


def _median_s(call: Callable[[], Any], *, times: int) -> float:
    call()  # The first loads and compiles what it needs.
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[len(seconds) // 2]


def _forest(features: int) -> TreeEnsemble:
    random = np.random.default_rng(0)
    data, labels = random.normal(size=(6000, features)).astype(np.float32), random.integers(0, 3, 6000)
    forest = RandomForestClassifier(100, max_depth=10, random_state=0, n_jobs=1).fit(data, labels)
    trees = [_tree(estimator.tree_, share=len(forest.estimators_)) for estimator in forest.estimators_]
    return assemble(trees, base=np.zeros(3), n_features=features)


def _tree(tree: Any, *, share: int) -> Tree:
    return Tree(
        feature=tree.feature.astype(np.int32),
        threshold=tree.threshold,
        left=tree.children_left.astype(np.int32),
        right=tree.children_right.astype(np.int32),
        cover=tree.weighted_n_node_samples,
        value=tree.value[:, 0, :] / share,
    )
