"""Trading AI's answers about backtests: each a model, made of a job by one function."""

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, Field

from libs.contracts.envelope import Moment
from services.gateway.inbound.faces.trading_ai.words import Exit, Status

REASONS: Final = "Why a value is null, by its name."


class Parameters(BaseModel):
    """The strategy's parameters with those of the backtest."""

    period: int
    overbought: float
    oversold: float
    initial_capital: float
    position_size: float
    commission: float = Field(description="Of each side.")


class DateRange(BaseModel):
    """The days asked for, both played."""

    start_date: date
    end_date: date
    total_days: int = Field(description="From the first to the last.")


class BacktestPerformance(BaseModel):
    """What the trades earned, in money and after commission. One that earned nothing has lost."""

    total_trades: int
    winning_trades: int
    losing_trades: int
    win_rate: float | None = Field(description="Winning / total.")
    total_profit: float = Field(description="The same as `gross_profit`.")
    total_loss: float = Field(description="The same as `gross_loss`.")
    net_profit: float
    net_profit_percent: float = Field(description="Of the initial capital.")
    gross_profit: float = Field(description="Of those that won.")
    gross_loss: float = Field(description="Of those that lost, not above zero.")
    profit_factor: float | None = Field(description="Gross profit / |gross loss|.")
    average_win: float | None
    average_loss: float | None
    largest_win: float | None
    largest_loss: float | None
    avg_trade: float | None
    max_consecutive_wins: int
    max_consecutive_losses: int


class RiskMetrics(BaseModel):
    """Return beside risk, of the equity at each candle's close."""

    sharpe_ratio: float | None = Field(description="Annualised, without a riskless rate.")
    sortino_ratio: float | None = Field(description="Annualised, target 0.")
    max_drawdown: float | None = Field(description="The largest fall from a peak, as a fraction of it.")
    max_drawdown_duration_days: float = Field(description="The longest time below a peak.")
    calmar_ratio: float | None = Field(description="Yearly growth / max drawdown.")
    recovery_factor: float | None = Field(description="Net profit / the largest fall from a peak, in money.")
    risk_reward_ratio: float | None = Field(description="Average win / |average loss|.")


class Execution(BaseModel):
    """What was done."""

    total_candles_analyzed: int
    signals_generated: int = Field(description="How often the rule to enter or to leave was met, also where that changed nothing.")
    trades_executed: int
    signal_to_trade_ratio: float | None = Field(description="Trades / signals.")
    execution_time_seconds: float


class EquityPoint(BaseModel):
    """Equity at a day's last close (UTC)."""

    date: date
    equity: float
    drawdown: float = Field(description="How far it is below its highest so far, as a fraction of that.")


class PlayedTrade(BaseModel):
    """A trade. What is decided at a candle's close is filled at the next one's open."""

    trade_id: int
    entry_date: Moment = Field(description="The close of the candle at whose open it was entered.")
    exit_date: Moment = Field(description="The close of the candle in which it was left.")
    direction: Literal["LONG"]
    entry_price: float
    exit_price: float
    quantity: float
    profit: float = Field(description="Before commission.")
    profit_percent: float = Field(description="The move of the price.")
    commission: float = Field(description="Of both sides.")
    net_profit: float
    exit_reason: Exit = Field(description="The rule to leave, a hole in the candles, their end, or that nothing was left.")


class _Known(BaseModel):
    """What every answer about a backtest says."""

    backtest_id: str
    strategy_name: str
    symbol: str


class BacktestDetails(_Known):
    """A backtest that has ended well."""

    timeframe: str
    status: Literal["COMPLETED"] = "COMPLETED"
    task_id: str
    parameters: Parameters
    date_range: DateRange | None = Field(description="Null where no days were asked for.")
    performance: BacktestPerformance
    risk_metrics: RiskMetrics
    execution: Execution
    equity_curve: list[EquityPoint] = Field(description="At most 500 days, extremes among them.")
    trades: list[PlayedTrade] = Field(description="In the order they ended, the newest 1000.")
    reasons: dict[str, str] = Field(description=REASONS)
    data_source: str = Field(description="Whose candles were played, and where they come from.")
    synthetic: bool = Field(description="Whether the candles were generated.")
    created_at: Moment
    started_at: Moment
    completed_at: Moment


class BacktestProgress(_Known):
    """A backtest that waits or runs."""

    status: Literal["PENDING", "RUNNING"]
    task_id: str
    progress: int = Field(ge=0, le=100, description="Percent.")
    current_operation: str
    created_at: Moment
    started_at: Moment | None
    estimated_completion: Moment | None
    reasons: dict[str, str] = Field(description=REASONS)


class BacktestFailure(_Known):
    """A backtest that has failed or was cancelled."""

    timeframe: str
    status: Literal["FAILED"] = "FAILED"
    task_id: str
    error: str
    created_at: Moment
    started_at: Moment | None
    failed_at: Moment
    reasons: dict[str, str] = Field(description=REASONS)


class PerformanceSummary(BaseModel):
    """The result in short."""

    total_trades: int
    win_rate: float | None
    net_profit: float
    net_profit_percent: float
    sharpe_ratio: float | None
    max_drawdown: float | None


class BacktestRow(_Known):
    """A backtest that has ended well, in a list."""

    timeframe: str
    status: Literal["COMPLETED"] = "COMPLETED"
    date_range: DateRange | None
    performance_summary: PerformanceSummary
    reasons: dict[str, str] = Field(description=REASONS)
    created_at: Moment
    completed_at: Moment


class BacktestProgressRow(_Known):
    """A backtest that waits or runs, in a list."""

    timeframe: str
    status: Literal["PENDING", "RUNNING"]
    date_range: DateRange | None
    progress: int
    created_at: Moment


class BacktestFailureRow(_Known):
    """A backtest that has failed or was cancelled, in a list."""

    timeframe: str
    status: Literal["FAILED"] = "FAILED"
    error: str
    created_at: Moment
    failed_at: Moment


class Backtests(BaseModel):
    """A part of a list."""

    total: int = Field(description="How many there are in all.")
    limit: int
    offset: int
    backtests: list[BacktestRow | BacktestProgressRow | BacktestFailureRow]


class AcceptedBacktest(BaseModel):
    """A backtest that was asked for."""

    backtest_id: str
    task_id: str
    status: Status
    estimated_completion_minutes: int = Field(description="The most that its work may take; waiting for a worker is not counted.")
    check_status_url: str
    check_results_url: str
    created_at: Moment
