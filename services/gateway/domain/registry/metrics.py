"""The metrics that a registry knows of a version, by the names that the platform measures them under, and which way is better."""

from collections.abc import Mapping
from typing import Final, Literal

from libs.chassis.errors import InvalidError
from libs.contracts.names import did_you_mean
from services.gateway.domain.registry.gate import Rule

HIGHER: Final = (
    "accuracy", "precision", "recall", "f1_score", "macro_f1", "mcc", "roc_auc", "r2", "directional_accuracy",
    "sharpe_ratio", "sortino_ratio", "calmar_ratio", "total_return", "cagr",
    "revenue_lift", "margin_impact", "revenue_gain", "margin_gain", "policy_gain", "qini", "auuc", "policy_value",
)  # fmt: skip
LOWER: Final = (
    "log_loss",
    "brier_score",
    "brier",
    "ece",
    "mae",
    "rmse",
    "mse",
    "max_drawdown",
    "volatility",
    "mape",
    "smape",
    "wape",
    "mase",
    "rmsle",
)
KNOWN: Final = (*HIGHER, *LOWER)


def measured(metrics: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return a version's metrics with `mse`, the square of `rmse`, where that was measured."""
    rmse = metrics.get("rmse")
    return dict(metrics) if "rmse" not in metrics else {**metrics, "mse": None if rmse is None else rmse * rmse}


def better(name: str, a: float | None, b: float | None) -> Literal["a", "b"] | None:
    """Return `a` or `b`, whichever value is better; None where they are equal, unknown, or nobody can say which way is."""
    if a is None or b is None or a == b or name not in KNOWN:
        return None
    return "a" if (a > b) is (name in HIGHER) else "b"


def check_rule(rule: Rule, field: str) -> None:
    """Raise InvalidError for a metric that no version has, and for a rule that asks to be worse than production.

    A value may bound a metric from either side: an accuracy of 0.99 is worth a look as well.
    """
    check_metric(rule.metric, f"{field}.metric")
    ops = (">=", ">") if rule.metric in HIGHER else ("<=", "<")
    if rule.value is None and rule.op not in ops:
        way = "higher" if rule.metric in HIGHER else "lower"
        problem = f"{rule.metric} is better the {way} it is: against production, the op must be {' or '.join(ops)}."
        message = "The gate cannot be like this."
        raise InvalidError(message, details={f"{field}.op": [problem]})


def check_metric(name: str, field: str) -> None:
    """Raise InvalidError for a metric that no version has, with the nearest that there is."""
    if name not in KNOWN:
        known = f"There is no metric '{name[:60]}'; there are {', '.join(KNOWN)}.{did_you_mean(name, KNOWN)}"
        message = "The gate cannot be like this."
        raise InvalidError(message, details={field: [known]})
