"""What the families of recipes measure, by the names of a run's metrics, and which way is better: what gates and comparisons go by."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.contracts.recipes import Family

Better = Literal["higher", "lower"]
"""Which way a metric is better; None of one that says what is, and not how good."""
RECIPE_METRICS: Final[Mapping[Family, Mapping[str, Better | None]]] = {
    "pricing": {
        "elasticity": None,
        "wape": "lower",
        "rmsle": "lower",
        "revenue_lift": "higher",
        "margin_impact": "higher",
        "revenue_gain": "higher",
        "margin_gain": "higher",
        "effective_rows": "higher",
        "support": "higher",
    },
    "next_best_action": {
        "policy_value": "higher",
        "policy_gain": "higher",
        "treated_share": None,
        "qini": "higher",
        "auuc": "higher",
        "effective_rows": "higher",
    },
    "location_scoring": {
        "rmse": "lower",
        "mae": "lower",
        "r2": "higher",
        "rank_correlation": "higher",
        "top_decile_lift": "higher",
        "morans_i": None,
        "morans_i_expected": None,
        "morans_i_p": None,
        "skill": "higher",
        "blocked_cv_rmse": "lower",
        "random_cv_rmse": None,
        "optimism": "lower",
        "coverage": "higher",
    },
    "forecasting": {
        "wape": "lower",
        "mase": "lower",
        "mape": "lower",
        "rmse": "lower",
        "bias": None,
        "coverage": "higher",
        "interval_width": "lower",
        "pinball": "lower",
        "total_wape": "lower",
        "incoherence": "lower",
        "skill": "higher",
    },
}


def recipe_metrics(better: Better | None) -> tuple[str, ...]:
    """Return the metrics of all families that are better this way (None: neither way), each once."""
    return tuple(dict.fromkeys(name for of in RECIPE_METRICS.values() for name, way in of.items() if way == better))
