"""The pictures that come with a training or a backtest."""

from enum import StrEnum
from typing import Final


class Plot(StrEnum):
    """A picture (PNG) that a training draws of its model; the value is the file's name without its ending."""

    FEATURE_IMPORTANCE = "feature-importance"
    SHAP_SUMMARY = "shap-summary"
    RELIABILITY = "reliability"
    EQUITY = "equity"
    DRAWDOWN = "drawdown"
    MONTHLY_RETURNS = "monthly-returns"
    TRADES = "trades"

    @property
    def vector(self) -> str:
        """The name of the same picture as SVG; there is one of each of `TRADING_PLOTS`."""
        return f"{self.value}.svg"


CLASSIFIER_PLOTS: Final = (Plot.RELIABILITY,)
"""Pictures of probabilities: there are none of models that answer values."""
TRADING_PLOTS: Final = (Plot.EQUITY, Plot.DRAWDOWN, Plot.MONTHLY_RETURNS, Plot.TRADES)
REPORT: Final = "report.html"
"""The name, among a version's plots, of the page that has them all."""
