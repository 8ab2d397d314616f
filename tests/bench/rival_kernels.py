"""`python rival_kernels.py`: what shapiq and woodelf-explainer take for the forests of `kernels.py`; run by the rivals' own Python."""

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from shapiq import TreeExplainer
from sklearn.ensemble import RandomForestClassifier
from woodelf import WoodelfExplainer

# Of shapiq, which explains one row at a time.
ALONE = 2


def timed(call: Callable[[], Any]) -> float:
    """Return how long a call takes, in milliseconds: the median of three, after one that loads and compiles what it needs."""
    call()
    took = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return median(took) * 1000


def main(many: int) -> dict[str, float | str]:
    """Return milliseconds a row, one class explained by shapiq; by woodelf, which prepares a forest at each call, all three of many rows."""
    found: dict[str, float | str] = {}
    for features in (5, 20):
        random = np.random.default_rng(0)
        data, labels = random.normal(size=(6000, features)).astype(np.float32), random.integers(0, 3, 6000)
        forest = RandomForestClassifier(100, max_depth=10, random_state=0, n_jobs=1).fit(data, labels)
        rows = np.random.default_rng(1).normal(size=(many, features)).astype(np.float32)
        for order, what in ((1, "contributions"), (2, "interactions")):
            name = f"{what}_{features}_features"
            index = "SV" if order == 1 else "k-SII"
            explainer = TreeExplainer(forest, max_order=order, index=index, class_index=0)
            took = timed(lambda e=explainer, r=rows: [e.explain(row) for row in r[:ALONE]])
            found[f"shapiq_{name}_{ALONE}_rows_one_class_ms_a_row"] = round(took / ALONE, 2)
            frame = pd.DataFrame(rows, columns=[f"f{number}" for number in range(features)])
            try:
                woodelf = WoodelfExplainer(forest)
                call = woodelf.shap_values if order == 1 else woodelf.shap_interaction_values
                found[f"woodelf_{name}_{many}_rows_all_classes_ms_a_row"] = round(timed(lambda c=call, f=frame: c(f)) / many, 2)
            except Exception as error:  # noqa: BLE001  # whatever it cannot do is told
                found[f"woodelf_{name}"] = f"not measured: {type(error).__name__}: {str(error)[:80]}"
    return found


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
