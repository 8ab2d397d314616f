"""How waiting for a backtest can end otherwise than well."""

from modelbourse.answers.trading_ai.backtests import StrategyBacktest
from modelbourse.errors import ModelbourseError


class BacktestFailedError(ModelbourseError):
    """A backtest that was waited for failed or was cancelled; `backtest.error` says why."""

    def __init__(self, message: str, backtest: StrategyBacktest) -> None:
        super().__init__(message)
        self.backtest = backtest
