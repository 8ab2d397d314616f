"""Trading AI's answers about backtests. A field that is said to be of a status is left out in every other one."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from libs.contracts.backtests import Commission, PositionSize, Timeframe
from libs.contracts.envelope import Moment
from libs.contracts.strategies import Level, Period
from services.gateway.inbound.faces.trading_ai.words import Exit, Status

NONE: Final = "Null where there are none."
TASK: Final = "Its job's id, which is good for the same as `backtest_id`."

BacktestId = Annotated[
    str, Field(description="Its readable id, which is the account's own; one that was not asked for here has its task's.")
]
Standing = Annotated[Status, Field(description="How it stands. One that was cancelled is `FAILED`, as `error` says.")]
AskedAt = Annotated[Moment, Field(description="When it was asked for (UTC, as all moments are).")]
Trades = Annotated[int, Field(ge=0, description="How many trades there were.")]
WinRate = Annotated[float | None, Field(ge=0, le=1, description=f"Winning / all trades. {NONE}")]
NetProfit = Annotated[float, Field(description="Of all trades, in the currency of the symbol's prices, after commission.")]
NetProfitPercent = Annotated[float, Field(description="Net profit in percent of the initial capital.")]
Sharpe = Annotated[float | None, Field(description="Annualised, without a riskless rate. Null where returns do not vary.")]
MaxDrawdown = Annotated[float | None, Field(ge=0, description="The largest fall from a peak, as a fraction of it.")]


class Parameters(BaseModel):
    """The strategy's parameters with those of the backtest."""

    period: Period
    overbought: Level
    oversold: Level
    initial_capital: float = Field(description="In the currency of the symbol's prices.")
    position_size: PositionSize
    commission: Commission


class DateRange(BaseModel):
    """The days asked for, both played."""

    start_date: date = Field(description="The first day (UTC).")
    end_date: date = Field(description="The last day (UTC).")
    total_days: int = Field(description="From the first day to the last: one less than are played.")


class BacktestPerformance(BaseModel):
    """What the trades earned, in money and after commission. One that earned nothing has lost."""

    total_trades: Trades
    winning_trades: int = Field(description="How many earned something.")
    losing_trades: int = Field(description="How many did not.")
    win_rate: WinRate
    total_profit: float = Field(description="The same as `gross_profit`.")
    total_loss: float = Field(description="The same as `gross_loss`.")
    net_profit: NetProfit
    net_profit_percent: NetProfitPercent
    gross_profit: float = Field(description="Of those that won.")
    gross_loss: float = Field(description="Of those that lost, not above zero.")
    profit_factor: float | None = Field(description="Gross profit / |gross loss|. Null where nothing was lost.")
    average_win: float | None = Field(description=f"What one that won earned on average. {NONE}")
    average_loss: float | None = Field(description=f"What one that lost earned on average, not above zero. {NONE}")
    largest_win: float | None = Field(description=f"The most that one earned. {NONE}")
    largest_loss: float | None = Field(description=f"The most that one lost, not above zero. {NONE}")
    avg_trade: float | None = Field(description=f"What one earned on average. {NONE}")
    max_consecutive_wins: int = Field(description="The longest row of trades that won.")
    max_consecutive_losses: int = Field(description="The longest row of trades that lost.")


class RiskMetrics(BaseModel):
    """Return beside risk, of the equity at each candle's close."""

    sharpe_ratio: Sharpe
    sortino_ratio: float | None = Field(description="Annualised, target 0. Null where no candle lost.")
    max_drawdown: MaxDrawdown
    max_drawdown_duration_days: float = Field(description="The longest time below a peak.")
    calmar_ratio: float | None = Field(description="Yearly growth / max drawdown. Null where equity never fell.")
    recovery_factor: float | None = Field(description="Net profit / the largest fall from a peak, in money. Null where equity never fell.")
    risk_reward_ratio: float | None = Field(description="Average win / |average loss|. Null where nothing was won or lost.")


class Execution(BaseModel):
    """What was done."""

    total_candles_analyzed: int = Field(description="How many candles were played.")
    signals_generated: int = Field(description="How often the rule to enter or to leave was met, also where that changed nothing.")
    trades_executed: Trades
    signal_to_trade_ratio: float | None = Field(description="Trades / signals. Null where there were no signals.")
    execution_time_seconds: float = Field(description="How long it ran.")


class EquityPoint(BaseModel):
    """Equity at a day's last close."""

    date: Annotated[date, Field(description="The day (UTC).")]
    equity: float = Field(description="What cash and shares are worth, in the currency of the symbol's prices.")
    drawdown: float = Field(description="How far it is below its highest so far, as a fraction of that.")


class PlayedTrade(BaseModel):
    """A trade. What is decided at a candle's close is filled at the next one's open."""

    trade_id: int = Field(description="From 1, in the order they ended.")
    entry_date: Moment = Field(description="When it was entered: the open of its first candle, or the close where the open is no price.")
    exit_date: Moment = Field(description="When it was left: by a signal as it was entered, otherwise at the close of its last candle.")
    direction: Literal["LONG"] = Field(description="It earns when the price rises.")
    entry_price: float = Field(description="What a share cost, before commission.")
    exit_price: float = Field(description="What a share brought, before commission.")
    quantity: float = Field(description="How many shares.")
    profit: float = Field(description="In money, before commission.")
    profit_percent: float = Field(description="The move of the price.")
    commission: float = Field(description="In money, of both sides.")
    net_profit: float = Field(description="In money, after commission.")
    exit_reason: Exit = Field(description="The rule to leave, a hole in the candles, their end, or that nothing was left.")


class PerformanceSummary(BaseModel):
    """The result in short."""

    total_trades: Trades
    win_rate: WinRate
    net_profit: NetProfit
    net_profit_percent: NetProfitPercent
    sharpe_ratio: Sharpe
    max_drawdown: MaxDrawdown


class StrategyBacktest(BaseModel):
    """A backtest: what was asked for, how it stands, and what has come of it. A list has it in short."""

    backtest_id: BacktestId
    strategy_name: str = Field(description="The strategy that is played.")
    symbol: str = Field(description="Whose candles it is played on.")
    timeframe: Timeframe = Field(description="How long a candle is.")
    status: Standing
    task_id: str | None = Field(None, description=f"{TASK} Not in a list.")
    parameters: Parameters | None = Field(None, description="What it is played with, defaults included. Not in a list.")
    date_range: DateRange | None = Field(description="Null where no days were asked for.")
    progress: int | None = Field(None, ge=0, le=100, description="`PENDING` or `RUNNING`: how far it is, in percent.")
    current_operation: str | None = Field(None, description="`PENDING` or `RUNNING`: what is being done. Not in a list.")
    performance_summary: PerformanceSummary | None = Field(None, description="`COMPLETED`, in a list: the result in short.")
    performance: BacktestPerformance | None = Field(None, description="`COMPLETED`: what the trades earned. Not in a list.")
    risk_metrics: RiskMetrics | None = Field(None, description="`COMPLETED`: return beside risk. Not in a list.")
    execution: Execution | None = Field(None, description="`COMPLETED`: what was done. Not in a list.")
    equity_curve: list[EquityPoint] | None = Field(None, description="`COMPLETED`: at most 500 days, extremes among them. Not in a list.")
    trades: list[PlayedTrade] | None = Field(None, description="`COMPLETED`: in the order they ended, the newest 1000. Not in a list.")
    error: str | None = Field(None, description="`FAILED`: what went wrong, or that it was cancelled.")
    reasons: dict[str, str] | None = Field(None, description="Why a value is null, by its name. In a list: `COMPLETED`.")
    data_source: str | None = Field(None, description="`COMPLETED`: whose candles were played, and where they come from. Not in a list.")
    synthetic: bool | None = Field(None, description="`COMPLETED`: whether the candles were generated. Not in a list.")
    as_of: Moment | None = Field(None, description="`COMPLETED`: close of the symbol's newest candle, played or not. Not in a list.")
    age_bars: int | None = Field(None, description="`COMPLETED`: how many bars have closed since, by its calendar. Not in a list.")
    stale: bool | None = Field(None, description="`COMPLETED`: whether these are more than 3, or what is set. Not in a list.")
    created_at: AskedAt
    started_at: Moment | None = Field(None, description="When it began to run; null where it has not. Not in a list.")
    estimated_completion: Moment | None = Field(None, description="`PENDING` or `RUNNING`: when it may end, if known. Not in a list.")
    completed_at: Moment | None = Field(None, description="`COMPLETED`: when it ended.")
    failed_at: Moment | None = Field(None, description="`FAILED`: when it ended.")


class Backtests(BaseModel):
    """A part of a list."""

    total: int = Field(description="How many there are in all.")
    limit: int = Field(description="How many at most are in this part.")
    offset: int = Field(description="How many were passed over.")
    backtests: list[StrategyBacktest] = Field(description="This part, in the order asked for.")


class AcceptedBacktest(BaseModel):
    """A backtest that was asked for."""

    backtest_id: BacktestId
    task_id: str = Field(description=TASK)
    status: Standing
    estimated_completion_minutes: int = Field(description="The most that its work may take; waiting for a worker is not counted.")
    check_status_url: str = Field(description="The path where it says how it stands.")
    check_results_url: str = Field(description="The path where its results will be: the same.")
    created_at: AskedAt
