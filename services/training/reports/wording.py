"""How figures are called and written on a report's page."""

from typing import Final

NAMES: Final = {
    "cagr": "CAGR", "mae": "MAE", "rmse": "RMSE", "r2": "R²", "roc_auc": "ROC AUC", "f1_score": "F1 score",
    "pbo": "Probability of backtest overfitting",
}  # fmt: skip
PERCENT: Final = frozenset({
    "total_return", "cagr", "volatility", "max_drawdown", "win_rate", "avg_win", "avg_loss", "avg_trade", "best_trade", "worst_trade",
    "excess_return", "alpha", "tracking_error", "time_in_market", "mean_exposure", "max_exposure", "accuracy", "directional_accuracy",
    "probabilistic_sharpe_ratio", "deflated_sharpe_ratio", "pbo", "loss", "deeper", "depth", "in_sample_share",
})  # fmt: skip
MONEY: Final = frozenset({"gross_profit", "gross_loss", "net_profit", "final_capital", "largest_win", "largest_loss", "initial_capital"})
LARGE: Final = 1000.0
WHOLE: Final = 1e15
"""Beyond it a double has no units to be whole in."""


def label_of(name: str) -> str:
    """Return a figure's name as a heading: total_return is Total return."""
    return NAMES.get(name) or (name[:1].upper() + name[1:]).replace("_", " ")


def written(name: str, value: object) -> str:
    """Return a value as it is read: percents for fractions, no more digits than say something, a dash for None."""
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if not isinstance(value, int | float):
        return str(value)
    if name in PERCENT:
        return percent(float(value))
    if name in MONEY:
        return f"{value:,.2f}"
    if float(value).is_integer() and abs(value) < WHOLE:
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= LARGE else f"{value:.4g}"


def percent(value: float) -> str:
    """Return a fraction in percent, with two digits after the point where these say something."""
    return f"{value:.2%}" if abs(value) < 10 else f"{value:,.0%}"  # noqa: PLR2004 - a tenfold
