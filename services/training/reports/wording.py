"""How figures are called and written on a report's page."""

from typing import Final

WORDS: Final = {
    "cagr": "CAGR", "mae": "MAE", "rmse": "RMSE", "r2": "R²", "roc": "ROC", "auc": "AUC", "f1": "F1", "sharpe": "Sharpe",
    "sortino": "Sortino", "calmar": "Calmar", "avg": "average", "mcc": "MCC", "ece": "ECE",
    "mape": "MAPE", "wape": "WAPE", "smape": "sMAPE", "mase": "MASE", "rmsle": "RMSLE", "auuc": "AUUC", "rmsse": "RMSSE",
}  # fmt: skip
PERCENT: Final = frozenset({
    "total_return", "cagr", "volatility", "max_drawdown", "win_rate", "avg_win", "avg_loss", "avg_trade", "best_trade", "worst_trade",
    "excess_return", "alpha", "tracking_error", "time_in_market", "mean_exposure", "max_exposure", "accuracy", "directional_accuracy",
    "probabilistic_sharpe_ratio", "deflated_sharpe_ratio", "probability_of_overfitting", "in_sample_share", "efficiency", "profitable",
})  # fmt: skip
MONEY: Final = frozenset({"gross_profit", "gross_loss", "net_profit", "final_capital", "largest_win", "largest_loss", "initial_capital"})
OF_TRADES: Final = frozenset({"avg_win", "avg_loss", "avg_trade", "best_trade", "worst_trade"})
"""Fractions of what was put in, or money where the capital is told in money."""
LARGE: Final = 1000.0
WHOLE: Final = 1e15
"""Beyond it a double has no units to be whole in."""


def label_of(name: str) -> str:
    """Return a figure's name as a heading: total_return is Total return."""
    told = " ".join(WORDS.get(word, word) for word in name.split("_"))
    return told[:1].upper() + told[1:]


def written(name: str, value: object, *, money: bool = False) -> str:
    """Return a value as it is read: percents for fractions, no more digits than say something, a dash for None.

    `money` tells that trades are measured in money.
    """
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    if not isinstance(value, int | float):
        return str(value)
    if name in MONEY or (money and name in OF_TRADES):
        return f"{value:,.2f}"
    if name in PERCENT:
        return percent(float(value))
    if float(value).is_integer() and abs(value) < WHOLE:
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= LARGE else f"{value:.4g}"


def percent(value: float) -> str:
    """Return a fraction in percent, with two digits after the point where these say something."""
    return f"{value:.2%}" if abs(value) < 10 else f"{value:,.0%}"  # noqa: PLR2004 - a tenfold
