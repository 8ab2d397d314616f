"""What the gateway answers about backtests (Trading AI). A field that is said to be of a status is left out in every other one."""

from datetime import date
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field, WithJsonSchema

from modelbourse.answers.answer import PLAIN, Answer, Moment, Numbers
from modelbourse.answers.models import Timeframe
from modelbourse.answers.trading_ai import backtest_findings as findings

NONE: Final = "Null where there are none."
TASK: Final = "Its job's id, which is good for the same as `backtest_id`."
DONE: Final = "`COMPLETED`:"
Status = Literal["PENDING", "RUNNING", "COMPLETED", "FAILED"]
Direction = Literal["LONG", "SHORT"]
Exit = Literal["SIGNAL", "GAP", "END", "RUIN", "STOP_LOSS", "TAKE_PROFIT", "TRAILING_STOP"]
Values: TypeAlias = Annotated[
    float | list[float] | None,
    PLAIN,
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}, {"type": "null"}]}, mode="serialization"),
]

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


class Parameters(Answer):
    """The strategy's parameters, a list where several values were tried, with those of the backtest."""

    k_period: Values = Field(None, description="Of `stochastic`.")
    d_period: Values = Field(None, description="Of `stochastic`.")
    period: Values = Field(None, description="Of `rsi`, `bollinger` and `volume`.")
    overbought: Values = Field(None, description="Of `stochastic` and `rsi`.")
    oversold: Values = Field(None, description="Of `stochastic` and `rsi`.")
    fast_period: Values = Field(None, description="Of `macd`.")
    slow_period: Values = Field(None, description="Of `macd`.")
    signal_period: Values = Field(None, description="Of `macd`.")
    std_dev: Values = Field(None, description="Of `bollinger`.")
    threshold: Values = Field(None, description="Of `volume`.")
    model_id: str | None = Field(None, description="Of `model`.")
    version: str | None = Field(None, description="Of `model`: the version that is played.")
    enter_long: str | None = Field(None, description="Of `rules`.")
    exit_long: str | None = Field(None, description="Of `rules`.")
    enter_short: str | None = Field(None, description="Of `rules`.")
    exit_short: str | None = Field(None, description="Of `rules`.")
    initial_capital: float = Field(description="In the currency of the symbol's prices.")
    position_size: float = Field(description="How much of the equity at its entry a trade takes, as a fraction, where `sizing` is null.")
    commission: float = Field(description="Cost of each side, as a fraction of the traded value.")
    direction: Literal["long", "short", "both"] = Field(description="What is traded.")
    slippage: dict[str, Any] = Field(description="How much worse than its quote a fill is.")
    sizing: dict[str, Any] | None = Field(description="How large a position is; null: `position_size` of the equity.")
    stop_loss: float | None = Field(description="Fraction of the entry price; null: none.")
    take_profit: float | None = Field(description="Fraction of the entry price; null: none.")
    trailing_stop: float | None = Field(description="Fraction of the best price since the entry; null: none.")
    walk_forward: dict[str, Any] | None = Field(description="How it is tuned in sample; null: it is not.")
    lookahead_check: bool = Field(default=False, description="Whether it is decided again on cut candles, and compared.")


class DateRange(Answer):
    """The days asked for, both played."""

    start_date: date = Field(description="The first day (UTC).")
    end_date: date = Field(description="The last day (UTC).")
    total_days: int = Field(description="From the first day to the last: one less than are played.")


class BacktestPerformance(Answer):
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


class RiskMetrics(Answer):
    """Return beside risk, of the equity at each candle's close; from `sharpe_interval` on, how sure that is."""

    sharpe_ratio: Sharpe
    sortino_ratio: float | None = Field(description="Annualised, target 0. Null where no candle lost.")
    max_drawdown: MaxDrawdown
    max_drawdown_duration_days: float = Field(description="The longest time below a peak.")
    calmar_ratio: float | None = Field(description="Yearly growth / max drawdown. Null where equity never fell.")
    recovery_factor: float | None = Field(description="Net profit / the largest fall from a peak, in money. Null where equity never fell.")
    risk_reward_ratio: float | None = Field(description="Average win / |average loss|. Null where nothing was won or lost.")
    volatility: float | None = Field(None, description="Of the candles' returns, a year.")
    sharpe_interval: dict[str, Any] | None = Field(
        None, description="Where the true Sharpe ratio lies with probability `level`, by a bootstrap of blocks."
    )
    probabilistic_sharpe: float | None = Field(None, description="Probability that the true Sharpe ratio is above 0.")
    deflated_sharpe: float | None = Field(None, description="Probability that it is above what the best of `trials` tries shows by chance.")
    trials: int | None = Field(
        None, description="Distinct configurations that the account has tried on these candles, this one among them."
    )
    minimum_track_record_bars: float | None = Field(
        None, description="Candles that it takes for `probabilistic_sharpe` to be 0.95, if all goes on as it was."
    )
    skewness: float | None = Field(None, description="Of the candles' returns.")
    kurtosis: float | None = Field(None, description="Of the candles' returns; 3 for a normal distribution.")


class Execution(Answer):
    """What was done."""

    total_candles_analyzed: int = Field(description="How many candles were played.")
    signals_generated: int = Field(description="How often the rule to enter or to leave was met, also where that changed nothing.")
    trades_executed: Trades
    signal_to_trade_ratio: float | None = Field(description="Trades / signals. Null where there were no signals.")
    execution_time_seconds: float = Field(description="How long it ran.")
    time_in_market: float | None = Field(None, description="Share of the candles with a position.")
    mean_exposure: float | None = Field(None, description="Mean gross value of the positions, as a fraction of the equity.")
    max_exposure: float | None = Field(None, description="Its highest.")
    turnover: float | None = Field(None, description="What was bought and sold / mean equity.")
    annual_turnover: float | None = Field(None, description="The same a year.")


class EquityPoint(Answer):
    """Equity at a day's last close."""

    date: Annotated[date, Field(description="The day (UTC).")]
    equity: float = Field(description="What cash and shares are worth, in the currency of the symbol's prices.")
    drawdown: float = Field(description="How far it is below its highest so far, as a fraction of that.")


class PlayedTrade(Answer):
    """A trade. What is decided at a candle's close is filled at the next one's open."""

    trade_id: int = Field(description="From 1, in the order they ended.")
    symbol: str = Field(description="What was traded.")
    entry_date: Moment = Field(description="When it was entered: the open of its first candle, or the close where the open is no price.")
    exit_date: Moment = Field(description="When it was left: by a signal as it was entered, otherwise at the close of its last candle.")
    direction: Direction = Field(description="Whether it earns when the price rises, or when it falls.")
    entry_price: float = Field(description="At which it was filled, before commission.")
    exit_price: float = Field(description="At which it was filled, before commission.")
    quantity: float = Field(description="How many shares.")
    profit: float = Field(description="In money, before commission.")
    profit_percent: float = Field(description="The move of the price, in its direction.")
    commission: float = Field(description="In money, of both sides.")
    net_profit: float = Field(description="In money, after commission.")
    exit_reason: Exit = Field(
        description="The rule to leave, a hole in the candles, their end (`END`: it was open then), that nothing was left, or a stop."
    )


class TradePage(Answer):
    """A part of all trades that are kept."""

    total: int = Field(description="How many there are in all that is kept, of those that are asked for.")
    left_out: int = Field(description="How many older ones were too many to be kept; figures count them.")
    limit: int = Field(description="How many at most are in this part.")
    offset: int = Field(description="How many were passed over.")
    trades: list[PlayedTrade] = Field(description="This part, in the order they ended.")


class SweepPage(Answer):
    """A part of all points of a sweep."""

    total: int = Field(description="How many there are in all.")
    limit: int = Field(description="How many at most are in this part.")
    offset: int = Field(description="How many were passed over.")
    points: list[findings.SweepPoint] = Field(description="This part, in the order of the grid.")


class PerformanceSummary(Answer):
    """The result in short."""

    total_trades: Trades
    win_rate: WinRate
    net_profit: NetProfit
    net_profit_percent: NetProfitPercent
    sharpe_ratio: Sharpe
    max_drawdown: MaxDrawdown


class StrategyBacktest(Answer):
    """A backtest: what was asked for, how it stands, and what has come of it. A list has it in short."""

    backtest_id: BacktestId
    strategy_name: str = Field(description="The strategy that is played.")
    symbol: str = Field(description="Whose candles it is played on; of several the first.")
    symbols: list[str] | None = Field(None, description="All of them, where there are several.")
    timeframe: Timeframe = Field(description="How long a candle is.")
    status: Standing
    task_id: str | None = Field(None, description=f"{TASK} Not in a list.")
    parameters: Parameters | None = Field(None, description="What it is played with, defaults included. Not in a list.")
    date_range: DateRange | None = Field(description="Null where no days were asked for.")
    progress: int | None = Field(None, ge=0, le=100, description="`PENDING` or `RUNNING`: how far it is, in percent.")
    current_operation: str | None = Field(None, description="`PENDING` or `RUNNING`: what is being done. Not in a list.")
    performance_summary: PerformanceSummary | None = Field(None, description=f"{DONE} in a list: the result in short.")
    performance: BacktestPerformance | None = Field(None, description=f"{DONE} what the trades earned. Not in a list.")
    risk_metrics: RiskMetrics | None = Field(None, description=f"{DONE} return beside risk. Not in a list.")
    execution: Execution | None = Field(None, description=f"{DONE} what was done. Not in a list.")
    buy_and_hold: Numbers | None = Field(
        None, description=f"{DONE} the curve's figures for holding the same, and what the strategy was beside it. Not in a list."
    )
    monthly_returns: dict[str, list[float | None]] | None = Field(
        None, description=f"{DONE} by year its twelve months and the whole year, as fractions. Not in a list."
    )
    underwater: list[findings.UnderWater] | None = Field(
        None, description=f"{DONE} the deepest times below a peak; `equity_curve` has how deep each day was. Not in a list."
    )
    monte_carlo: findings.MonteCarlo | None = Field(None, description=f"{DONE} the order of the trades; null for few. Not in a list.")
    lookahead: findings.LookaheadProof | None = Field(None, description=f"{DONE} where it was asked for. Not in a list.")
    sweep: findings.Sweep | None = Field(None, description=f"{DONE} where `parameters` hold lists. Not in a list.")
    walk_forward: findings.WalkForward | None = Field(None, description=f"{DONE} where it was asked for. Not in a list.")
    in_sample_share: float | None = Field(None, description=f"{DONE} of a model, the share of candles that it learned from. Not in a list.")
    warnings: list[str] | None = Field(None, description=f"{DONE} what to know before believing it. Not in a list.")
    report_url: str | None = Field(None, description=f"{DONE} all of it as one page with pictures. Not in a list.")
    plots: dict[str, str] | None = Field(None, description=f"{DONE} where the pictures are. Not in a list.")
    trades_url: str | None = Field(None, description=f"{DONE} where all trades are. Not in a list.")
    equity_curve: list[EquityPoint] | None = Field(None, description=f"{DONE} at most 500 days, extremes among them. Not in a list.")
    trades: list[PlayedTrade] | None = Field(None, description=f"{DONE} in the order they ended, the newest 1000. Not in a list.")
    error: str | None = Field(None, description="`FAILED`: what went wrong, or that it was cancelled.")
    reasons: dict[str, str] | None = Field(None, description=f"Why a value is null, by its name. In a list: {DONE.rstrip(':')}.")
    data_source: str | None = Field(None, description=f"{DONE} whose candles were played, and where they come from. Not in a list.")
    synthetic: bool | None = Field(None, description=f"{DONE} whether the candles were generated. Not in a list.")
    as_of: Moment | None = Field(None, description=f"{DONE} close of the symbol's newest candle, played or not. Not in a list.")
    age_bars: int | None = Field(None, description=f"{DONE} how many bars have closed since, by its calendar. Not in a list.")
    stale: bool | None = Field(None, description=f"{DONE} whether these are more than 3, or what is set. Not in a list.")
    created_at: AskedAt
    started_at: Moment | None = Field(None, description="When it began to run; null where it has not. Not in a list.")
    estimated_completion: Moment | None = Field(None, description="`PENDING` or `RUNNING`: when it may end, if known. Not in a list.")
    completed_at: Moment | None = Field(None, description=f"{DONE} when it ended.")
    failed_at: Moment | None = Field(None, description="`FAILED`: when it ended.")


class Backtests(Answer):
    """A part of a list."""

    total: int = Field(description="How many there are in all.")
    limit: int = Field(description="How many at most are in this part.")
    offset: int = Field(description="How many were passed over.")
    backtests: list[StrategyBacktest] = Field(description="This part, in the order asked for.")


class AcceptedBacktest(Answer):
    """A backtest that was asked for."""

    backtest_id: BacktestId
    task_id: str = Field(description=TASK)
    status: Standing
    estimated_completion_minutes: int = Field(description="The most that its work may take; waiting for a worker is not counted.")
    check_status_url: str = Field(description="The path where it says how it stands.")
    check_results_url: str = Field(description="The path where its results will be: the same.")
    created_at: AskedAt
