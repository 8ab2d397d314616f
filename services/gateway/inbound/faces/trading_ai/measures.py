"""The numbers of a backtest's result in Trading AI's words."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from pydantic import BaseModel

from libs.contracts.backtests import BacktestResult, BacktestSummary, BacktestTrade
from services.gateway.inbound.faces.trading_ai.answers import BacktestPerformance, Execution, PerformanceSummary, PlayedTrade, RiskMetrics
from services.gateway.inbound.faces.trading_ai.words import EXITS

# What the platform calls what can be null here.
MEASURED_AS: Final[Mapping[str, str]] = {"average_win": "avg_win", "average_loss": "avg_loss"}
# Why what is computed here can be null.
REASONS: Final[Mapping[str, str]] = {"signal_to_trade_ratio": "there were no signals"}


def performance_of(result: BacktestSummary, *, capital: float) -> BacktestPerformance:
    """Return what the trades earned; `capital` is the initial one."""
    money = result.money
    profit, loss = _number(money, "gross_profit"), _number(money, "gross_loss")
    return BacktestPerformance(
        total_trades=int(_number(money, "total_trades")),
        winning_trades=int(_number(money, "winning_trades")),
        losing_trades=int(_number(money, "losing_trades")),
        win_rate=money["win_rate"],
        total_profit=profit,
        total_loss=loss,
        net_profit=_number(money, "net_profit"),
        net_profit_percent=100 * _number(money, "net_profit") / capital,
        gross_profit=profit,
        gross_loss=loss,
        profit_factor=money["profit_factor"],
        average_win=money["avg_win"],
        average_loss=money["avg_loss"],
        largest_win=money["largest_win"],
        largest_loss=money["largest_loss"],
        avg_trade=money["avg_trade"],
        max_consecutive_wins=int(_number(money, "max_consecutive_wins")),
        max_consecutive_losses=int(_number(money, "max_consecutive_losses")),
    )


def risk_of(result: BacktestSummary) -> RiskMetrics:
    """Return what was earned beside the risk."""
    metrics = result.metrics
    return RiskMetrics(
        sharpe_ratio=metrics["sharpe_ratio"],
        sortino_ratio=metrics["sortino_ratio"],
        max_drawdown=metrics["max_drawdown"],
        max_drawdown_duration_days=_number(metrics, "max_drawdown_days"),
        calmar_ratio=metrics["calmar_ratio"],
        recovery_factor=result.money["recovery_factor"],
        risk_reward_ratio=result.money["risk_reward_ratio"],
    )


def execution_of(result: BacktestResult, *, took: timedelta) -> Execution:
    """Return what was done in how long."""
    trades = int(_number(result.metrics, "total_trades"))
    return Execution(
        total_candles_analyzed=result.run_card["bars"],
        signals_generated=result.signals,
        trades_executed=trades,
        signal_to_trade_ratio=trades / result.signals if result.signals else None,
        execution_time_seconds=took.total_seconds(),
    )


def trade_of(trade: BacktestTrade, *, number: int) -> PlayedTrade:
    """Return a trade, with its costs apart."""
    before_costs = trade.shares * (trade.exit_price - trade.entry_price)
    return PlayedTrade(
        trade_id=number,
        entry_date=trade.entered_at,
        exit_date=trade.left_at,
        direction="LONG",
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        quantity=trade.shares,
        profit=before_costs,
        profit_percent=100 * (trade.exit_price / trade.entry_price - 1),
        commission=before_costs - trade.profit,
        net_profit=trade.profit,
        exit_reason=EXITS[trade.reason],
    )


def summary_of(result: BacktestSummary, *, capital: float) -> PerformanceSummary:
    """Return a result in short."""
    return PerformanceSummary(
        total_trades=int(_number(result.metrics, "total_trades")),
        win_rate=result.metrics["win_rate"],
        net_profit=_number(result.money, "net_profit"),
        net_profit_percent=100 * _number(result.money, "net_profit") / capital,
        sharpe_ratio=result.metrics["sharpe_ratio"],
        max_drawdown=result.metrics["max_drawdown"],
    )


def reasons_of(result: BacktestSummary, *parts: BaseModel) -> dict[str, str]:
    """Return why values of these parts are null, by name."""
    why = {**result.reasons, **REASONS}
    return {name: why[MEASURED_AS.get(name, name)] for part in parts for name, value in part if value is None}


def _number(values: Mapping[str, float | None], name: str) -> float:
    """Return a value that is always there."""
    value = values[name]
    assert value is not None, name
    return value
